"""Messages to learn from, made here."""

from pathlib import Path
from typing import Any

import numpy as np

from compute.learning.models import Examples
from compute.tables.arrow import pa, parquet

WORDS = {
    "ham": "see you at home tonight love ok thanks dinner sorry later mum bus class",
    "spam": "WIN free cash prize call now 0900 £500 claim txt urgent reply offer www",
    "bank": "account blocked verify your bank card password login link secure 24h pin",
}
ALL = "the a to is it and for on u r we of 2 me do , . ! ?"


def messages(
    rows: int, *labels: str, seed: int = 0, copies: int = 0
) -> tuple[list[str], list[str]]:
    """Texts and their labels, which their words make likely; some are copies."""
    random = np.random.default_rng(seed)
    texts, said = list[str](), list[str]()
    for place in range(rows):
        label = labels[place % len(labels)]
        other = str(random.choice(labels))
        own = [*WORDS[label].split(), *WORDS[other].split(), *ALL.split()]
        texts.append(" ".join(random.choice(own, random.integers(4, 14))))
        said.append(label)
    for place in range(copies):
        texts.append(f" {texts[place].upper()}".replace("5", "6"))
        said.append(said[place])
    return texts, said


def examples(texts: list[str], said: list[str]) -> Examples:
    labels = tuple(sorted(set(said)))
    target = np.array([labels.index(label) for label in said])
    return Examples({"text": pa.array(texts)}, {"text": "text"}, target, labels)


def write(path: Path, **columns: object) -> Path:
    """A canonical table of columns."""
    parquet.write_table(pa.table(columns), path)
    return path


def spam(rows: int = 120, copies: int = 30) -> dict[str, list[str]]:
    """Messages, of which a third is spam."""
    texts, labels = messages(rows, "ham", "ham", "spam", copies=copies)
    return {"text": texts, "label": labels}


def table(rows: int = 200) -> dict[str, Any]:
    random = np.random.default_rng(0)
    cells = random.standard_normal((rows, 3))
    sums = cells.sum(axis=1) + random.standard_normal(rows)
    named = {name: cells[:, place] for place, name in enumerate("abc")}
    return {**named, "y": np.where(sums > 0.5, "yes", "no"), "sum": sums}
