"""The process that asks models of others: a line of JSON in, a line of JSON out."""

import os
import sys
from contextlib import suppress
from importlib import import_module

import orjson

from compute import sandbox
from compute.artifacts.errors import ArtifactError
from compute.remote import Remote

PATIENT = 10
"""How nice it is to the server, which goes before it."""
WRITTEN = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
"""What is said in JSON: also numbers of numpy's, and labels that are numbers."""
MEMORY = "it took more memory than it may"


def main() -> None:
    """Answer until nobody asks any more. Whatever else is printed goes nowhere."""
    memory, parent = map(int, sys.argv[1:])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.nice(PATIENT)
    sandbox.enter(sandbox.Limits(memory=memory, file=0), parent)
    os.environ["NUMBA_DISABLE_JIT"] = "1"  # what it compiles it would keep in a file
    for line in sys.stdin.buffer:
        answers.write(answer(line) + b"\n")
        answers.flush()


def answer(line: bytes) -> bytes:
    """What came of one question: `answer`, `unfit` or, if this is the end, `broke`."""
    try:
        module, name, *given = orjson.loads(line)
        found = {"answer": Remote(module, name)(*given)}
        return orjson.dumps(found, option=WRITTEN)
    except ArtifactError as error:
        return said("unfit", str(error))
    except MemoryError:
        return said("broke", MEMORY)
    except Exception as error:  # noqa: BLE001  # of a stranger's model, whatever it is
        return said("broke", f"it failed: {type(error).__name__}")


def warmed(*libraries: str) -> None:
    """Import what there is of libraries, so that the first question need not wait."""
    for library in libraries:
        with suppress(ImportError):
            import_module(library)


def said(what: str, text: str) -> bytes:
    return orjson.dumps({what: text})


if __name__ == "__main__":
    main()
