"""Windows of time in which a model was asked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa

from db.base import first_id, utcnow
from db.models import Prediction
from resolvers.access import Actor, visible
from resolvers.errors import Conflict, Invalid
from resolvers.writes import Transaction

WEEK = timedelta(days=7)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before which there was no server."""
NAMES = ("from", "to", "reference_from", "reference_to")
"""What clients call the ends of both windows."""
REFERENCE = NAMES[2:]
WRITTEN = ("from", "to", "referenceFrom", "referenceTo")
"""What they are called in what is kept of a check."""
REPLAY = "replay"
"""The source of predictions that repeat what was asked before, and do not count."""


@dataclass(frozen=True, slots=True)
class Window:
    """From a moment up to another, which is not in it."""

    since: datetime
    until: datetime

    def of(self, actor: Actor, version_id: UUID) -> sa.Select[Any]:
        """The predictions of a version in it, by their ids: these are in order."""
        return visible(actor, Prediction, by_key=True).where(
            Prediction.model_version_id == version_id,
            Prediction.id >= first_id(self.since),
            Prediction.id < first_id(self.until),
            Prediction.source != REPLAY,
        )


@dataclass(frozen=True, slots=True)
class Windows:
    """What is looked at, and what it is compared with, if that is a window too."""

    current: Window
    reference: Window | None = None

    def written(self) -> dict[str, str]:
        """Them as they are kept."""
        windows = (self.current, *([self.reference] if self.reference else []))
        ends = [end for one in windows for end in (one.since, one.until)]
        return {name: end.isoformat() for name, end in zip(WRITTEN, ends, strict=False)}

    @classmethod
    def read(cls, config: dict[str, Any]) -> Self:
        """Them, of what `written` gave."""
        ends = [datetime.fromisoformat(config[one]) for one in WRITTEN if one in config]
        current, *reference = (
            Window(*ends[place : place + 2]) for place in range(0, len(ends), 2)
        )
        return cls(current, *reference)


@dataclass(frozen=True, slots=True)
class Ends:
    """When windows begin and end, as far as that is said."""

    since: datetime | None = None
    until: datetime | None = None
    reference_since: datetime | None = None
    reference_until: datetime | None = None

    def said(self) -> list[str]:
        """What clients call those that are said."""
        ends = (self.since, self.until, self.reference_since, self.reference_until)
        return [name for name, end in zip(NAMES, ends, strict=True) if end]

    def windows(self, *, compared: bool) -> Windows:
        """Both windows, or only what is looked at; each of a week, if nothing is said.

        Raises Invalid for one that ends before it begins.
        """
        current = _window(self.since, self.until, utcnow(), NAMES[:2])
        if not compared:
            return Windows(current)
        ends = (self.reference_since, self.reference_until)
        return Windows(current, _window(*ends, current.since, REFERENCE))


async def require_asked(write: Transaction, version_id: UUID, windows: Windows) -> None:
    """Raise Conflict for a window in which a version was asked nothing."""
    for window, field in (
        (windows.current, "from"),
        (windows.reference, "reference_from"),
    ):
        if window is None:
            continue
        one = window.of(write.actor, version_id).with_only_columns(Prediction.id)
        if await write.session.scalar(one.limit(1)) is None:
            said = f"{window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M} UTC"
            raise Conflict(f"this version was asked nothing from {said}", field)


def _window(
    since: datetime | None, until: datetime | None, usual: datetime, names: Any
) -> Window:
    """A window that ends at the usual moment, and is of a week, if nothing is said."""
    until = usual if until is None else _possible(until, names[1])
    since = until - WEEK if since is None else _possible(since, names[0])
    if since >= until:
        said = f"a window begins before it ends, not at {since.isoformat()}"
        raise Invalid(f"{said} where it ends at {until.isoformat()}", names[0])
    return Window(since, until)


def _possible(moment: datetime, field: str) -> datetime:
    """The moment. Raises Invalid for one at which nobody was asked anything."""
    if moment < EARLIEST:
        said = f"a window is of {EARLIEST.year} or later"
        raise Invalid(f"{said}, not of {moment.isoformat()}", field)
    return moment
