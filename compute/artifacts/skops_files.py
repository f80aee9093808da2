"""skops files: read only where every type in them is one that is known."""

import zipfile
from collections.abc import Callable
from importlib import import_module
from typing import Any

from compute.artifacts import zips
from compute.artifacts.errors import ArtifactError
from compute.artifacts.soundness import sound

SHOWN = 5
TRUSTED = (
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)
"""What is trusted beside what skops trusts: estimators, numbers, numpy's functions."""


def restored(content: bytes) -> Any:
    """The estimator of a file, if its types are trusted and its trees are sound.

    Raises ArtifactError.
    """
    with zips.opened(content) as archive:
        _listed(archive)
    skops: Any = import_module("skops.io")  # takes a second
    unknown = set(_read(skops.get_untrusted_types, data=content)) - set(TRUSTED)
    if unknown:
        names = ", ".join(repr(name[:100]) for name in sorted(unknown)[:SHOWN])
        raise ArtifactError(f"the skops file has types that are not trusted: {names}")
    return sound(_read(skops.loads, content, trusted=TRUSTED))


def _listed(archive: zipfile.ZipFile) -> None:
    if "schema.json" not in archive.namelist():
        raise ArtifactError("the skops file has no schema.json")


def _read(function: Callable[..., Any], *given: Any, **named: Any) -> Any:
    try:
        return function(*given, **named)
    except MemoryError:
        raise
    except Exception as error:
        said = str(error)[:200] or type(error).__name__
        raise ArtifactError(f"the skops file cannot be read: {said}") from error
