"""`python -m tests.eval`: how well the dispatcher does, as a table; the exit status is 1 when a gate is missed."""

from __future__ import annotations

import argparse
import sys

from tests.eval import gates, scoring
from tests.eval.scoring import Score

WIDTHS = (16, 19, 13, 8, 7)
HEAD = ("slice", "measure", "right", "share", "gate")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make eval", description="Score the dispatcher against its gates.")
    parser.add_argument("--misses", action="store_true", help="print what was missed; never of the blind half")
    parser.add_argument("--all", action="store_true", help="print measures without a gate too")
    options = parser.parse_args()
    if not scoring.has_shared():
        print(f"The shared data is not at {scoring.FOLDER} (set DISPATCH_DATA).")
        print("Scored is what is in the repository: our own cases, and the held-out single texts by our own judge.")
    missed: list[str] = []
    for heading, scored in scoring.everything():
        print(f"\n{heading}")
        print(*lines(scored.scores if options.all else scoring.gated(scored.scores)), sep="\n")
        missed += [str(score) for score in scored.scores if not score.is_met]
        if options.misses and scored.misses:
            print("  missed:", *scored.misses, sep="\n    ")
    missed += timed()
    print()
    print(f"{len(missed)} gate(s) missed:" if missed else "Every gate is met.")
    print(*(f"  {one}" for one in missed), sep="\n" if missed else "")
    return 1 if missed else 0


def lines(scores: list[Score]) -> list[str]:
    """The table of one part."""
    table = [line(HEAD, "")]
    for score in scores:
        gate = "" if score.gate is None else f"{score.gate:.1%}"
        cells = (score.slice, score.measure, f"{score.right:,}/{score.total:,}", f"{score.share:.1%}", gate)
        table.append(line(cells, "" if score.gate is None else "met" if score.is_met else "MISSED"))
    return table


def line(cells: tuple[str, ...], verdict: str) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:2], WIDTHS, strict=False)]
    right = [cell.rjust(width) for cell, width in zip(cells[2:], WIDTHS[2:], strict=True)]
    return f"  {' '.join((*left, *right))}  {verdict}".rstrip()


def timed() -> list[str]:
    """Print how long a turn takes; the gate that it misses, if it does."""
    taken = scoring.speed()
    verdict = "met" if taken.is_met else "MISSED"
    print("\nMilliseconds per turn")
    print(
        f"  {taken.turns} turns: p50 {taken.p50:.2f}, p95 {taken.p95:.2f}, "
        f"gate p95 < {gates.MOST_P95_MILLISECONDS}  {verdict}"
    )
    return [] if taken.is_met else [f"p95 per turn {taken.p95:.1f} ms"]


if __name__ == "__main__":
    sys.exit(main())
