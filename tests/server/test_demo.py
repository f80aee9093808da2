"""The demo's login is public: who offers it to other machines is told."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolvers.access import SYSTEM
from resolvers.context import Context
from resolvers.equipment import Equipment
from resolvers.identity import accounts
from server import demo
from server.__main__ import main
from server.demo.loading import EMAIL, PASSWORD

OPEN = "0.0.0.0"  # noqa: S104  nothing listens there: it is only spoken of


@pytest.mark.parametrize(
    ("host", "open_"),
    [
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),  # noqa: S104
        ("::", True),
        ("192.0.2.1", True),
        ("", True),
        ("example.org", True),
    ],
)
def test_an_address_is_open_to_others_or_it_is_not(host: str, *, open_: bool) -> None:
    assert demo.exposed(host) is open_


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server whose tables are made, and which others may reach."""
    mask = os.umask(0o077)
    monkeypatch.setenv("HELIOGRAPH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HELIOGRAPH_HOST", OPEN)
    assert main(["migrate", "upgrade"]) == 0
    yield
    os.umask(mask)


@pytest.mark.usefixtures("fresh")
def test_the_demo_is_not_loaded_where_others_could_sign_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo"]) == 1
    said = capsys.readouterr().err
    assert f"HELIOGRAPH_HOST {OPEN} is open to other machines" in said
    assert "--anyway" in said
    assert main(["audit", "verify"]) == 0
    assert "0 entries" in capsys.readouterr().out


@pytest.mark.usefixtures("fresh")
def test_the_demo_is_loaded_there_by_whoever_insists(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--anyway"]) == 0, capsys.readouterr().err
    assert main(["demo"]) == 0, "what is there already is no matter"


@pytest.mark.parametrize(
    ("host", "has_demo", "warned"),
    [(OPEN, True, True), ("127.0.0.1", True, False), (OPEN, False, False)],
)
async def test_a_server_that_offers_the_demo_to_others_says_so(
    equipment: Equipment,
    caplog: pytest.LogCaptureFixture,
    host: str,
    *,
    has_demo: bool,
    warned: bool,
) -> None:
    if has_demo:
        await accounts.create_admin(Context(equipment, SYSTEM), EMAIL, PASSWORD)
    with caplog.at_level(logging.WARNING):
        await demo.warn(equipment, host)
    assert [EMAIL in one.getMessage() for one in caplog.records] == [True] * warned
