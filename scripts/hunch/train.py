"""Learn the classifiers of the dispatcher from the texts beside this file: `make hunch`.

Needs scikit-learn, which the product itself does not: the target makes a virtual environment of its own for it. Writes
`app/dispatch/words/hunch.json`; the same texts give the same numbers.
"""

import argparse
import base64
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.dispatch import hunch, normalize  # noqa: E402 - of this checkout, whatever is installed

Row = dict[str, Any]
TEXTS = Path(__file__).parent / "texts"
REPAIRED = ROOT / "tests" / "eval" / "heldout" / "turns_tune.jsonl"
"""Texts that the rules were repaired with; the blind half and the strangers' texts are never learnt from."""
TARGET = ROOT / "app" / "dispatch" / "words" / "hunch.json"
STRENGTH = 10.0
MOST_FEATURES = 14_000
LEAST_TEXTS = 2
"""A feature of one text alone is chance."""
TRADES = ("plumbing", "electrical", "hvac", "locksmith", "garage_door")


def rows_of(files: Iterable[Path]) -> list[Row]:
    """The labelled texts, one JSON object a line."""
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def repaired() -> list[Row]:
    """The half of the held-out texts that may be seen, in the form of the others."""
    found = rows_of([REPAIRED])
    names = {"hazard": "life_safety", "job": "job_type", "text": "text", "trade": "trade", "urgency": "urgency"}
    return [{name: row[theirs] for name, theirs in names.items()} | {"intent": row["intent"]} for row in found]


def features_of(row: Row) -> list[str]:
    """The features of a text as the product sees it."""
    return sorted(hunch.features(normalize.plain(normalize.redact(row["text"]))))


def questions(rows: Sequence[Row]) -> dict[str, list[str | None]]:
    """For each head the answer of each row; None leaves the row out."""
    asked: dict[str, list[str | None]] = {
        "hazard": [row["hazard"] or hunch.NOTHING for row in rows],
        "urgency": [row["urgency"] for row in rows],
        "intent": [row["intent"] for row in rows],
    }
    for trade in TRADES:
        asked[f"job:{trade}"] = [(row["job"] or hunch.NOTHING) if row["trade"] == trade else None for row in rows]
    return asked


def learn(rows: Sequence[Row]) -> dict[str, Any]:
    """Everything that is shipped, as plain JSON values."""
    reader = TfidfVectorizer(analyzer=features_of, min_df=LEAST_TEXTS, binary=True)
    matrix = reader.fit_transform(rows)
    fitted = {name: fit(matrix, answers) for name, answers in questions(rows).items()}
    weight = np.max([np.abs(one.coef_).max(axis=0) * reader.idf_ for one in fitted.values()], axis=0)
    kept = np.sort(np.argsort(-weight, kind="stable")[:MOST_FEATURES])
    names = reader.get_feature_names_out()
    return {
        "features": [str(names[number]) for number in kept],
        "rarity": [round(float(reader.idf_[number]) * 100) for number in kept],
        "heads": {name: shipped(one, kept) for name, one in fitted.items()},
    }


def fit(matrix: Any, answers: Sequence[str | None]) -> LogisticRegression:
    """One classifier over the rows that have an answer."""
    told = [number for number, answer in enumerate(answers) if answer is not None]
    one = LogisticRegression(C=STRENGTH, max_iter=1000)
    return one.fit(matrix[told], [answers[number] for number in told])


def shipped(one: LogisticRegression, kept: Any) -> dict[str, Any]:
    """Weights as signed bytes, feature after feature; `scale` gives them their size back."""
    weights = one.coef_[:, kept].T
    scale = float(np.abs(weights).max()) / 127
    small = np.rint(weights / scale).astype(np.int8)
    return {
        "classes": [str(name) for name in one.classes_],
        "bias": [round(float(bias), 4) for bias in one.intercept_],
        "scale": round(scale, 6),
        "weights": base64.b64encode(small.tobytes()).decode(),
    }


def main() -> None:
    """Learn from all texts and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=TARGET, help="where the numbers go (%(default)s)")
    options = parser.parse_args()
    rows = [*rows_of(sorted(TEXTS.glob("*.jsonl"))), *repaired()]
    print(f"Learning from {len(rows)} texts (a minute or two) ...", flush=True)
    options.to.write_text(json.dumps(learn(rows), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{options.to.stat().st_size / 1e6:.1f} MB in {options.to.name}")


if __name__ == "__main__":
    main()
