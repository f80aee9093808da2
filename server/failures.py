"""Why the server does not start, or a command does not do its work."""


class Failure(Exception):
    """One sentence for whoever started it: lower case, no stop."""
