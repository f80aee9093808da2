"""The settings of a map."""

from dataclasses import dataclass
from typing import Literal

from compute.scaling import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The settings of a map, under their documented names.

    gamma0      where it stops: lbfgs at a row's slope, adam at a change of cost
    optimizer   lbfgs from the principal axes, or adam from `seed`'s random points
    alpha, beta1, beta2, epsilon    Adam's pace
    imax        the most evaluations of the cost
    a, w1, w2   the similarity k(d) = a·exp(-d²/w1) + (1 - a)(1 - d²/w2)
    which_w1    auto takes the mean scaled distance for w1
    param_mode  half the side of the square in which adam starts
    scale       log compares logarithms, auto does so for spectra (see compute.scaling)
    """

    gamma0: float = 1e-7
    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    alpha: float = 0.1
    imax: int = 1000
    epsilon: float = 1e-8
    beta1: float = 0.9
    beta2: float = 0.999
    a: float = 0.8
    w1: float = 0.04
    w2: float = 1.0
    which_w1: Literal["auto", "fixed"] = "auto"
    param_mode: float = 0.3
    seed: int = 0
    scale: Choice = "auto"


DEFAULTS = Parameters()
