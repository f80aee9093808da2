"""What is odd about a table is told by line and column, and stops nobody."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compute.tables import kinds
from compute.tables.arrow import FLOAT, MOMENT, ZONED, pa, pc
from compute.tables.misfits import Misfits
from tests.compute.tables.conftest import Canonical

GAP = "; an empty cell is what means no value"


def column(*cells: object) -> str:
    """A CSV of a column 'torque' beside one in which no two cells are alike."""
    lines = [f"{number},{cell}" for number, cell in enumerate(cells)]
    return "\n".join(["n,torque", *lines, ""])


def said(is_no: str, count: str) -> str:
    return f"is not {is_no}, so the column is text ({count} cells)"


def told(what: str, is_no: str, count: str, line: int, column: str = "torque") -> str:
    return f"line {line}, column '{column}': {what!r} {said(is_no, count)}"


def test_one_bad_cell_among_numbers_is_told(canonical: Canonical) -> None:
    table = canonical(column(*range(4_000), "abc", *range(999)))
    assert table.schema[1]["type"] == "text"
    assert table.warnings == [told("abc", "a number", "1 of 5,000", 4_002)]


def test_the_first_of_several_bad_cells_is_told_and_all_are_counted(
    canonical: Canonical,
) -> None:
    table = canonical(column(0.5, "", "x", *range(96), "NA", "y"))
    assert table.warnings == [told("x", "a number", "3 of 100", 4)]


def test_a_bad_cell_far_down_is_told_as_one_at_the_top(canonical: Canonical) -> None:
    table = canonical(column(*range(400_000), "abc", *range(400_000)))
    assert table.warnings == [told("abc", "a number", "1 of 800,001", 400_002)]


@pytest.mark.parametrize(("bad", "count"), [(10, 1), (11, 0)])
def test_a_column_is_meant_as_numbers_if_nine_in_ten_cells_are(
    canonical: Canonical, bad: int, count: int
) -> None:
    cells = ["abc"] * bad + ["", ""] + [str(n) for n in range(100 - bad)]
    assert len(canonical(column(*cells)).warnings) == count


@pytest.mark.parametrize("word", ["NA", " n/a", "null", "None", "-", "?"])
def test_whoever_writes_a_word_for_no_value_is_told_what_means_it(
    canonical: Canonical, word: str
) -> None:
    """However many there are, if there is a number at all."""
    table = canonical(column(1, word, "nan", "-", word))
    assert table.warnings == [told(word, "a number", "4 of 5", 3) + GAP]
    assert canonical(column(word, "nan", "-")).warnings == []


@pytest.mark.parametrize(
    ("good", "bad", "is_no"),
    [
        ("true", "1", "true or false"),
        ("2013-07-04", "2013-07-05T00:00:00Z", "a timestamp"),
        ("2013-07-04 01:02+02:00", "2013-07-04", "a timestamp with an offset"),
    ],
)
def test_a_bad_cell_among_other_values_is_told(
    canonical: Canonical, good: str, bad: str, is_no: str
) -> None:
    table = canonical(column(good, good, bad, *[good] * 97))
    assert table.warnings == [told(bad, is_no, "1 of 100", 4)]


def test_a_bad_cell_is_found_in_whichever_file_it_is(canonical: Canonical) -> None:
    table = canonical("a,b\n1,2\n", "a,b\n3,4\n\n5,x\n" + "6,7\n" * 8)
    [warning] = table.warnings
    assert warning == "file 2, " + told("x", "a number", "1 of 11", 4, "b")


def test_a_cell_of_another_type_in_parquet_is_told_by_its_row(
    canonical: Canonical,
) -> None:
    table = canonical(pa.table({"a": range(10)}), pa.table({"a": [None, True]}))
    assert table.warnings == [
        f"file 2, column 'a': row 2: True {said('a number', '1 of 11')}"
    ]


def test_a_column_that_was_declared_as_text_is_one(canonical: Canonical) -> None:
    cells = ["x", *map(str, range(20))]
    assert canonical(pa.table({"a": cells})).warnings == []


def test_a_column_that_tells_nothing_is_named(canonical: Canonical) -> None:
    table = canonical("a,b,c,d,e\n1,x,,1,1\n1,x,,,2\n")
    assert table.warnings == [
        "column 'a' has one value",
        "column 'b' has one value",
        "column 'c' has no value",
    ]
    assert canonical("a,b\n1,\n").warnings == ["column 'b' has no value"]


def test_of_many_warnings_those_that_cost_a_column_are_told(
    canonical: Canonical,
) -> None:
    names = [f"c{n}" for n in range(60)]
    many = [",".join(["7"] * 60), *[",".join(["8"] * 59 + ["9"])] * 9]
    ends = ",".join(["8"] * 59 + ["x"])
    table = canonical("\n".join([",".join(["k", *names]), *map("1,{}".format, many)]))
    assert table.warnings == ["column 'k' has one value"]
    table = canonical("\n".join([",".join(names), *[many[1]] * 9, ends]))
    assert len(table.warnings) == 51
    assert table.warnings[0].startswith("line 11, column 'c59': 'x' is not a number")
    assert table.warnings[1] == "column 'c0' has one value"
    assert table.warnings[50] == "and 10 more"


def test_the_same_file_gives_the_same_warnings(
    canonical: Canonical, target: str
) -> None:
    content = column(*range(50), "x", "0.12345678901234567891", "y")
    first, digest = canonical(content), Path(target).read_bytes()
    assert canonical(content) == first
    assert Path(target).read_bytes() == digest


NUMBERLIKE = st.text(" \t0123456789+-.eEinfNA_x", max_size=8)


@given(text=NUMBERLIKE | st.floats(allow_nan=False).map(str) | st.integers().map(str))
@example(text="-infinity")
@example(text="1e400")
@example(text="\u00a05")
def test_a_bad_cell_is_one_that_is_not_read_as_a_number(text: str) -> None:
    cells = pa.array(["1.5", text])
    read = kinds.as_kind(cells, FLOAT)
    is_number = read is not None and not pc.is_nan(read)[1].as_py()
    misfits = Misfits(rows=2)
    misfits.see(cells, 0, 0)
    assert misfits.count == (not is_number)


@given(moment=st.datetimes() | st.dates(), ends=st.sampled_from(["", "Z", "+02:00"]))
def test_no_moment_that_is_read_is_a_bad_cell(moment: object, ends: str) -> None:
    text = str(moment) + (ends if ":" in str(moment) else "")
    cells = pa.array([text, text])
    assert any(kinds.as_kind(cells, kind) is not None for kind in (MOMENT, ZONED))
    misfits = Misfits(rows=2)
    misfits.see(cells, 0, 0)
    assert misfits.count == 0
