"""Values as JSON has them."""

from compute.tables.arrow import MOMENT, ZONED, Array, pc

Cell = int | float | bool | str | None


def cells(values: Array) -> list[Cell]:
    """Values of a column; a moment in ISO 8601, with a Z if it had an offset."""
    if values.type == ZONED:
        moments = pc.cast(values, MOMENT).to_pylist()
        return [moment and f"{moment.isoformat()}Z" for moment in moments]
    if values.type == MOMENT:
        return [moment and moment.isoformat() for moment in values.to_pylist()]
    return values.to_pylist()
