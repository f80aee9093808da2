"""An entry has one form, which whoever has JSON and SHA-256 can make again."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from resolvers.audit import canonical
from resolvers.audit.canonical import EPOCH, digest, fields, pieces, seal, sealed
from resolvers.audit.stored import said

TEXTS = st.text(st.characters(codec="utf-8"))
WHOLE = st.integers(-(2**63), 2**63 - 1)
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)
MOMENTS = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SPELLING: Any = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False}


def an_entry(moment: datetime, **columns: Any) -> Any:
    """An entry whose seal is yet to be made."""
    payload = {"a": {"b": [None, "c"]}}
    usual = {"id": uuid7(), "action": "jobCancel", "status": "success", "seq": 7}
    nothing = dict.fromkeys(("entity", "entity_id", "actor_id", "ip_address"))
    more = dict.fromkeys(("user_agent", "request_id", "signature"))
    hashes = {"salt": "0", "prev_hash": "0" * 64, "actor_kind": "user"}
    made = {"payload": payload, "payload_digest": digest("0", payload)}
    given = {**usual, **nothing, **more, **hashes, **made, **columns}
    return SimpleNamespace(**given, created_at=moment)


@given(DOCUMENTS)
def test_the_form_is_json_with_sorted_keys_and_no_spaces(document: Any) -> None:
    plain = json.dumps(document, **SPELLING).encode()
    assert canonical.canonical(document) == plain
    assert (
        hashlib.sha256(plain).hexdigest()
        == hashlib.sha256(canonical.canonical(json.loads(plain))).hexdigest()
    )


@given(MOMENTS)
def test_the_pieces_of_a_form_are_the_whole_of_it(moment: datetime) -> None:
    entry = an_entry(moment)
    first, second, third = pieces(fields(entry))
    text = f"{first}{entry.prev_hash}{second}{entry.seq}{third}"
    signature = hashlib.sha256(b"\0" + text.encode()).hexdigest()
    told = fields(entry) | {"seq": entry.seq, "prev_hash": entry.prev_hash}
    assert signature == sealed(told)
    entry.signature = signature
    assert (told_again := said(entry))
    assert seal(told_again) == signature


@given(MOMENTS)
def test_no_microsecond_is_like_another(moment: datetime) -> None:
    entry = an_entry(moment)
    told = fields(entry) | {"seq": entry.seq, "prev_hash": entry.prev_hash}
    entry.signature = sealed(told)
    entry.created_at += timedelta(microseconds=1)
    assert (told_again := said(entry))
    assert seal(told_again) != entry.signature


@given(MOMENTS)
def test_an_entry_of_the_first_version_is_still_right(moment: datetime) -> None:
    """Its moment was a float for a while, and so sometimes a microsecond early."""
    entry = an_entry(moment)
    early = int(moment.timestamp() * 1_000_000)
    assert (moment - EPOCH) // timedelta(microseconds=1) - early in {0, 1}
    told = fields(entry) | {"seq": entry.seq, "prev_hash": entry.prev_hash}
    entry.signature = sealed(told | {"v": 1, "ts": early})
    assert (told_again := said(entry))
    assert seal(told_again) == entry.signature
    assert told_again["v"] == 1
