"""`python -m benchmarks.peers`."""

from benchmarks.peers import main

if __name__ == "__main__":
    main(None)
