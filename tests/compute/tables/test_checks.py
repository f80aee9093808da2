"""What is said of files that are no tables, and of some that only look so."""

import gzip
import pickle
from dataclasses import replace

import pytest

from compute.tables.checks import check
from compute.tables.errors import TableError
from compute.tables.limits import Limits
from tests.compute.tables.conftest import LIMITS, Write

BAD = {
    "a short row": ("a,b\n1,2\n\n3\n", 4, None, "has 1 cell and the header 2"),
    "a long row": ("a,b\r\n1,2\r\n3,4,5\r\n", 3, None, "has 3 cells"),
    "a short row after a quoted break": ('a,b\n"1\n\n",2\n3\n', 5, None, "1 cell"),
    "a NUL byte": ("a,b\n1,x\0y\n", 2, "b", "NUL byte"),
    "a NUL byte inside quotes": ('a,b\n1,"x\n\0"\n', 3, "b", "NUL byte"),
    "a NUL byte in the header": ("a,b\0\n1,2\n", 1, 2, "NUL byte"),
    "Latin-1": ("name,n\nZoë,1\nRené,2\n".encode("latin-1"), 2, "name", "not UTF-8"),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), 1, 1, "UTF-16"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), None, None, "UTF-16; save it as UTF-8"),
    "text cut in a character": ("a\nx\né\n".encode()[:-2], 3, "a", "not UTF-8"),
    "a repeated name": ("a,b,a\n1,2,3\n", 1, "a", "columns 1 and 3"),
    "a name repeated but for blanks": ("a, a \n1,2\n", 1, "a", "columns 1 and 2"),
    "a name repeated but for its form": ("é,e\u0301\n1,2\n", 1, "é", "1 and 2"),
    "an empty name": ("a,,c\n1,2,3\n", 1, 2, "no name"),
    "a blank name": ("a, \n1,2\n", 1, 2, "no name"),
    "a blank first line": ("\na,b\n1,2\n", 1, None, "blank"),
    "NaN": ("a,b\n1,2\n3,NaN\n", 3, "b", "'NaN' is no finite number"),
    "infinity": ("a,b\n1,2\n\n-inf,4\n", 4, "a", "'-inf' is no finite number"),
    "a number too large": ("a,b\n1,1e400\n", 2, "b", "'1e400' is no finite number"),
    "NaN after a quoted break": ('a,b\n"x\ny",nan\nz,1\n', 3, "b", "'nan'"),
    "the first of two": ("a,b\n1,inf\nnan,1\n", 2, "b", "'inf'"),
    "10,000 columns": (",".join(f"c{i}" for i in range(10_000)), 1, None, "1 to 2048"),
    "a header alone": ("a,b\n", None, None, "no rows"),
    "a header and blank lines": ("a,b\n\r\n\n", None, None, "no rows"),
    "an empty file": ("", None, None, "the file is empty"),
    "a byte-order mark alone": (b"\xef\xbb\xbf", None, None, "the file is empty"),
    "an open quote": ('a,b\n1,2\n3,"4\n', 3, None, "never closed"),
    "an open quote in the header": ('a,"b\n1,2\n', 1, None, "never closed"),
    "a line too long": ("a\n1\n" + "x" * (1 << 20) + "y\n2\n", 3, None, "longer than"),
    "an endless quote": ('a\n"' + "x\n" * (5 << 20) + '"\n', 2, None, "never closed"),
    "semicolons": ("a;b\n1;2\n", 1, None, "semicolons"),
    "a workbook": (b"PK\x03\x04" + b"x" * 99, None, None, "a zip archive"),
    "JSON": ('[{"a": 1}]', None, None, "is JSON; CSV in UTF-8 or Parquet"),
    "HTML": ("  <html>", None, None, "is HTML or XML"),
    "Parquet cut short": (b"PAR1" + b"x" * 99, None, None, "cannot be read as Parquet"),
    "gzip of gzip": (gzip.compress(gzip.compress(b"a\n1\n")), None, None, "twice"),
    "gzip cut short": (gzip.compress(b"a\n1\n" * 9)[:-9], None, None, "be unpacked"),
    "gzip and rubbish": (gzip.compress(b"a\n1\n") + b"x", None, None, "be unpacked"),
    "gzip of nothing": (gzip.compress(b""), None, None, "the file is empty"),
    "a bomb": (gzip.compress(b"a\n" + b"1\n" * (9 << 20)), None, None, "100 times"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD.keys())
