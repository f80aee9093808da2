"""The outermost fields of an ONNX file, read without a library."""

import os
from typing import IO

NUMBER, TEXT = 0, 2
FIELDS = {
    1: NUMBER,  # ir_version
    2: TEXT,  # producer_name
    3: TEXT,  # producer_version
    4: TEXT,  # domain
    5: NUMBER,  # model_version
    6: TEXT,  # doc_string
    7: TEXT,  # graph
    8: TEXT,  # opset_import
    14: TEXT,  # metadata_props
    20: TEXT,  # training_info
    25: TEXT,  # functions
    26: TEXT,  # configuration
}
"""Of a ModelProto, and how each is written."""
GRAPH = 7
MOST = 10_000
"""Outermost fields, of which a model has a few and some remarks."""


def is_model(file: IO[bytes]) -> bool:
    """Whether a file has the outermost fields of an ONNX model, perhaps cut off."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    seen: set[int] = set()
    for _ in range(MOST):
        if file.tell() >= size:
            break
        tag = _number(file)
        if tag is None or FIELDS.get(tag >> 3) != tag & 7:
            return False
        seen.add(tag >> 3)
        given = _number(file)
        if given is None:
            return False
        if tag & 7 == TEXT:
            if file.tell() + given > size:
                break
            file.seek(given, os.SEEK_CUR)
    return GRAPH in seen


def _number(file: IO[bytes]) -> int | None:
    value = 0
    for place in range(10):
        byte = file.read(1)
        if not byte:
            return None
        value |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:
            return value
    return None
