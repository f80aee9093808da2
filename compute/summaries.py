"""What the columns of a table are like, and which go together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from compute import progress
from compute.tables.features import read_features

WIDEST = 50
"""The most columns that are compared with each other."""
STRONGEST = 20
"""Pairs that are named."""


def summary(
    path: str | Path, columns: Sequence[str], profile: list[dict[str, Any]]
) -> dict[str, Any]:
    """Figures of a table that a person would look at first.

    path     a canonical table
    columns  its columns that have a number in every row; the first WIDEST count
    profile  what is known of each of its columns
    returns  `gaps`, the columns with missing values and their share; `constant`, the
             columns with one value; `together`, the pairs of columns with the strongest
             linear correlation (Pearson's r, from -1 to 1), strongest first
    """
    gaps = {one["name"]: one["nulls"] for one in profile if one["nulls"]}
    constant = [one["name"] for one in profile if one["uniques"] == 1]
    names = list(columns)[:WIDEST]
    together: list[dict[str, Any]] = []
    if len(names) > 1:
        progress.report(0.2)
        together = _pairs(names, path)
    return {"gaps": gaps, "constant": constant, "together": together}


def _pairs(names: list[str], path: str | Path) -> list[dict[str, Any]]:
    values = read_features(path, names)
    varying = np.flatnonzero(np.ptp(values, axis=0) > 0)
    if len(varying) < 2 or len(values) < 3:
        return []
    r = np.corrcoef(values[:, varying], rowvar=False)
    first, second = np.triu_indices(len(varying), 1)
    strength = np.nan_to_num(np.atleast_2d(r)[first, second])
    strongest = np.argsort(-np.abs(strength), kind="stable")[:STRONGEST]
    return [
        {
            "columns": [names[varying[first[one]]], names[varying[second[one]]]],
            "r": round(float(strength[one]), 6),
        }
        for one in strongest
    ]
