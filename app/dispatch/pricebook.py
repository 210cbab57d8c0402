"""From the 58 job types to the lines of a tenant's price book."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache

from app.dispatch.types import Context, Estimate
from app.dispatch.wording import WORDS


@cache
def families() -> Mapping[str, Mapping[str, list[str]]]:
    """Per trade and job type the price book names that stand for it, the best first."""
    table: Mapping[str, Mapping[str, list[str]]] = json.loads((WORDS / "families.json").read_text(encoding="utf-8"))
    return table


@cache
def spoken_names() -> Mapping[str, Mapping[str, str]]:
    """How a job is called in a text, per language."""
    table: Mapping[str, Mapping[str, str]] = json.loads((WORDS / "spoken.json").read_text(encoding="utf-8"))
    return table


def line_for(job: str, context: Context, *, wants_install: bool = False) -> Estimate:
    """The price book line of a job: exact name, then family, then aliases; else the diagnostic visit."""
    book = {line.job_type: line for line in context.price_book}
    kin = list(families().get(context.trade, {}).get(job, []))
    if wants_install:
        kin = [name for name in kin if is_install(name)] + [name for name in kin if not is_install(name)]
        if job in book and not any(is_install(name) and name in book for name in kin):
            return book[job]
    else:
        kin = [name for name in [job, *kin] if not is_install(name) or name == job]
    for name in kin:
        if name in book:
            return book[name]
    words = set(job.split("_"))
    for line in context.price_book:
        if any(set(alias.lower().replace("_", " ").split()) <= words for alias in line.aliases if alias.strip()):
            return line
    return book.get(job, context.diagnostic)


def is_install(name: str) -> bool:
    """Whether a price book name is about putting in something new."""
    return name.endswith(("_installation", "_install", "_replacement")) or name.startswith(("new_", "install"))


def lines_for(jobs: Sequence[str], context: Context, *, wants_install: bool = False) -> list[Estimate]:
    """The lines of several jobs, each once; a job without a line makes the visit a diagnostic one."""
    lines: dict[str, Estimate] = {}
    for job in jobs:
        line = line_for(job, context, wants_install=wants_install and len(jobs) == 1)
        lines[line.job_type] = line
    if len(lines) > 1:
        lines.pop(context.diagnostic.job_type, None)
    return list(lines.values()) or [context.diagnostic]


def spoken(line: Estimate, trade: str, language: str) -> str:
    """The name of a line in a text: ours where we have one, else the contractor's description."""
    name = spoken_names()[language].get(line.job_type)
    if name:
        return name
    if language == "en" and line.description and len(line.description) <= 40:
        return line.description[0].lower() + line.description[1:]
    return line.job_type.replace("_", " ")
