"""Functions for processes of their own, by name: what they need is imported there."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

OURS = ("builtins.", "compute.")


@dataclass(frozen=True, slots=True)
class Remote:
    """A function that whoever names it need not import."""

    module: str
    name: str
    abroad: bool = False
    """Whether another machine may compute it: what it reads, we have written."""

    def __call__(self, *given: Any) -> Any:
        """Import the function and call it.

        What a library raises comes as the built-in exception that it is a kind of, so
        that whoever reads it need not import the library either.
        """
        try:
            return getattr(import_module(self.module), self.name)(*given)
        except Exception as error:
            kind = _known(type(error))
            if kind is type(error):
                raise
            raise kind(str(error)) from error


FIT = Remote("compute.maps", "fit", abroad=True)
SCORED = Remote("compute.maps", "scored")
TREND = Remote("compute.trend", "trend")
SUMMARY = Remote("compute.summaries", "summary", abroad=True)
CHECK = Remote("compute.tables.checks", "check")
PROCESS = Remote("compute.tables.process", "process")
WRITE_FEATURES = Remote("compute.tables.features", "write_features")
PREVIEW = Remote("compute.tables.preview", "preview")
PICK = Remote("compute.tables.preview", "pick")
DRIFT = Remote("compute.drift.tables", "compared")
INPUT_DRIFT = Remote("compute.drift.windows", "compared_inputs")
PREDICTION_DRIFT = Remote("compute.drift.windows", "compared_windows")
QUALITY = Remote("compute.drift.quality", "quality")
PERFORMANCE = Remote("compute.drift.performance", "performance")
AS_CSV = Remote("compute.tables.exports", "export")
BATCH = Remote("compute.learning.batches", "answered", abroad=True)
BATCH_WRITTEN = Remote("compute.learning.batches", "written", abroad=True)
TRUTHS = Remote("compute.tables.truths", "truths")
SNIFFED = Remote("compute.artifacts.kinds", "sniff")
INSPECTED = Remote("compute.artifacts.inspection", "inspected")
ANSWERED = Remote("compute.artifacts.serving", "answered")
EXPORTED = Remote("compute.artifacts.export", "exported")
TRAIN = Remote("compute.learning.training", "train", abroad=True)


def _known(kind: type[Exception]) -> type[Exception]:
    return next(one for one in kind.__mro__ if f"{one.__module__}.".startswith(OURS))
