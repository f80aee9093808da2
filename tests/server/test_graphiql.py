"""GraphiQL: the tour in its tabs, the page, and how it is bundled."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from server.graphiql import bundle, page, tour
from server.graphiql.tour import Operation

words = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ]{0,20}[A-Za-z0-9]", fullmatch=True)
texts = st.text(st.characters(exclude_characters="`\r", exclude_categories=["C"]))
queries = texts.map(lambda text: f"{{ {text}\n  a }}")
variables = st.none() | st.dictionaries(texts, texts | st.integers() | st.none())
steps = st.lists(st.builds(Operation, words, queries, variables), max_size=5)


def printed(step: Operation, *, bold: bool) -> str:
    title = f"**{step.title}.** Words." if bold else f"### {step.title}"
    shown = f"{title}\n\n```graphql\n{step.query}\n```\n"
    if step.variables is not None:
        shown += f"\n```json\n{json.dumps(step.variables)}\n```\n"
    return shown + "\nWhat it answers:\n\n```json\n[]\n```\n"


@given(steps, st.booleans())
def test_the_tour_is_read_as_it_is_printed(steps: list[Operation], bold: bool) -> None:  # noqa: FBT001  drawn, not passed
    other = "```graphql\n{ elsewhere }\n```\n"
    body = "".join(printed(step, bold=bold) for step in steps)
    markdown = f"# H\n{other}## Five-minute tour\n{body}## Next\n{other}"
    assert tour.operations(markdown) == steps


@given(st.text("`#*ajsongrphql {}\n\"'", max_size=200))
def test_any_text_is_a_tour_or_refused(text: str) -> None:
    try:
        found = tour.operations(f"## Five-minute tour\n{text}")
    except ValueError as error:
        assert "are not" in str(error)  # noqa: PT017  either end is fine
    else:
        assert all(isinstance(each, Operation) for each in found)


def test_a_comment_in_a_shell_block_is_no_heading() -> None:
    markdown = (
        "## Five-minute tour\n### Look\n"
        "```sh\n# Five\n## Next\nmake run\n```\n```graphql\n{ a }\n```\n"
    )
    assert tour.operations(markdown) == [Operation("Look", "{ a }")]


def test_a_block_may_be_indented_in_a_list() -> None:
    markdown = (
        "## Five-minute tour\n1. **Look**\n\n"
        '   ```graphql\n   { a }\n   ```\n   ```json\n   {"id": "PASTE_ID"}\n   ```\n'
    )
    assert tour.operations(markdown) == [Operation("Look", "{ a }", {"id": "PASTE_ID"})]


@pytest.mark.parametrize("text", ["[]", "5", "{", ""])
def test_variables_that_are_no_object_are_named(text: str) -> None:
    markdown = (
        f"## Five-minute tour\n### Look\n```graphql\n{{a}}\n```\n```json\n{text}\n```"
    )
    with pytest.raises(ValueError, match="the variables of 'Look' are not"):
        tour.operations(markdown)


@given(steps)
def test_what_is_inlined_cannot_leave_its_script_element(
    steps: list[Operation],
) -> None:
    text = page.opening(steps)
    assert "<" not in text
    assert json.loads(text)["tabs"] == [page.tab(step) for step in steps]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "build"
    path.mkdir()
    monkeypatch.setattr(bundle, "BUILD", path)
    return path


async def fetch(path: str) -> httpx.Response:
    mount = Mount("/graphiql", page.Assets(directory=bundle.BUILD, check_dir=False))
    app = Starlette(routes=[Route("/graphql", page.page), mount])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", timeout=10
    ) as client:
        return await client.get(path)


async def test_without_a_bundle_the_page_says_how_to_make_it(build: Path) -> None:
    answer = await fetch("/graphql")
    assert answer.status_code == 200
    assert "python -m server.graphiql.bundle" in answer.text
    assert "<script" not in answer.text


async def test_the_page_holds_the_tour_and_loads_its_bundle(
    build: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    readme = tmp_path / "README.md"
    step = Operation("Look", "{ a </script> }", {"$build": "$tour"})
    readme.write_text("## Five-minute tour\n" + printed(step, bold=False))
    monkeypatch.setattr(page, "README", readme)
    bundle.folder().mkdir()
    answer = await fetch("/graphql")
    assert f'src="/graphiql/{bundle.folder().name}/main.js"' in answer.text
    assert f'id="tour">{page.opening([step])}</script>' in answer.text


@pytest.mark.parametrize("bundled", [True, False])
async def test_the_page_trusts_nothing_but_this_server(
    build: Path, *, bundled: bool
) -> None:
    if bundled:
        bundle.folder().mkdir()
    headers = (await fetch("/graphql")).headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'"} <= set(policy)
    assert not any("http" in part or "*" in part for part in policy)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("main.js", {"text/javascript", "application/javascript"}),
        ("main.css", {"text/css"}),
    ],
)
async def test_a_file_of_the_bundle_may_be_kept_for_ever(
    build: Path, name: str, kinds: set[str]
) -> None:
    (build / name).write_text("0")
    answer = await fetch(f"/graphiql/{name}")
    assert answer.text == "0"
    assert answer.headers["content-type"].split(";")[0] in kinds
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["main.js", "../page.py", "%2e%2e/page.py"])
async def test_a_file_that_is_not_in_the_bundle_is_not_found(
    build: Path, path: str
) -> None:
    assert (await fetch(f"/graphiql/{path}")).status_code == 404


def test_the_bundle_is_named_after_each_of_its_sources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for source in bundle.SOURCES:
        (tmp_path / source).write_text("before")
    monkeypatch.setattr(bundle, "HERE", tmp_path)
    names = [bundle.folder()]
    for source in bundle.SOURCES:
        (tmp_path / source).write_text("after")
        names.append(bundle.folder())
    assert len(set(names)) == len(bundle.SOURCES) + 1


def test_packages_are_pinned_and_name_no_registry() -> None:
    text = (bundle.HERE / "package-lock.json").read_text()
    packages: dict[str, Any] = json.loads(text)["packages"]
    wanted = packages.pop("")["dependencies"]
    asked = json.loads((bundle.HERE / "package.json").read_text())["dependencies"]
    assert asked == wanted
    held = {name: packages[f"node_modules/{name}"]["version"] for name in wanted}
    assert held == wanted
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert "resolved" not in text


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A path of programs with nothing in it yet."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    return path


def write(path: Path, script: str) -> list[str]:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return [str(path)]


WHEEL = bundle.Node(["wheel"], ["wheel", "npm"])
MAKES = 'case $1 in --version) echo v22.1.0;; *) /bin/mkdir "$2";; esac'


@pytest.mark.parametrize(
    ("version", "fits"),
    [("v20.0.0", True), ("v24.19.0", True), ("v18.20.4", False), ("odd", False)],
)
def test_a_node_on_the_path_is_used_if_it_is_new_enough(
    programs: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, fits: bool
) -> None:
    node = write(programs / "node", f"echo {version}")
    npm = write(programs / "npm", "")
    monkeypatch.setattr(bundle, "wheel", lambda: WHEEL)
    assert bundle.find() == (bundle.Node(node, npm) if fits else WHEEL)


def test_a_node_without_npm_or_that_fails_is_not_used(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "wheel", lambda: WHEEL)
    write(programs / "node", "echo v22.0.0")
    assert bundle.find() == WHEEL
    write(programs / "npm", "")
    write(programs / "node", "exit 1")
    assert bundle.find() == WHEEL


def test_without_any_node_one_sentence_says_what_to_install(
    build: Path,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pip = write(programs / "python", "echo no network >&2; exit 3")
    monkeypatch.setattr(bundle.sys, "executable", pip[0])
    monkeypatch.setattr(bundle, "wheel", lambda: None)
    assert bundle.main() == 1
    said = capsys.readouterr().err
    assert f"install Node.js 20 or newer, or the Python package {bundle.WHEEL}" in said
    assert "no network" in said


def test_the_bundle_is_made_once_and_earlier_ones_go(
    build: Path, programs: Path
) -> None:
    (build / ("0" * 16)).mkdir()
    write(programs / "npm", "[ -f package-lock.json ] && [ -f .npmrc ]")
    write(programs / "node", MAKES)
    assert bundle.main() == 0
    assert list(build.iterdir()) == [bundle.folder()]
    write(programs / "npm", "exit 1")
    assert bundle.main() == 0


@pytest.mark.parametrize("broken", ["npm", "node"])
def test_a_bundle_that_fails_leaves_nothing_behind(
    build: Path, programs: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    write(programs / "npm", "")
    write(programs / "node", MAKES)
    fails = "case $1 in --version) echo v22.1.0;; *) echo the reason >&2; exit 7;; esac"
    write(programs / broken, fails)
    assert bundle.main() == 1
    assert list(build.iterdir()) == []
    said = capsys.readouterr().err
    assert said.startswith("GraphiQL is not there: ")
    assert "ended with 7\nthe reason" in said
