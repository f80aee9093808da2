"""Somebody who has data to learn from, and has data and models checked."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from compute.learning import training
from resolvers.access import Actor
from resolvers.equipment import Equipment
from tests.conftest import Ask, Save
from tests.models.checking import Checks
from tests.models.learning import learnt_from, messages
from tests.waiting import SECONDS
from tests.worlds import working


@dataclass
class Learner:
    """Learns, and then waits until it may say so."""

    learnt: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def checks(ask: Ask, save: Save, analyst: Actor, tmp_path: Path) -> Checks:
    return Checks(ask, save, analyst, tmp_path)


@pytest.fixture
async def dataset(ask: Ask, equipment: Equipment) -> str:
    """The id of a dataset of messages."""
    async with working(equipment):
        return await learnt_from(ask, messages(60, "spam", "ham"))


@pytest.fixture
def learner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Learner]:
    """Who learns in this test, and does not end before it is let go."""
    learner, train = Learner(), training.train

    def hesitant(*given: Any) -> Any:
        trained = train(*given)
        learner.learnt.set()
        learner.may_end.wait(SECONDS)
        return trained

    monkeypatch.setattr(training, "train", hesitant)
    yield learner
    learner.may_end.set()
