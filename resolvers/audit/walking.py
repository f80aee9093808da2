"""A walk along the chain, entry by entry, to the first that is not as it was.

It knows no database: entries are given to it as they are handed out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto

from resolvers.audit import trees
from resolvers.audit.canonical import Said, digest, seal
from resolvers.audit.signing import Checkpoint

FURTHER = 1_000
"""Entries that are looked at after a bad one, to tell what was done to it."""
ERASED = "erased"
"""The name in a payload of whose other payloads are erased, by their id."""


class Damage(StrEnum):
    """What was done to the chain."""

    EDITED = auto()
    """The content of an entry was changed."""
    ERASED = auto()
    """The payload of an entry is gone, and no later entry says whose were erased."""
    REMOVED = auto()
    """An entry is missing."""
    INSERTED = auto()
    """An entry is there twice, or does not follow the one before."""
    REORDERED = auto()
    """An entry is in the place of another, which comes later."""
    TRUNCATED = auto()
    """The newest entries are missing."""
    REWRITTEN = auto()
    """Entries follow each other, but are not those that were signed."""
    FORGED = auto()
    """A checkpoint is not as it was signed, or not signed by this server."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. Without damage the chain is whole."""

    checked: int
    last_seq: int
    broken_seq: int | None = None
    damage: Damage | None = None
    signed_seq: int = 0
    """The last entry up to which the chain is as it was signed."""
    erased: int = 0
    """Entries whose payloads were erased."""
    silent: tuple[int, ...] = ()
    """Those of them of which no later entry says so."""


@dataclass(slots=True)
class Walk:
    """From one entry to another. Nothing is believed of an end that is not known."""

    expected: int
    to: int
    before: str | None = None
    """The signature of the entry before the first."""
    peaks: trees.Peaks | None = None
    """The tree of all entries before the first."""
    checkpoints: Mapping[int, Checkpoint] = field(default_factory=dict[int, Checkpoint])
    """What must hold, by the size it is of; each was found sound."""
    checked: int = 0
    signed: int = 0
    bad: Said | None = None
    """The first entry that is not as it was."""
    found: tuple[int, Damage] | None = None
    """What was done to the chain, and to which entry first."""
    told: dict[str, int] = field(default_factory=dict[str, int])
    """Of whom an entry says that payloads are erased, and the last that does."""
    _left: int = FURTHER
    _gone: list[tuple[int, set[str]]] = field(
        default_factory=list[tuple[int, set[str]]]
    )
    """Entries without their payloads, and whom each was of."""

    def take(self, entries: Iterable[Said | None]) -> bool:
        """Go on over some entries, of which some cannot be read.

        Gives whether more of them are wanted.
        """
        return all(map(self._take, entries))

    def verdict(self, head: str | None = None) -> Verdict:
        """What was found, once there are no more entries; `head` is the last's seal."""
        if self.found is None and self.expected <= self.to:
            self.found = self.expected, Damage.TRUNCATED
        if self.found is None and head and self.before not in {None, head}:
            self.found = self.to, Damage.EDITED
        silent = tuple(self.silent())
        if self.found is None and silent:
            self.found = silent[0], Damage.ERASED
        seq, damage = self.found or (None, None)
        last = self.expected - 1 if seq is None else min(seq, self.expected) - 1
        checked = self.checked - (self.expected - 1 - last)
        signed, erased = min(self.signed, last), len(self._gone)
        return Verdict(checked, last, seq, damage, signed, erased, silent)

    @property
    def arrived(self) -> bool:
        """Whether all of it was gone, and was as it should be."""
        return self.found is None and self.expected > self.to

    def silent(self) -> Iterator[int]:
        """The entries whose payloads are gone, and none further on says why."""
        for seq, of in self._gone:
            if not any(self.told.get(who, 0) > seq for who in of):
                yield seq

    def hear(self, told: Mapping[str, int]) -> None:
        """Be told whose payloads were erased by entries that come later."""
        for who, seq in told.items():
            self.told[who] = max(seq, self.told.get(who, 0))

    def _take(self, entry: Said | None) -> bool:
        if entry is None:
            self.found = self.found or (self.expected, Damage.EDITED)
            return False
        if self.bad is not None:
            return self._explain(self.bad, entry)
        if damage := self._damage(entry):
            self.bad = entry
            self.found = min(self.expected, entry["seq"]), damage
            return damage in {Damage.EDITED, Damage.REMOVED}
        self._advance(entry)
        return self._agrees(entry)

    def _damage(self, entry: Said) -> Damage | None:
        if entry["seq"] < self.expected or self.expected > self.to:
            return Damage.INSERTED
        if entry["signature"] != seal(entry):
            return Damage.EDITED
        if entry["seq"] > self.expected:
            return Damage.REMOVED
        whole = entry["payload_digest"] == digest(entry["salt"], entry["payload"])
        if not whole and entry["payload"]:
            return Damage.EDITED
        if self.before not in {None, entry["prev_hash"]}:
            return Damage.INSERTED
        if not whole:
            of = {entry["actor_id"], entry["entity_id"]} - {None}
            self._gone.append((entry["seq"], of))
        return None

    def _advance(self, entry: Said) -> None:
        if self.peaks is not None:
            leaf = bytes.fromhex(entry["signature"])
            trees.grow(self.peaks, self.expected - 1, leaf)
        self.checked, self.expected = self.checked + 1, self.expected + 1
        self.before = entry["signature"]
        if ERASED in entry["payload"]:
            self.hear({str(entry["payload"][ERASED]): entry["seq"]})

    def _agrees(self, entry: Said) -> bool:
        """Whether the chain is as it was signed here, if it was; else it ends."""
        checkpoint = self.checkpoints.get(entry["seq"])
        if checkpoint is None:
            return True
        same = checkpoint.last_hash == entry["signature"]
        if self.peaks is None:
            self.peaks = checkpoint.subtrees
        elif trees.root(self.peaks).hex() != checkpoint.root:
            same = False
        if same:
            self.signed = entry["seq"]
        else:
            self.found = self.signed + 1, Damage.REWRITTEN
        return same

    def _explain(self, bad: Said, entry: Said) -> bool:
        """See whether a later entry tells that the bad one changed its place."""
        seq, damage = self.found or (bad["seq"], Damage.EDITED)
        removed = damage is Damage.REMOVED
        if entry["seq"] == seq if removed else _stood(bad, entry):
            self.found = seq, Damage.REORDERED
            return False
        self._left -= 1
        return self._left > 0


def _stood(entry: Said, there: Said) -> bool:
    """Whether an entry is right in the place that another has now."""
    befores = {entry["prev_hash"], there["prev_hash"]}
    moved = (entry | {"seq": there["seq"], "prev_hash": one} for one in befores)
    return any(seal(one) == entry["signature"] for one in moved)
