"""`make bench`: measures the running house on loopback, bounded; prints a table and writes var/bench.json."""

import argparse
import json
import math
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import inside, measures
from tests.bench.house import Rows, started
from tests.bench.measures import Figures

HERE = Path("var/bench")
NAN = float("nan")


class Report:
    """Figures by measurement, against their targets."""

    def __init__(self) -> None:
        self.figures: dict[str, Figures] = {}
        self.lines: list[tuple[str, str, str, str]] = []

    def add(self, name: str, figures: Figures) -> None:
        """Keep the figures of one measurement and show them at once."""
        self.figures[name] = figures
        told = "  ".join(f"{key} {_short(value)}" for key, value in figures.items())
        print(f"{name}: {told}", flush=True)

    def judge(self, what: str, value: float, target: float, *, at_least: bool = False, unit: str = "") -> None:
        """One line of the table."""
        is_met = not math.isnan(value) and (value >= target if at_least else value <= target)
        sign = ">=" if at_least else "<="
        self.lines.append(
            (what, f"{_short(value)}{unit}", f"{sign} {_short(target)}{unit}", "met" if is_met else "missed")
        )

    def table(self) -> str:
        """All lines under one another."""
        widths = [max(len(line[column]) for line in self.lines) for column in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in self.lines
        )


def forget(folder: Path) -> None:
    """Remove a former run, its servers' data too where they lie elsewhere."""
    elsewhere = folder / "servers" / "elsewhere"
    if elsewhere.is_symlink():
        shutil.rmtree(elsewhere.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> int:
    """Measure what the command line names, everything by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("only", nargs="*", help="start, closed, steady, text, kill, turn, availability, inbox, memory")
    parser.add_argument("--port-base", type=int, default=5700, help="the first of ten ports (%(default)s)")
    options = parser.parse_args()
    report = Report()
    forget(HERE)

    def wanted(name: str) -> bool:
        return not options.only or name in options.only

    with started(HERE, options.port_base) as (house, first_page):
        rows = Rows(house)
        report.add("yardstick_start", inside.yardstick())
        report.add("start", {"fresh_folder_to_first_page_s": first_page})
        time.sleep(3)
        report.add("memory_idle", measures.memory(house))
        in_house: dict[str, Callable[[], None]] = {
            "text": lambda: report.add("first_text", measures.first_text(house, rows)),
            "steady": lambda: report.add("steady_200", measures.steady(house, rows)),
            "closed": lambda: _closed(report, house, rows),
            "kill": lambda: report.add("kill_test", measures.kill(house, rows)),
            "inbox": lambda: report.add("inbox", inside.inbox_page(house, rows)),
            "memory": lambda: report.add("memory_after_load", measures.memory(house)),
        }
        for name, measure in in_house.items():
            if wanted(name):
                measure()
    from tests.bench import pure

    report.add("yardstick_end", inside.yardstick())
    for name, measured in (("turn", pure.turns), ("availability", pure.availability_search)):
        if wanted(name):
            report.add(name, measured())
    _judge(report)
    print("\n" + report.table())
    where = {"machine": platform.machine(), "cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}
    Path("var/bench.json").write_text(json.dumps({"on": where, "figures": report.figures}, indent=1) + "\n")
    return 0


def _closed(report: Report, house: object, rows: Rows) -> None:
    report.add("yardstick_closed_loop", inside.yardstick())
    report.add("closed_loop", measures.closed(house, rows))  # type: ignore[arg-type]
    report.add("plain_rq", measures.plain(house, rows))  # type: ignore[arg-type]


def _judge(report: Report) -> None:
    def figure(name: str, key: str) -> float:
        return report.figures.get(name, {}).get(key, NAN)

    processed, plain = figure("closed_loop", "processed_per_s"), figure("plain_rq", "processed_per_s")
    report.judge("missed calls fully processed, closed loop", processed, 500, at_least=True, unit="/s")
    report.judge("times a job per event on plain RQ", processed / plain if plain else NAN, 5, at_least=True, unit="x")
    report.judge("webhook p99 at 200/s", figure("steady_200", "p99_ms"), 50, unit=" ms")
    report.judge("webhook to carrier's POST p95 at 20/s", figure("first_text", "p95_ms"), 1000, unit=" ms")
    report.judge("lost at 20/s", figure("first_text", "lost"), 0)
    report.judge("doubled at 20/s", figure("first_text", "doubled"), 0)
    report.judge("lost in the kill test", figure("kill_test", "lost_texts"), 0)
    report.judge("doubled in the kill test", figure("kill_test", "doubled_texts"), 0)
    report.judge("dispatcher turn p95", figure("turn", "p95_ms"), 5, unit=" ms")
    report.judge("availability, 14 days, 3 people, 300 blocks", figure("availability", "p50_ms"), 10, unit=" ms")
    report.judge("inbox page with 10,000 conversations", figure("inbox", "p50_ms"), 150, unit=" ms")
    report.judge("fresh folder to first page", figure("start", "fresh_folder_to_first_page_s"), 5, unit=" s")
    report.judge("memory of the whole demo", figure("memory_idle", "megabytes"), 700, unit=" MB")


if __name__ == "__main__":
    sys.exit(main())
