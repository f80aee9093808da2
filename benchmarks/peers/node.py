"""Node.js, and the peers' packages from their lock."""

import shutil
import subprocess
from pathlib import Path

from server.graphiql import bundle

HERE = Path(__file__).parent
SOURCES = (".npmrc", "package.json", "package-lock.json")
OLDEST = 22
"""What PostGraphile 5 needs."""


class Missing(Exception):
    """What the peers need is not there."""


def installed(kept: Path) -> tuple[Path, str]:
    """A folder with the peers and their packages, and the Node.js to run them."""
    node = _found()
    home = kept / "peers"
    home.mkdir(parents=True, exist_ok=True)
    for source in [*map(HERE.joinpath, SOURCES), *HERE.glob("*.mjs")]:
        shutil.copy(source, home)
    locked, done = (HERE / "package-lock.json").read_bytes(), home / "installed.json"
    if not done.exists() or done.read_bytes() != locked:
        try:
            bundle.run([*node.npm, "ci", "--loglevel=error"], home)
        except bundle.BundleError as error:
            raise Missing(f"their packages cannot be had: {error}") from error
        done.write_bytes(locked)
    return home, node.node[0]


def _found() -> bundle.Node:
    """The Node.js on the path, else the one of the Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST:
        return bundle.Node([node], [npm])
    if found := bundle.wheel():
        return found
    wheel = f"the Python package {bundle.WHEEL}"
    raise Missing(f"install Node.js {OLDEST} or newer with npm, or {wheel}")


def _version(node: str) -> int:
    said = subprocess.run(  # noqa: S603  found on the path
        [node, "--version"], capture_output=True, text=True, check=False
    )
    major = said.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
