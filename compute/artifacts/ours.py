"""Models as they are kept here, in files that somebody brought."""

from collections.abc import Sequence
from typing import Any

from compute.artifacts import schemas
from compute.artifacts.interface import Answer, Described, Row
from compute.learning import files, inputs


class Ours:
    """A model that was trained here, or elsewhere by the same product."""

    def __init__(self, content: bytes, names: Sequence[str] = ()) -> None:
        """It knows the names of its inputs."""
        packed = files.read(content)
        model: Any = files.unpack(packed)
        text = packed.kind == "text"
        self._model = model
        self.described = Described(
            framework="heliograph",
            algorithm=packed.kind,
            input_schema=schemas.record({model.column: schemas.TEXT})
            if text
            else inputs.input_schema(model.columns.each),
            output_schema=inputs.output_schema(model.labels),
            labels=list(model.labels) if model.labels else None,
            warnings=[],
        )

    def answers(self, rows: Sequence[Row], *, explained: bool = False) -> list[Answer]:
        return self._model.answers(rows, explained=explained)
