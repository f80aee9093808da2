"""Whether a table is as complete as another, and within the same ranges."""

from pathlib import Path
from typing import Any

from compute.drift.options import FEWEST, Options, Verdict
from compute.drift.tables import compared

Report = dict[str, Any]

MISSING = 0.05
"""By how much the share of nulls may be above that of the reference."""

OUTSIDE = 0.05
"""The share of numbers that may be out of the range of the reference."""


def quality(
    reference: str | Path, current: str | Path, options: Options | None = None
) -> Report:
    """What is missing in a table that a reference has, and what is new in it.

    reference, current  canonical Parquet files

    Judged are limits, and not what chance explains. Raises as `compared` does.
    """
    report = compared(reference, current, options)
    enough = min(side["compared"] for side in report["rows"].values()) >= FEWEST
    columns = [_column(one, enough=enough) for one in report["columns"]]
    schema = report["schema"]
    problems = [_lost(name) for name in schema["missing"]]
    problems += [_retyped(**one) for one in schema["retyped"]]
    problems += [problem for one in columns for problem in one["problems"]]
    return {
        "verdict": _verdict(problems, enough=enough),
        "limits": {"missing": MISSING, "outOfRange": OUTSIDE},
        "rows": report["rows"],
        "schema": schema,
        "columns": columns,
        "problems": problems,
        "warnings": [] if enough else report["warnings"],
    }


def _column(column: Report, *, enough: bool) -> Report:
    """What a report says of the quality of a column, and which limits it breaks."""
    nulls, outside = column["nulls"], column.get("outOfRange")
    problems: list[str] = []
    if nulls["current"] - nulls["reference"] > MISSING:
        missing = f"{nulls['current']:.1%} of {column['name']!r} is missing"
        problems.append(f"{missing}, where it was {nulls['reference']:.1%}")
    if outside is not None and outside > OUTSIDE:
        beyond = f"{outside:.1%} of {column['name']!r} is out of the range"
        problems.append(f"{beyond} of the reference")
    kept = ("name", "type", "newValues", "outOfRange")
    return {
        **{name: column[name] for name in kept if name in column},
        "missing": {"reference": nulls["reference"], "current": nulls["current"]},
        "problems": problems if enough else [],
    }


def _lost(name: str) -> str:
    return f"column {name!r} is not there any more"


def _retyped(name: str, reference: str, current: str) -> str:
    return f"column {name!r} was {reference} and is {current}"


def _verdict(problems: list[str], *, enough: bool) -> str:
    if problems:
        return Verdict.DRIFT.value
    return (Verdict.NO_DRIFT if enough else Verdict.UNKNOWN).value
