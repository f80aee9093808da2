"""What is learnt from here is made here, but for what lies beside the repository."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compute.learning.plans import Plan, Trained
from compute.learning.training import train
from tests.compute.learning.messages import write
from tests.compute.tables.conftest import REAL_DATA

Learn = Callable[..., Trained]

collect_ignore = [] if REAL_DATA.is_dir() else ["test_real_texts.py"]


@pytest.fixture
def learn(tmp_path: Path) -> Learn:
    """Learn a plan from columns; the model goes to `model` of the test's folder."""

    def learn(plan: Plan, **columns: Any) -> Trained:
        table = write(tmp_path / "table", **columns)
        return train(table, plan, tmp_path / "model")

    return learn
