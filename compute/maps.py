"""What a process is asked about maps: to make one, and to score rows against one."""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from compute import progress, reference, scoring
from compute.parameters import Parameters
from compute.reference import Reference
from compute.results import Fitted, Scored, Unfit
from compute.tables.features import read_features

WARM = 8
"""References that a process keeps at hand."""


def fit(
    path: str | Path, columns: Sequence[str], parameters: Parameters, target: str | Path
) -> Fitted:
    """Make a map of some columns of a canonical table; its reference goes to `target`.

    Raises ValueError for data of which no map can be made.
    """
    features = read_features(path, columns)
    progress.report(0.1, f"{len(features)} rows of {len(columns)} features")
    with progress.within(0.1, 0.9):
        embedding, made = reference.make(features, parameters)
    progress.report(0.9, f"cost {embedding.cost:.3g} a pair")
    content = reference.to_bytes(made)
    names = json.dumps(list(columns)).encode()
    head = len(names).to_bytes(8, "little") + names
    Path(target).write_bytes(head + content)
    return Fitted(
        x=embedding.points[:, 0].tolist(),
        y=embedding.points[:, 1].tolist(),
        cost=float(embedding.cost),
        evaluations=int(embedding.evaluations),
        sha256=hashlib.sha256(head + content).hexdigest(),
        figures={
            "points": len(features),
            "features": len(columns),
            "cost": float(embedding.cost),
            "evaluations": int(embedding.evaluations),
            "nearest": embedding.lo,
            "furthest": embedding.hi,
            "logarithmic": bool(embedding.scale.floor),
        },
    )


def scored(
    path: str, sha256: str, rows: Sequence[Sequence[float]], sensitivity: float
) -> Scored:
    """Place rows on a stored map and score them. Raises Unfit, naming the first row.

    A row's answer is the same alone and in any batch.
    """
    names, known = _loaded(path, sha256)
    for place, row in enumerate(rows):
        if len(row) != len(names):
            said = f"a point has {len(names)} values on this map, not {len(row)}"
            raise Unfit(said, place)
    values = np.asarray(rows, dtype=np.float64)
    if not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise Unfit("a value must be a finite number", place)
    try:
        scores = scoring.score(known, values, sensitivity)
    except ValueError as error:
        raise Unfit(str(error)) from error
    blames = scoring.responsible(known, values, scores)
    return Scored(
        x=scores.points[:, 0].tolist(),
        y=scores.points[:, 1].tolist(),
        distance=scores.distance.tolist(),
        residual=scores.residual.tolist(),
        threshold=scores.threshold,
        severity=[
            str(scoring.severity(one, scores.threshold))
            if one > scores.threshold
            else None
            for one in scores.distance.tolist()
        ],
        responsible=[
            [
                {
                    "name": names[blame.feature],
                    "value": float(values[place, blame.feature]),
                    "share": blame.share,
                    "shift": blame.shift,
                }
                for blame in few
            ]
            for place, few in enumerate(blames)
        ],
    )


@lru_cache(maxsize=WARM)
def _loaded(path: str, sha256: str) -> tuple[list[str], Reference]:
    """A stored reference, once it is known to be the one that was stored."""
    content = Path(path).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise OSError(f"the reference at {path} is not the one that was stored")
    width = int.from_bytes(content[:8], "little")
    names = json.loads(content[8 : 8 + width])
    return names, reference.from_bytes(content[8 + width :])
