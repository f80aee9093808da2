"""What keeps people apart: what is asked of the database, and the database itself.

A module that imports these two has its tests run with both, and in PostgreSQL a second
time with row-level security alone, as though `visible` had been forgotten everywhere.
"""

import sys
from functools import lru_cache
from typing import Any

import pytest
import sqlalchemy as sa

from db.session import Database
from db.texts import Text
from resolvers import access, batches
from resolvers.access import SYSTEM, Actor
from schema import plans
from schema.memory import Memory

BOTH, WALLS = "both", "walls alone"
VISIBLE = access.visible
OURS = ("resolvers.", "schema.", "server.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "guard" in metafunc.fixturenames:
        lite = metafunc.config.getoption("--database") == "sqlite"
        guards = [BOTH] if lite else [BOTH, WALLS]
        metafunc.parametrize("guard", guards, indirect=True)


@pytest.fixture(autouse=True)
def guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which guard is on duty."""
    if request.param == WALLS:
        forget(monkeypatch)
    return request.param


def everybodys(actor: Actor, model: Any, *, by_key: bool = False) -> sa.Select[Any]:
    """All rows; but who may not look at a table at all is told so as ever."""
    VISIBLE(actor, model, by_key=by_key)
    return VISIBLE(SYSTEM, model)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every query start from all rows, and no statement be there from before."""
    rules = {"visible": access.visible, "changeable": access.changeable}
    ours = [one for name, one in sys.modules.items() if name.startswith(OURS)]
    for module in ours:
        for name, rule in rules.items():
            if vars(module).get(name) is rule:
                monkeypatch.setattr(module, name, everybodys)
    fresh = lru_cache(batches._text.__wrapped__)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  it is kept by what is asked
    monkeypatch.setattr(batches, "_text", fresh)
    texts = Memory[Text](plans.LETTERS, plans.OF_PLAN)
    monkeypatch.setattr(plans, "_texts", texts)


async def everything_of(database: Database, rows: list[Any]) -> list[Any]:
    """All that is in some rows now."""
    found: list[Any] = []
    async with database.read() as session:
        for row in rows:
            model: Any = type(row)
            columns = VISIBLE(SYSTEM, model).where(model.id == row.id)
            columns = columns.with_only_columns(*model.__table__.c)
            found.append((await session.execute(columns)).all())
    return found
