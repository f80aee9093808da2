"""One write: what it may do to rows, and what it remembers for the audit."""

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from db import rows
from db.base import Base, label
from db.models import Job, Outcome
from db.writing import Writing
from resolvers import noting
from resolvers.access import Actor, changeable, visible
from resolvers.errors import Conflict, InvalidTransition, Missing
from resolvers.mail import Letter

RowT = TypeVar("RowT", bound=Base)
NOBODY = UUID(int=2**128 - 1)
"""Whom statements are made for that serve everybody of a role."""
ID = sa.bindparam("id", type_=sa.Uuid())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from."""

    request_id: str = ""
    address: str | None = None
    user_agent: str | None = None
    session_id: UUID | None = None
    key_prefix: str | None = None
    """How the API key begins that it comes with."""


@dataclass
class Transaction:
    """One write. It commits when the action returns and rolls back when it raises."""

    writing: Writing
    actor: Actor
    origin: Origin = field(default_factory=Origin)
    announced: list[tuple[str, UUID, UUID]] = field(
        default_factory=list[tuple[str, UUID, UUID]]
    )
    remembered: list[tuple[str, UUID, UUID]] = field(
        default_factory=list[tuple[str, UUID, UUID]]
    )
    """Events to be kept, in order: topic, owner, row."""
    discarded: list[str] = field(default_factory=list[str])
    """Keys of files to be removed once the write has committed."""
    letters: list[Letter] = field(default_factory=list[Letter])
    """To be sent once the write has committed."""
    outcome: Outcome = Outcome.SUCCESS
    """What the audit says of it, if it commits."""
    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of every row that was written, each column's value before and after, as text."""
    _known: dict[tuple[type[Base], UUID], Any] = field(
        default_factory=dict[tuple[type[Base], UUID], Any]
    )
    """Rows that were seen or added before there was a session."""
    seen: list[Base] = field(default_factory=list[Base])
    """Rows that the actor may see, as they are in the end, if that is known."""

    @property
    def session(self) -> AsyncSession:
        """For what is said but here; it costs as much as all else in a small write."""
        new, session = not self.writing.opened, self.writing.session
        if new:
            event.listen(session.sync_session, "before_flush", self._note)
            session.add_all(self._known.values())
            self.seen.clear()
        return session

    async def serve(self) -> None:
        """Be shown everybody's rows from here on, where `visible` is not asked.

        It is for what is done with somebody's secret, whoever is signed in.
        """
        await self.writing.serve()

    async def get(
        self,
        model: type[RowT],
        id_: UUID,
        field: str = "id",
        *,
        expected: int | None = None,
    ) -> RowT:
        """A row the actor may change, locked until the write ends.

        Raises Missing, naming the argument that gave the id, for any other row, and
        Conflict where it was changed since the caller saw the `expected` version.
        """
        row = await self._one(model, _to_change, id_, field)
        if expected is not None and expected != (now := getattr(row, "version", None)):
            raise Conflict(
                f"it was changed meanwhile: its version is {now}, not {expected}",
                "expected_version",
            )
        return row

    async def see(self, model: type[RowT], id_: UUID, field: str = "id") -> RowT:
        """A row the actor may see, to refer to: it stays until the write ends.

        Raises Missing, naming the argument that gave the id, for any other row.
        """
        row = await self._one(model, _to_see, id_, field)
        if not self.writing.opened:
            self.seen.append(row)
        return row

    async def take(
        self,
        model: type[RowT],
        make: Callable[..., Any],
        *about: Hashable,
        **values: Any,
    ) -> list[RowT]:
        """The rows that a statement as for `run` gives, fresh from the database."""
        await self.flush()
        if self.writing.opened:
            rows_ = make(self.actor, *about).execution_options(populate_existing=True)
            return list(await self.session.scalars(rows_, values))
        found = await self.run(make, *about, **values)
        return [self._fresh(rows.loaded(model, one)) for one in found]

    def _fresh(self, row: RowT) -> RowT:
        known = self._known.setdefault((type(row), row.id), row)
        if known is not row:
            rows.renew(known, row)
        return known

    async def run(
        self, make: Callable[..., Any], *about: Hashable, **values: Any
    ) -> list[Any]:
        """What a statement gives that is made but once for each role.

        `make` is given an actor who is nobody and what it is `about`; the values are
        of its parameters. It should be brief: few rows, found by an index.
        """
        await self.flush()
        nobody = Actor(self.actor.user_id and NOBODY, self.actor.role)
        key = (make, nobody, *about)
        values["viewer"] = self.actor.user_id
        return await self.writing.rows(key, lambda: make(nobody, *about), values)

    async def flush(self, changed: Base | None = None, /, **taken: str) -> None:
        """Send what was changed in rows that are here; `taken` is as for `add`."""
        if self.writing.opened or any(map(rows.changed, self._known.values())):
            with _told(changed, taken):
                await self.session.flush()

    async def _one(
        self, model: type[RowT], make: Callable[..., Any], id_: UUID, field: str
    ) -> RowT:
        if not (found := await self.take(model, make, model, id=id_)):
            raise Missing(f"no {model.__name__} has this id", field)
        return found[0]

    async def add(self, row: RowT, **taken: str) -> RowT:
        """Store a row. `taken` names, for a constraint, the argument that broke it."""
        row.id = row.id or uuid7()
        with _told(row, taken):
            await self._store(row)
        return row

    async def _store(self, row: Base) -> None:
        await self.flush()
        if self.writing.opened:
            self.session.add(row)
            await self.session.flush()
        else:
            self._note_added(row)
            await self.writing.store(row)
            self._known[type(row), row.id] = row

    async def fill(self, model: type[Base], given: Sequence[dict[str, Any]]) -> None:
        """Store many rows, of which each says the same columns. None is noted."""
        await self.flush()
        await self.writing.fill(model, given)

    async def delete(self, row: Base) -> None:
        """Delete a row, and by the database's rules what belongs to it."""
        await self.session.delete(row)
        await self.session.flush()

    def move(self, row: Any, to: StrEnum, *from_: StrEnum) -> None:
        """Change the status of a row that is locked. Raises InvalidTransition."""
        if row.status not in from_:
            kind = type(row).__name__
            raise InvalidTransition(
                f"this {kind} is {row.status}, and cannot become {to}", "id"
            )
        row.status = to

    async def enqueue(self, task: str, owner_id: UUID, **arguments: Any) -> Job:
        """Queue a task. It is seen by workers only if this write commits."""
        job = await self.add(Job(task=task, owner_id=owner_id, arguments=arguments))
        self.announce("jobs", job)
        return job

    def announce(self, topic: str, row: Any) -> None:
        """Publish once this write has committed, and not at all if it does not."""
        self.announced.append((topic, row.owner_id, row.id))

    def remember(self, topic: str, row: Any) -> None:
        """Publish as `announce` does, and keep it for whoever was away."""
        event_ = (topic, row.owner_id, row.id)
        if event_ not in self.remembered:
            self.remembered.append(event_)

    def note(self, row: Any, column: str, before: Any, after: Any) -> None:
        """Put a change into the audit. Only statements past the session must say so."""
        noted = self.changes.setdefault(f"{label(type(row))}_{row.id.hex}", {})
        said = [noting.said(one) for one in (before, after)]
        noted[column] = [noted.get(column, said)[0], said[1]]

    def _note(self, session: Any, *_: Any) -> None:
        for row in session.new:
            self._note_added(row)
        for row in session.dirty:
            state = sa.inspect(row)
            for column in state.attrs:
                if column.history.has_changes() and not noting.private(
                    state, column.key
                ):
                    before, after = column.history.deleted, column.history.added
                    sides = [one[0] if one else None for one in (before, after)]
                    self.note(row, column.key, *noting.shown(state, column.key, sides))
        for row in session.deleted:
            state = sa.inspect(row)
            for column in state.attrs:
                if not noting.private(state, column.key):
                    sides = [column.value, None]
                    self.note(row, column.key, *noting.shown(state, column.key, sides))

    def _note_added(self, row: Base) -> None:
        """Put the columns that a new row was given into the audit."""
        state: Any = sa.inspect(row)
        for name in state.committed_state:
            if not noting.private(state, name):
                self.note(
                    row, name, *noting.shown(state, name, [None, state.dict[name]])
                )


