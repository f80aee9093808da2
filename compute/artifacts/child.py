"""The process that asks models of others: a line of JSON in, a line of JSON out."""

import os
import sys

import orjson

from compute import sandbox
from compute.artifacts.errors import ArtifactError
from compute.remote import Remote

MEMORY = "it took more memory than it may"


def main() -> None:
    """Answer until nobody asks any more. Whatever else is printed goes nowhere."""
    memory, parent = map(int, sys.argv[1:])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sandbox.enter(sandbox.Limits(memory=memory, file=0), parent)
    for line in sys.stdin.buffer:
        answers.write(answer(line) + b"\n")
        answers.flush()


def answer(line: bytes) -> bytes:
    """What came of one question: `answer`, `unfit` or, if this is the end, `broke`."""
    try:
        module, name, *given = orjson.loads(line)
        return orjson.dumps({"answer": Remote(module, name)(*given)})
    except ArtifactError as error:
        return said("unfit", str(error))
    except MemoryError:
        return said("broke", MEMORY)
    except Exception as error:  # noqa: BLE001  # of a stranger's model, whatever it is
        return said("broke", f"it failed: {type(error).__name__}")


def said(what: str, text: str) -> bytes:
    return orjson.dumps({what: text})


if __name__ == "__main__":
    main()
