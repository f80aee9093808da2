"""The keys of the server: where they are kept, and what is sealed under them."""
