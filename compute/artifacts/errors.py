"""What is told about a model's file that cannot be used as it is.

ArtifactError  the file will not do       its author can mend it
Broke          its process was ended      the file may do with less to do
"""


class ArtifactError(Exception):
    """A model's file, or what it is asked, will not do; the text says why."""


class Broke(Exception):
    """The process that a model was asked in is gone; the text says why."""