def test_a_file_that_is_no_table_is_refused_by_line_and_column(
    write: Write, case: tuple[str | bytes, int | None, int | str | None, str]
) -> None:
    content, line, column, message = case
    with pytest.raises(TableError) as caught:
        check(write(content), "data", LIMITS)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert message in str(error)
    assert len(str(error)) < 300


GOOD = {
    "two rows": ("a,b\n1,2\n3,4\n", ["a", "b"], 2),
    "one row without an end": ("a,b\n1,2", ["a", "b"], 1),
    "a constant column": ("a,b\n1,2\n1,3\n", ["a", "b"], 2),
    "a byte-order mark": ('\ufeff"a,x",b\n1,2\n', ["a,x", "b"], 1),
    "Windows line ends": ("a,b\r\n1,2\r\n\r\n3,4\r\n", ["a", "b"], 2),
    "quoted breaks": ('"a\r\nb",c\n"1\n2","3,""4"""\n', ["a\r\nb", "c"], 1),
    "a quote inside a text": ('a,b\n5" pipe,1\n', ["a", "b"], 1),
    "the word nan among words": ("a\nnan\nbread\n", ["a"], 2),
    "one column with empty cells": ('a\n""\n1\n', ["a"], 2),
    "a bracket": ("[a],b\n1,2\n", ["[a]", "b"], 1),
    "names in another form": (" e\u0301 ,b\n1,2\n", ["é", "b"], 1),
    "2,048 columns": (
        "\n".join([",".join(f"c{i}" for i in range(2_048)), ",".join(["1"] * 2_048)]),
        [f"c{i}" for i in range(2_048)],
        1,
    ),
}


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD.keys())
def test_a_table_is_accepted_plain_and_packed(
    write: Write, case: tuple[str, list[str], int]
) -> None:
    content, names, rows = case
    data = content.encode()
    checked = check(write(data), "data.csv", LIMITS)
    assert (checked.columns, checked.rows) == (names, rows)
    assert (checked.format, checked.compressed) == ("csv", False)
    assert checked.bytes == len(data)
    assert check(write(gzip.compress(data)), "data.csv.gz", LIMITS) == replace(
        checked, compressed=True
    )


def test_a_file_of_several_gzip_members_is_one_table(write: Write) -> None:
    members = gzip.compress(b"a,b\n1,") + gzip.compress(b"2\n3,4\n")
    assert check(write(members), "data.csv.gz", LIMITS).rows == 2


def test_a_small_file_whose_rows_are_all_alike_is_no_bomb(write: Write) -> None:
    content = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    assert len(content) * 100 < 400_000
    assert check(write(content), "alike.csv.gz", LIMITS).rows == 100_000


def test_what_is_wrong_first_is_told_wherever_in_a_large_file_it_is(
    write: Write,
) -> None:
    good = b"1.25,some text\r\n" * 700_000
    content = b"a,b\r\n" + good + b"1,\xff\r\n" + good + b"1,2,3\r\n"
    with pytest.raises(TableError, match=r"^line 700002, column 'b': ") as caught:
        check(write(content), "data.csv", LIMITS)
    assert caught.value.line == 700_002


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (replace(LIMITS, rows=2), "more than 2 rows"),
        (replace(LIMITS, columns=1), "line 1: the header has 2 columns; 1 to 1"),
        (replace(LIMITS, size_bytes=9), "more than 9 bytes"),
        (replace(LIMITS, line_bytes=3), "line 4: the line is longer than 3 bytes"),
    ],
)
def test_a_limit_is_told_with_its_value(
    write: Write, limits: Limits, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        check(write("a,b\n1,2\n3,4\n50,6\n"), "data.csv", limits)


def test_an_error_is_the_same_in_another_process() -> None:
    error = TableError("will not do", line=3, column="a", file=2)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # it is our own
    assert str(copy) == str(error) == "file 2, line 3, column 'a': will not do"
    assert (copy.file, copy.line, copy.column) == (2, 3, "a")
