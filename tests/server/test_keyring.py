"""Keys that wrap: made once, kept for their owner, and learnt of while one runs."""

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from resolvers.envelope import Place, Unreadable, readable
from server.failures import Failure
from server.keys import ring as rings
from server.keys import sealing
from server.keys.ring import FILE, LocalKey, LocalRing, add, drawn, ring
from server.keys.sealing import Envelopes
from server.settings import Settings

PLACE = Place("users", "totp_secret", uuid4(), uuid4())
SECRET = b"JBSWY3DPEHPK3PXP"
GOOD, OTHER = "kT9w!mZ4q_XvB7nL2rJ8sD5fG1hY6cP3", "Zx8#qLw2@Rt6^Yp0&Nb4*Mc1!Vd5%Gh9"
Make = Callable[..., Envelopes]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Envelopes of another process with these settings."""

    def make(**given: object) -> Envelopes:
        return Envelopes(ring(Settings(data=tmp_path, **given)))  # pyright: ignore[reportArgumentType]  settings by their names

    return make


@pytest.fixture
def envelopes(make: Make) -> Envelopes:
    return make()


def test_a_secret_is_what_it_was_and_its_record_does_not_tell_it(
    envelopes: Envelopes,
) -> None:
    record = envelopes.seal(SECRET, PLACE)
    assert envelopes.open(record, PLACE) == SECRET
    assert SECRET.decode() not in record
    said, key_id, algorithm, *parts = record.split(".")
    assert (said, key_id, algorithm) == ("v1", envelopes.current, "A256GCM")
    assert len(parts) == 3


def test_nothing_is_sealed_twice_alike(envelopes: Envelopes) -> None:
    records = {envelopes.seal(SECRET, PLACE) for _ in range(100)}
    for part in (3, 4, 5):
        assert len({record.split(".")[part] for record in records}) == 100


@pytest.mark.parametrize("other", ["table", "column", "row_id", "owner_id"])
def test_moved_to_another_row_or_user_it_does_not_open(
    envelopes: Envelopes, other: str
) -> None:
    record = envelopes.seal(SECRET, PLACE)
    moved = uuid4() if other.endswith("_id") else "elsewhere"
    with pytest.raises(Unreadable, match="was changed, or is another row's"):
        envelopes.open(record, replace(PLACE, **{other: moved}))


def test_a_record_with_any_letter_changed_does_not_open(envelopes: Envelopes) -> None:
    record = envelopes.seal(SECRET, PLACE)
    for place, letter in enumerate(record):
        changed = record[:place] + ("A" if letter != "A" else "Q") + record[place + 1 :]
        if (opened := attempt(envelopes, changed)) is not None:
            assert opened == SECRET  # it was of bits that base64 leaves unused
            assert record[place + 1] in {".", "="}


def attempt(envelopes: Envelopes, record: str) -> bytes | None:
    try:
        return envelopes.open(record, PLACE)
    except Unreadable:
        return None


@given(
    st.text() | st.from_regex(r"v1\.[0-9a-f]{16}\.A256GCM(\.[A-Za-z0-9+/]{4,60}){3}")
)
def test_what_is_no_record_is_unreadable_and_no_fault(text: str) -> None:
    with pytest.raises(Unreadable):
        Envelopes(Lone()).open(text, PLACE)


class Lone:
    """A ring of one key."""

    current = LocalKey.of(b"alone")

    def find(self, id_: str) -> LocalKey | None:
        return self.current


def test_keys_that_were_unwrapped_are_kept_for_a_minute(
    envelopes: Envelopes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, record = [1_000.0], envelopes.seal(SECRET, PLACE)
    monkeypatch.setattr(sealing.time, "monotonic", lambda: now[0])
    assert envelopes.open(record, PLACE) == SECRET
    monkeypatch.setattr(LocalRing, "find", lambda *_: None)
    now[0] += 59
    assert readable(envelopes, record, PLACE)
    now[0] += 2
    assert not readable(envelopes, record, PLACE)


def test_a_thousand_unwrapped_keys_are_kept_and_no_more() -> None:
    kept = sealing.Brief()
    for number in range(1_500):
        kept.put((str(number), b""), b"key")
    there = [kept.get((str(number), b"")) is not None for number in range(1_500)]
    assert sum(there) == sealing.MOST
    assert all(there[500:])


def test_the_file_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        settings = Settings(data=tmp_path / "new")
        made = [*threads.map(lambda _: ring(settings).current, range(32))]
    assert len(set(made)) == 1
    file = tmp_path / "new" / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [FILE]
    assert made[0].key.hex() not in repr(made[0])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": []}', '{"keys": ["a"]}'])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / FILE
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(Failure, match=r"keys\.json"):
        ring(Settings(data=tmp_path))


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    ring(Settings(data=tmp_path))
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(Failure, match="mode 0644, so others can read it"):
        ring(Settings(data=tmp_path))


def test_a_process_that_runs_seals_under_a_new_key_at_once(
    make: Make, tmp_path: Path
) -> None:
    running, old = make(), make()
    before, first = old.seal(SECRET, PLACE), old.current
    add(Settings(data=tmp_path), drawn())
    assert running.current != first
    assert running.open(before, PLACE) == SECRET
    assert running.seal(SECRET, PLACE).split(".")[1] == running.current


def test_a_process_that_runs_learns_of_a_key_that_it_meets(
    make: Make, tmp_path: Path
) -> None:
    running = make()
    add(Settings(data=tmp_path), drawn())
    record = make().seal(SECRET, PLACE)
    assert running.open(record, PLACE) == SECRET


def test_of_many_who_add_keys_at_once_none_is_lost(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    ring(settings)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: add(settings, drawn()), range(24)))
    assert len({one.id for one in ring(settings).all}) == 25


def test_to_rewrap_changes_the_wrapping_and_not_what_is_in_it(
    make: Make, tmp_path: Path
) -> None:
    running = make()
    record = running.seal(SECRET, PLACE)
    assert running.rewrapped(record) == record
    add(Settings(data=tmp_path), drawn())
    again = running.rewrapped(record)
    assert again.split(".")[4:] == record.split(".")[4:]
    assert again.split(".")[1] == running.current != record.split(".")[1]
    assert make().open(again, PLACE) == running.open(record, PLACE) == SECRET


def test_without_its_key_a_secret_is_unreadable(make: Make, tmp_path: Path) -> None:
    lost = make().seal(SECRET, PLACE)
    (tmp_path / FILE).unlink()
    fresh = make()
    assert not fresh.knows(lost.split(".")[1])
    assert not readable(fresh, lost, PLACE)
    with pytest.raises(Unreadable):
        fresh.rewrapped(lost)


def test_a_file_that_goes_away_while_one_runs_takes_no_secret_with_it(
    make: Make, tmp_path: Path
) -> None:
    running = make()
    record, strange = running.seal(SECRET, PLACE), "v1.0.A256GCM.AAAA.AAAA.AAAA"
    (tmp_path / FILE).unlink()
    assert running.open(record, PLACE) == SECRET
    assert not readable(running, strange, PLACE)


def test_a_given_key_seals_and_those_before_it_open(make: Make, tmp_path: Path) -> None:
    in_file = make().seal(SECRET, PLACE)
    first = make(envelope_key=SecretStr(GOOD))
    record = first.seal(SECRET, PLACE)
    second = make(envelope_key=SecretStr(OTHER), envelope_former=frozenset({GOOD}))
    for one in (in_file, record, second.seal(SECRET, PLACE)):
        assert second.open(one, PLACE) == SECRET
    (tmp_path / FILE).unlink()
    assert not readable(make(envelope_key=SecretStr(OTHER)), record, PLACE)
    assert not (tmp_path / FILE).exists()


def test_a_given_key_is_changed_in_three_steps_that_each_read_everything(
    make: Make,
) -> None:
    """First all read the new one, then all seal under it, then the old one may go."""
    old, new = SecretStr(GOOD), SecretStr(OTHER)
    before = make(envelope_key=old)
    ready = make(envelope_key=old, envelope_former=frozenset({OTHER}))
    turned = make(envelope_key=new, envelope_former=frozenset({GOOD}))
    for writer, readers in ((before, (ready, turned)), (turned, (ready, turned))):
        record = writer.seal(SECRET, PLACE)
        assert all(reader.open(record, PLACE) == SECRET for reader in readers)


def test_a_given_key_is_not_rotated_here(tmp_path: Path) -> None:
    given = Settings(data=tmp_path, envelope_key=SecretStr(GOOD))
    with pytest.raises(Failure, match="HELIOGRAPH_ENVELOPE_FORMER"):
        add(given, drawn())


@pytest.mark.parametrize("name", ["envelope_key", "envelope_former"])
def test_a_weak_key_is_refused_by_name_and_never_shown(name: str, make: Make) -> None:
    weak = "changeme-changeit-please-now-1234567"
    given = SecretStr(weak) if name == "envelope_key" else frozenset({weak})
    with pytest.raises(Failure, match=f"HELIOGRAPH_{name.upper()} is weak") as told:
        make(**{name: given})
    assert weak not in str(told.value)
    assert weak not in repr(Settings(**{name: given}))  # pyright: ignore[reportArgumentType]  as above


def test_a_file_has_the_newest_key_last(tmp_path: Path) -> None:
    settings, secret = Settings(data=tmp_path), drawn()
    ring(settings)
    add(settings, secret)
    kept = json.loads((tmp_path / FILE).read_text())["keys"]
    assert (len(kept), kept[-1]) == (2, secret)
    assert ring(settings).current == rings.LocalKey.of(secret.encode())
