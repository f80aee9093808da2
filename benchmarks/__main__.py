"""Everything that is measured, one after the other: `python -m benchmarks`."""

from benchmarks import compute, ingest, reads, upload

MEASURED = (compute, reads, ingest, upload)


def main() -> None:
    for one in MEASURED:
        name = one.__name__.rpartition(".")[2]
        print(f"\n{name}", flush=True)
        one.main()


if __name__ == "__main__":
    main()