def _to_change(actor: Actor, model: type[Base]) -> sa.Select[Base]:
    return changeable(actor, model).where(model.id == ID).with_for_update()


def _to_see(actor: Actor, model: type[Base]) -> sa.Select[Base]:
    seen = visible(actor, model).where(model.id == ID)
    return seen.with_for_update(read=True, key_share=True)


@contextmanager
def _told(row: Base | None, taken: Mapping[str, str]) -> Generator[None]:
    """Say which argument has a value that another row has."""
    given = {one: str(getattr(row, one, "")) for one in taken.values()}
    try:
        yield
    except IntegrityError as error:
        for constraint, argument in taken.items():
            if _broke(error, constraint):
                said = f"the {argument.replace('_', ' ')} {given[argument]!r} is taken"
                raise Conflict(said, argument) from error
        raise


def _broke(error: IntegrityError, constraint: str) -> bool:
    """Whether it was this constraint. SQLite names the columns of one instead.

    A constraint is spelt as SQLite would: `uq_models_owner_id_name` of PostgreSQL is
    `models.owner_id, models.name` there.
    """
    said = str(error.orig)
    columns = said.rpartition("failed: ")[2].replace("index ", "").strip("'")
    named = "_".join(columns.replace(", ", ".").split(".")[1::2])
    table = columns.split(".")[0]
    return constraint in said or constraint == f"uq_{table}_{named}"
