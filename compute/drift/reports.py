"""What columns and the joint test say, fit for JSON."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from compute.drift.columns import Column
from compute.drift.distributions import holm, noticed
from compute.drift.joint import Joint
from compute.drift.options import FEW, FEWEST, Verdict

Report = dict[str, Any]


def columns_report(columns: Sequence[Column], alpha: float) -> list[Report]:
    """Each column by one threshold, so that all together err in `alpha` of cases."""
    p_values = [p_value for column in columns for p_value in column.p_values]
    threshold = holm(np.array(p_values), alpha)
    return [column.report(threshold) for column in columns]


def joint_report(found: Joint | None, alpha: float) -> Report:
    """The joint test; null figures where there was nothing to test."""
    if not found:
        figures = (
            "pValue",
            "discrepancy",
            "kernelPValue",
            "productsPValue",
            "directions",
        )
        return {"verdict": Verdict.UNKNOWN.value, "threshold": alpha} | dict.fromkeys(
            figures
        )
    verdict = Verdict.DRIFT if found.p_value <= alpha else Verdict.NO_DRIFT
    return {
        "verdict": verdict.value,
        "threshold": alpha,
        "pValue": found.p_value,
        "discrepancy": found.discrepancy,
        "kernelPValue": found.kernel_p_value,
        "productsPValue": found.products_p_value,
        "directions": found.directions,
    }


def overall(parts: Sequence[Report]) -> str:
    """Drift if any part says so, unknown if all do."""
    verdicts = [part["verdict"] for part in parts]
    for verdict in (Verdict.DRIFT, Verdict.NO_DRIFT):
        if verdict.value in verdicts:
            return verdict.value
    return Verdict.UNKNOWN.value


def warnings(reference: int, current: int, tests: int, alpha: float) -> list[str]:
    """What so few rows on a side cannot tell."""
    counted = f"there are {reference} rows in the reference and {current} to compare"
    if min(reference, current) < FEWEST:
        return [f"{counted}; nothing is said of fewer than {FEWEST}"]
    if min(reference, current) >= FEW:
        return []
    shift = noticed(reference, current, alpha / max(tests, 1))
    rest = "standard deviations of a column of numbers may go unnoticed"
    return [f"{counted}: a shift by less than about {shift:.2g} {rest}"]
