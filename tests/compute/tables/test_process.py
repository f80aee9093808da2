"""What goes in comes out, whatever it is, and always as the same bytes."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from compute import progress
from compute.tables.arrow import pa
from compute.tables.errors import TableError
from compute.tables.preview import preview
from compute.tables.process import process
from compute.tables.results import Table
from tests.compute.tables.conftest import LIMITS, Canonical, Write, packed

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NAME = TEXT.filter(lambda name: not set(name) & set(";|\t"))
FLOAT = st.floats(allow_nan=False, allow_infinity=False)
MOMENT = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 1, 1))  # noqa: DTZ001  # naive is meant

COLUMNS = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "float": FLOAT.map(lambda x: x + 0.5 if x == int(x) and abs(x) < 2**50 else x),
    "boolean": st.booleans(),
    "timestamp": MOMENT.map(datetime.isoformat),
    "text": TEXT.map("a{}".format),
}
"""For each type values that are of no other type."""


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[str], list[list[object]]]:
    """Types, names and rows, with empty cells but never an empty column."""
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=5))
    names = [f"{number}{draw(NAME)}".strip() for number in range(len(kinds))]
    cells = [COLUMNS[kind] for kind in kinds]
    first = draw(st.tuples(*cells))
    others = draw(st.lists(st.tuples(*(cell | st.none() for cell in cells))))
    return kinds, names, [list(first), *map(list, others)]


def as_csv(
    names: list[str], rows: Sequence[Sequence[object]], line_end: str = "\r\n"
) -> bytes:
    """A CSV; all is quoted where the writer forgets to quote some line ends."""
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if line_end == "\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(text, lineterminator=line_end, quoting=quoting)
    writer.writerows([names, *rows])
    return text.getvalue().encode()


def open_quote(text: str) -> bool:
    """Whether what is added to a CSV becomes a part of its last cell."""
    *_, last = csv.reader(io.StringIO(f"{text}\nend", newline=""))
    return last != ["end"]


def read_back(table: Table, target: str) -> list[list[object]]:
    names = [column["name"] for column in table.schema]
    return [list(row) for row in preview(target, 0, table.row_count, names)]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=tables(), line_end=st.sampled_from(["\n", "\r\n"]))
def test_a_csv_is_read_back_as_it_was_written(
    canonical: Canonical,
    target: str,
    drawn: tuple[list[str], list[str], list[list[object]]],
    line_end: str,
) -> None:
    kinds, names, rows = drawn
    table = canonical(as_csv(names, rows, line_end))
    assert [column["type"] for column in table.schema] == kinds
    assert table.row_count == len(rows)
    assert read_back(table, target) == rows


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(alphabet='ab1", \n\r', max_size=40))
@example(text='1,2\nend,"3')
@example(text='1,2\n3,"end')
def test_any_text_is_refused_or_read_as_the_csv_module_reads_it(
    write: Write, target: str, text: str
) -> None:
    path = write(f"a,b\n{text}")
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if {len(row) for row in rows} != {2} or open_quote(text):
        with pytest.raises(TableError):
            process([path], target, LIMITS)
        return
    table = process([path], target, LIMITS)
    assert table.row_count == len(rows)
    if {column["type"] for column in table.schema} == {"text"}:
        found = read_back(table, target)
        assert [[cell or "" for cell in row] for row in found] == rows


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", " 3 ", ""], "integer"),
        (["1", "2.5"], "float"),
        (["1", "", "1e5"], "float"),
        (["9223372036854775808", "1"], "float"),
        (["true", "False", ""], "boolean"),
        (["true", "1"], "text"),
        (["1", "true"], "text"),
        (["2013-07-04 00:00:00", "2013-07-05"], "timestamp"),
        (["2013-07-04T00:00:00Z", "2013-07-05T00:00:00+02:00"], "timestamp"),
        (["2013-07-04T00:00:00Z", "2013-07-05T00:00:00"], "text"),
        (["0x1F", "0x20"], "text"),
        (["1", "two"], "text"),
        (["1,5", "2,5"], "text"),
        (["", ""], "text"),
        (["nan", "bread"], "text"),
    ],
)
def test_a_column_has_the_narrowest_type_that_fits_every_cell(
    canonical: Canonical, cells: list[str], kind: str
) -> None:
    [_, column] = canonical(as_csv(["n", "c"], [[1, c] for c in cells])).schema
    assert column == {"name": "c", "type": kind, "nullable": "" in cells}


def test_a_type_is_widened_by_a_cell_far_down(
    canonical: Canonical, target: str
) -> None:
    rows = [[number, number] for number in range(800_000)]
    table = canonical(as_csv(["a", "b"], [*rows, ["x", 0.5]]))
    assert [column["type"] for column in table.schema] == ["text", "float"]
    assert preview(target, 799_999, 9, ["a", "b"]) == [["799999", 799_999], ["x", 0.5]]


def test_the_same_bytes_give_the_same_file_plain_or_packed(
    write: Write, tmp_path: Path
) -> None:
    rows = [[n, n / 7, f"text {n % 100}", n % 2 == 0] for n in range(200_000)]
    path = write(as_csv(["a", "b", "c", "d"], rows))
    sources = [path, path, write(packed(path))]
    targets = [str(tmp_path / f"{number}.parquet") for number in range(3)]
    tables = [process([s], t, LIMITS) for s, t in zip(sources, targets, strict=True)]
    assert tables[0] == tables[1] == tables[2]
    first, *others = [Path(target).read_bytes() for target in targets]
    assert others == [first, first]


def test_files_of_one_header_become_one_table(
    canonical: Canonical, target: str
) -> None:
    table = canonical(
        "a,b,c,d\n1,2,true,x\n",
        "a , b,c,d\n3.5,,yes,\n",
        pa.table({"a": [4], "b": [5], "c": [False], "d": [None]}),
    )
    assert [column["type"] for column in table.schema] == [
        "float",
        "integer",
        "text",
        "text",
    ]
    assert read_back(table, target) == [
        [1, 2, "true", "x"],
        [3.5, None, "yes", None],
        [4, 5, "false", None],
    ]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("a,c\n1,2\n", "file 2, column 2: the first file has 'b' here, and 'c' was"),
        ("b,a\n1,2\n", "file 2, column 1: the first file has 'a' here, and 'b' was"),
        ("a\n1\n", "file 2, column 2: the header has 1 columns and that of the first"),
        ("a,b,c\n1,2,3\n", "file 2, column 3: the header has 3 columns"),
        ("a,b\n1,2\n3\n", "file 2, line 3: the row has 1 cell"),
        ("a,b\n1,x\n3,\xff\0\n", "file 2, line 3, column 'b': "),
    ],
)
def test_a_file_that_does_not_fit_is_named(
    canonical: Canonical, other: str, message: str
) -> None:
    with pytest.raises(TableError) as caught:
        canonical("a,b\n1,2\n", other)
    assert str(caught.value).startswith(message)


def test_numbers_that_lose_digits_are_told_and_others_are_not(
    canonical: Canonical,
) -> None:
    table = canonical(
        "many,big,long,fine\n"
        "1,1,0.5,0.1234567890123456\n"
        "\n"
        "123456789012345678901234567890,9007199254740993,0.12345678901234567891,1e22\n"
        "1,1.5,0.12345678901234567891,10000000000000000000000\n"
    )
    kept = "has more digits than a float keeps"
    assert table.warnings == [
        f"line 4, column 'many': '123456789012345678901234567890' {kept}",
        f"line 4, column 'big': '9007199254740993' {kept}",
        f"line 4, column 'long': '0.12345678901234567891' {kept}",
    ]


def test_a_whole_number_that_a_merge_makes_a_float_is_told(
    canonical: Canonical,
) -> None:
    whole = pa.table({"a": [1, 2**53 + 1]})
    table = canonical(whole, "a\n0.5\n")
    assert table.warnings == [
        "file 1, column 'a': row 2: 9007199254740993 has more digits than a float keeps"
    ]


def test_times_with_an_offset_are_one_moment(canonical: Canonical, target: str) -> None:
    table = canonical("t\n2013-07-04T02:00:00+02:00\n2013-07-04T00:00:00.25Z\n")
    assert read_back(table, target) == [
        ["2013-07-04T00:00:00Z"],
        ["2013-07-04T00:00:00.250000Z"],
    ]


def test_progress_rises_from_nothing_to_all(canonical: Canonical) -> None:
    heard: list[float] = []
    progress.listen(lambda share, line: heard.append(share))
    try:
        canonical("a\n1\n", as_csv(["a"], [[n] for n in range(900_000)]))
    finally:
        progress.listen(None)
    assert heard == sorted(heard)
    assert len(heard) > 5
    assert heard[0] >= 0
    assert heard[-1] == 1
