"""Models that are the mean of many decision trees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compute.learning import columns, trees
from compute.learning.columns import Columns
from compute.learning.models import Answer, Examples, Floats, Packed
from compute.learning.trees import Trees
from compute.learning.verdicts import explained, labelled, spread, valued

KINDS = {
    "roots": np.int32,
    "cell": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "values": np.float64,
}


@dataclass(frozen=True, slots=True)
class Forest:
    """The mean of what the trees say: the share of each label, or a number."""

    columns: Columns
    labels: tuple[str, ...] | None
    trees: Trees

    @property
    def weight(self) -> int:
        arrays = sum(array.nbytes for array in self.trees)
        return arrays + 1_000 * len(self.columns.each)

    def answers(
        self, inputs: Sequence[Mapping[str, Any]], *, explained: bool = False
    ) -> list[Answer]:
        """An answer to each; the explained score is the probability or the number.

        A column contributes what the mean changes at the nodes that ask for it.
        """
        return [self._answer(given, explained=explained) for given in inputs]

    def shares(self, cells: Floats) -> list[float]:
        """The share of each label, or the number alone, of the cells of one row."""
        return trees.means(self.trees, cells[None])[0].tolist()

    def scores(self, examples: Examples) -> Floats:
        found = trees.means(self.trees, self.columns.matrix(examples))
        return spread(self.labels, found, examples) if self.labels else found[:, 0]

    def packed(self) -> Packed:
        about = {"columns": self.columns.packed(), "labels": self.labels}
        return Packed("forests", about, self.trees._asdict())

    def _answer(self, given: Mapping[str, Any], *, explained: bool) -> Answer:
        row = self.columns.row(given)
        found = self.shares(row)
        place = found.index(max(found))
        why = self._why(given, row, place, found[place]) if explained else None
        if self.labels:
            return labelled(self.labels, found, why)
        return valued(found[0], why)

    def _why(
        self, given: Mapping[str, Any], row: Floats, place: int, score: float
    ) -> dict[str, Any]:
        base, added = trees.steps(self.trees, row, self.columns.owners, place)
        return explained(self.columns, given, base, added, score)


def unpack(packed: Packed) -> Forest:
    """Make a model again, ready to answer at once.

    Raises ValueError if its parts do not fit together: no walk may leave the trees.
    """
    encoded, labels = columns.unpack(packed.about["columns"]), packed.about["labels"]
    nodes = Trees(
        **{
            name: np.require(packed.arrays[name], kind, ["C", "W"])
            for name, kind in KINDS.items()
        }
    )
    if not _sound(nodes, encoded.width, len(labels) if labels else 1):
        raise ValueError("the model's trees are not sound")
    forest = Forest(encoded, tuple(labels) if labels else None, nodes)
    forest.answers([{}], explained=True)  # compiles the walks
    return forest


def _sound(nodes: Trees, cells: int, values: int) -> bool:
    """Whether every walk from a root ends in a leaf."""
    count = len(nodes.cell)
    shapes = [array.shape for array in nodes[1:]]
    if shapes != [(count,)] * 4 + [(count, values)] or nodes.roots.ndim != 1:
        return False
    inner = np.flatnonzero(nodes.cell >= 0)
    children = np.stack([nodes.left[inner], nodes.right[inner]])
    roots = nodes.roots
    return bool(
        cells
        and len(roots)
        and ((roots >= 0) & (roots < count)).all()
        and (nodes.cell < cells).all()
        and ((children > inner) & (children < count)).all()
        and np.isfinite(nodes.values).all()
    )
