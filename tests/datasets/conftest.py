"""A server that takes files over HTTP."""

from tests.web import bearer, web

__all__ = ["bearer", "web"]
