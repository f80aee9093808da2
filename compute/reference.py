"""Everything that placing and scoring new rows needs, as one value and as bytes."""

import io
import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compute import space as spaces
from compute.arrays import Double, Single
from compute.embedding import Embedding, embed
from compute.kernels import Likeness
from compute.parameters import DEFAULTS, Parameters
from compute.scaling import Scale
from compute.space import Space

VERSION = 1
FLATTEST = 1e-4
"""The least variance across the plane, as a share of the greatest."""
NORMAL_99 = 3.0349
"""The distance that 99 of 100 points of a normal cloud in the plane stay under."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A finished map and what is normal on it; new rows never change it.

    scale        how features become rows
    rows         (n, m), the scaled rows that made the map
    points       (n, 2), their places
    likeness     the similarity the map keeps
    centre       (2,), the mean of the points
    precision    (2, 2), the inverse of their covariance
    usual        the distance from the centre that 99 of 100 of them stay under
    space        the same rows in many directions
    """

    scale: Scale
    rows: Single
    points: Double
    likeness: Likeness
    centre: Double
    precision: Double
    usual: float
    space: Space


def make(
    features: Double, parameters: Parameters = DEFAULTS
) -> tuple[Embedding, Reference]:
    """Lay out a baseline of features (n, m), in the order recorded, and keep it.

    Raises ValueError as `embed` does. Of more than embedding.MOST_ROWS rows, only the
    landmarks are kept.
    """
    embedding = embed(features, parameters)
    chosen = embedding.landmarks
    rows = embedding.scale.apply(features[chosen])
    points = embedding.points[chosen]
    centre = points.mean(axis=0)
    spread, turn = np.linalg.eigh(
        (points - centre).T @ (points - centre) / (len(points) - 1)
    )
    precision = (turn / np.maximum(spread, FLATTEST * spread[-1])) @ turn.T
    return embedding, Reference(
        scale=embedding.scale,
        rows=rows.astype(np.float32),
        points=points,
        likeness=embedding.likeness,
        centre=centre,
        precision=precision,
        usual=float(np.quantile(mahalanobis(points, centre, precision), 0.99)),
        space=spaces.fit(rows),
    )


def mahalanobis(points: Double, centre: Double, precision: Double) -> Double:
    """The distances (k,) of points (k, 2) from a centre, in standard deviations."""
    away = points - centre
    return np.sqrt(np.einsum("ki,ij,kj->k", away, precision, away))


UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    RuntimeError,
)
"""What reading an npz raises for bytes that are none."""
LAYOUT = {
    "version": ((), "i8"),
    "scale": ((2,), "f8"),
    "mean": (("m",), "f8"),
    "rows": (("n", "m"), "f4"),
    "points": (("n", 2), "f8"),
    "likeness": ((5,), "f8"),
    "centre": ((2,), "f8"),
    "precision": ((2, 2), "f8"),
    "usual": ((2,), "f8"),
    "space_centre": (("m",), "f8"),
    "space_spread": (("m",), "f8"),
    "space_axes": (("m", "p"), "f8"),
    "space_rows": (("n", "p"), "f4"),
}
"""The arrays of a stored reference; a letter is the same number throughout."""


def to_bytes(reference: Reference) -> bytes:
    """A reference as an uncompressed npz: the same reference gives the same bytes."""
    scale, space = reference.scale, reference.space
    values = {
        "version": VERSION,
        "scale": (scale.floor, scale.unit),
        "mean": scale.mean,
        "rows": reference.rows,
        "points": reference.points,
        "likeness": reference.likeness,
        "centre": reference.centre,
        "precision": reference.precision,
        "usual": (reference.usual, space.usual),
        "space_centre": space.centre,
        "space_spread": space.spread,
        "space_axes": space.axes,
        "space_rows": space.rows,
    }
    target = io.BytesIO()
    arrays = {
        name: np.asarray(values[name], f"<{kind}") for name, (_, kind) in LAYOUT.items()
    }
    np.savez(target, allow_pickle=False, **arrays)
    return target.getvalue()


def from_bytes(data: bytes) -> Reference:
    """The reference that `to_bytes` wrote; ValueError for anything else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name]) for name in LAYOUT}
    except UNREADABLE as error:
        raise ValueError(f"{len(data)} bytes are not a stored reference") from error
    verify(arrays)
    floor, unit = arrays["scale"].tolist()
    plane_usual, space_usual = arrays["usual"].tolist()
    return Reference(
        scale=Scale(floor=floor, mean=arrays["mean"], unit=unit),
        rows=arrays["rows"],
        points=arrays["points"],
        likeness=Likeness(*arrays["likeness"].tolist()),
        centre=arrays["centre"],
        precision=arrays["precision"],
        usual=plane_usual,
        space=Space(
            centre=arrays["space_centre"],
            spread=arrays["space_spread"],
            axes=arrays["space_axes"],
            rows=arrays["space_rows"],
            usual=space_usual,
        ),
    )


def verify(arrays: dict[str, NDArray[np.generic]]) -> None:
    """Raise ValueError unless the arrays of a stored reference are what LAYOUT says."""
    if arrays["version"].shape == () and arrays["version"] != VERSION:
        raise ValueError(
            f"the reference is of version {arrays['version']}, and {VERSION} is read"
        )
    sizes: dict[str, int] = {}
    for name, (shape, kind) in LAYOUT.items():
        array = arrays[name]
        fits = array.dtype == np.dtype(f"<{kind}") and array.ndim == len(shape)
        if not fits or any(
            (sizes.setdefault(size, held) if isinstance(size, str) else size) != held
            for size, held in zip(shape, array.shape, strict=True)
        ):
            raise ValueError(
                f"{name} of a reference is {kind}, shape {shape}, not {array.shape}"
            )
        if not np.isfinite(array.astype(np.float64)).all():
            raise ValueError(
                f"{name} of a reference has a value that is not a finite number"
            )
