"""Something to look at: a machine that was healthy, and the week in which it failed."""

from server.demo.exposure import exposed, refuse, warn
from server.demo.loading import load, login

__all__ = ["exposed", "load", "login", "refuse", "warn"]
