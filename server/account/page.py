"""The page that links in letters lead to, for whoever has no pages of their own."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
FILES = {
    **dict.fromkeys(("invitation", "reset", "verify"), ("page.html", "text/html")),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
}
"""What is at each address, and of which type."""
POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; form-action 'none';"
    " frame-ancestors 'none'; img-src data:; script-src 'self'; style-src 'self'"
)
HEADERS = {"cache-control": "no-store", "content-security-policy": POLICY}


async def _answer(request: Request) -> Response:
    """A file as it is: what the link carries stands behind `#`, and stays there."""
    if (found := FILES.get(request.path_params["name"])) is None:
        raise HTTPException(404)
    name, media = found
    return Response((HERE / name).read_bytes(), headers=HEADERS, media_type=media)


route = Route("/account/{name}", _answer)
