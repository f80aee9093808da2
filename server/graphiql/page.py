"""GraphiQL as a page, and the files it consists of."""

import hashlib
import json
from pathlib import Path
from string import Template
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from server.graphiql import bundle, tour

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "data:",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "img-src": "data:",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # the editor colours words by style sheets
    "worker-src": "'self'",
}
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "; ".join(f"{k} {v}" for k, v in POLICY.items()),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Assets(StaticFiles):
    """Files that never change, since their folder is named after what made them."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        for name in ("content-security-policy", "x-content-type-options"):
            response.headers[name] = HEADERS[name]  # workers obey that of their file
        return response


assets: list[BaseRoute] = [
    Mount("/graphiql", Assets(directory=bundle.BUILD, check_dir=False))
]


def page(request: Request) -> Response:
    """GraphiQL with the tour in its tabs, or how to make it while it is not there."""
    if not bundle.folder().is_dir():
        absent = (HERE / "absent.html").read_text("utf-8")
        return HTMLResponse(absent, headers=HEADERS)
    markdown = README.read_text("utf-8") if README.is_file() else ""
    template = Template((HERE / "index.html").read_text("utf-8"))
    inlined = opening(tour.operations(markdown))
    text = template.substitute(build=bundle.folder().name, tour=inlined)
    return HTMLResponse(text, headers=HEADERS)


def opening(operations: list[tour.Operation]) -> str:
    """What the page opens with, as JSON that can stand inside a script element."""
    tabs = json.dumps([tab(each) for each in operations])
    digest = hashlib.sha256(tabs.encode()).hexdigest()[:16]
    text = f'{{"digest": "{digest}", "tabs": {tabs}}}'
    return text.replace("<", "\\u003c")


def tab(operation: tour.Operation) -> dict[str, Any]:
    variables = operation.variables
    return {
        "query": f"# {operation.title}\n{operation.query}\n",
        "variables": None if variables is None else json.dumps(variables, indent=2),
    }
