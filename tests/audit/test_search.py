"""The log is searched by words, and counted, with equal results on both databases."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from db import models
from db.base import utcnow
from db.models import Outcome
from db.search import LONGEST, MOST, TERM, Search
from resolvers.access import SYSTEM, Actor, BaseRole
from resolvers.audit import entries
from resolvers.writes import Origin
from schema import schema
from schema.ids import prefix
from tests.conftest import As, Ask, Someone

SEARCH = """query ($words: String!) {
  auditLog(filter: {search: {words: $words}}) { totalCount nodes { seq } }
}"""
STATISTICS = """query ($from: DateTime, $to: DateTime) {
  auditStatistics(from: $from, to: $to) {
    total failed byAction { name count failed } byEntity { name count }
    byActor { name count } byDay { name count }
  }
}"""
ENTRIES: tuple[tuple[str, Any], ...] = (
    ("datasetCreate", {"dataset_0199f0c2": {"name": [None, "Pump 7 north"]}}),
    ("datasetUpdate", {"dataset_0199f0c2": {"name": ["Pump 7 north", "Café noir"]}}),
    ("alertResolve", {"alert_ff": {"note": ["a\nsecond_line", 'it\'s "fine" & <b>']}}),
    ("login", {}),
    ("jobCancel", {"deep": {"down": [{"inside": ["naïve", 42, True, None]}]}}),
)
FOUND = {
    "datasetcreate": [1],
    "DATASETCREATE": [1],
    "pump": [1, 2],
    "pump north": [1, 2],
    "pump café": [2],
    "pump login": [],
    "0199f0c2": [1, 2],
    "0199*": [1, 2],
    "0199": [],
    "dataset_0199*": [1, 2],
    "dataset*": [1, 2],
    "second": [3],
    "line": [3],
    "it's": [3],
    "fine": [3],
    "b": [3],
    "Café": [2],
    "CAFÉ": [],
    "inside naïve": [5],
    "42": [],
    "name": [1, 2],
    "192.0.2.9": [4],
    "agent/1.0": [4],
    "curl*": [4],
    "": [],
    "*": [],
    "' & | ! \\ \" ( ) :": [],
    "pump:* & north": [1, 2],
    "NEAR(pump north)": [],
    "words : pump": [],
    "x" * 3_000: [],
}


@pytest.fixture
async def written(as_: As) -> None:
    for action, payload in ENTRIES:
        async with as_().transaction() as write:
            if action == "login":
                write.origin = Origin("", "192.0.2.9", "curl/8 agent/1.0")
            write.changes.update(payload)
            status = Outcome.FAILURE if action == "login" else Outcome.SUCCESS
            await entries.append(write, action, status=status)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("compiles", [True, False])
async def test_all_words_must_be_there_wherever_they_are(
    as_: As,
    compiles: bool,  # noqa: FBT001
) -> None:
    for words, seqs in FOUND.items():
        context = as_(compiles=compiles)
        result = await schema.execute(SEARCH, {"words": words}, context)
        assert not result.errors, (words, result.errors)
        found = orjson.loads(orjson.dumps(result.data))["auditLog"]
        assert sorted(int(one["seq"]) for one in found["nodes"]) == seqs, words
        assert found["totalCount"] == len(seqs)


@pytest.mark.usefixtures("written")
async def test_a_search_finds_nothing_of_others(ask: Ask, someone: Someone) -> None:
    assert await ask(SEARCH, await someone(), words="pump") == {
        "auditLog": {"totalCount": 0, "nodes": []}
    }
    admin = await someone(BaseRole.ADMIN)
    assert (await ask(SEARCH, admin, words="pump"))["auditLog"]["totalCount"] == 2


async def test_long_words_are_found_by_what_counts_of_them(as_: As, ask: Ask) -> None:
    """Also in a payload that is too large to be searched whole."""
    long = "a" * LONGEST
    async with as_().transaction() as write:
        write.changes["x"] = {"note": f"{long}b", "many": "é" * 4_000}
        write.changes["y"] = {str(n): uuid7().hex * 4 for n in range(4_000)}
        await entries.append(write, "jobCancel")
    for words, count in ((f"{long}b", 1), (f"{long}c", 1), (long, 1), (long[1:], 0)):
        assert (await ask(SEARCH, words=words))["auditLog"]["totalCount"] == count


@given(st.text())
def test_a_search_is_of_words_whatever_is_asked(text: str) -> None:
    """What is no letter reaches no database but as we write it."""
    for name, mark in (("sqlite", '"'), ("postgresql", "'")):
        dialect: Any = type("", (), {"name": name})
        said = Search().process_bind_param(text, dialect)
        quoted = said.split(mark)[1::2]
        assert all(TERM.fullmatch(word) for word in quoted if word)
        between = "".join(said.split(mark)[0::2])
        assert set(between) <= set(" &:*")
        assert len(quoted) <= MOST


@pytest.mark.usefixtures("written")
async def test_what_was_done_is_counted(
    as_: As, ask: Ask, analyst: Actor, someone: Someone
) -> None:
    async with as_(SYSTEM).transaction() as write:
        await entries.append(write, "scheduledRun")
    found = (await ask(STATISTICS))["auditStatistics"]
    assert analyst.user_id
    who, today = f"{prefix(models.User)}_{analyst.user_id.hex}", f"{utcnow():%F}"
    assert (found["total"], found["failed"]) == (5, 1)
    assert {"name": "login", "count": 1, "failed": 1} in found["byAction"]
    assert (found["byEntity"], len(found["byAction"])) == ([], 5)
    assert found["byActor"] == [{"name": who, "count": 5}]
    assert found["byDay"] == [{"name": today, "count": 5}]
    nobody = (await ask(STATISTICS, await someone()))["auditStatistics"]
    assert (nobody["total"], nobody["byAction"]) == (0, [])
    admin = (await ask(STATISTICS, await someone(BaseRole.ADMIN)))["auditStatistics"]
    assert admin["total"] == 6


@pytest.mark.usefixtures("written")
async def test_what_was_done_is_counted_in_a_time(
    ask: Ask, statements: list[str]
) -> None:
    now = utcnow()
    before, after = now - timedelta(minutes=5), now + timedelta(minutes=5)
    for start, end, total in ((None, before, 0), (before, after, 5)):
        given = {"from": start and start.isoformat(), "to": end.isoformat()}
        found = (await ask(STATISTICS, **given))["auditStatistics"]
        assert found["total"] == total
    assert len([one for one in statements if "audit_log" in one]) == 8


async def test_a_time_that_is_none_is_refused(as_: As) -> None:
    now, before = utcnow(), "`from` is before `to`; "
    for start, end, said in (
        (now, now, before),
        (now, now - timedelta(1), before),
        (now - timedelta(9_999), now, "figures are of a time of up to 3660 days"),
    ):
        given = {"from": start.isoformat(), "to": end.isoformat()}
        result = await schema.execute(STATISTICS, given, as_())
        [error] = result.errors or []
        assert error.extensions == {"code": "BAD_REQUEST"}
        assert error.message.startswith(said)
