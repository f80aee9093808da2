"""Merkle trees of RFC 6962 that only grow, remembered by their whole subtrees."""

import hashlib
from collections.abc import Sequence

Peaks = list[bytes]
"""The roots of the whole subtrees, the largest first: as many as a size has ones."""


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(peaks: Peaks, size: int, leaf: bytes) -> None:
    """Add a leaf, which is a hash, to a tree of a size."""
    while size & 1:
        leaf = node(peaks.pop(), leaf)
        size >>= 1
    peaks.append(leaf)


def root(peaks: Sequence[bytes]) -> bytes:
    """The root of a tree that has leaves."""
    *others, last = peaks
    for peak in reversed(others):
        last = node(peak, last)
    return last


def fits(peaks: Sequence[bytes], size: int) -> bool:
    """Whether a tree of a size has so many whole subtrees, each with its hash."""
    return len(peaks) == size.bit_count() and all(len(one) == 32 for one in peaks)
