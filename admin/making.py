"""The form that makes a test case: what is proposed, what was typed, and the case that comes of it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from app.conversations import Conversation
from app.evaluation import CaseKind, EvalCase, expecting, making, playing
from app.evaluation.expecting import Expected, ExpectedText
from app.evaluation.making import Draft

Json = dict[str, Any]
MOST_TEXT = 1600


@dataclass
class Form(ABC):
    """What the page shows: texts to look through, what is expected, what may be chosen."""

    made: Draft
    texts: list[str]
    wanted: Expected | ExpectedText
    choices: Mapping[str, tuple[str, ...]]
    number: int | None = None
    """Which text alone it is about; None for the whole conversation."""
    lines: list[Json] = field(default_factory=list)

    def case(self, given: MultiDict[str, str], *, made_by: str) -> EvalCase:
        """The case that the form asks for, with stand-ins everywhere; raises DomainError."""
        self.texts = [given.get(f"text_{place}", text)[:MOST_TEXT] for place, text in enumerate(self.texts, start=1)]
        content = self.content(given)
        standins = self.made.standins
        return EvalCase(
            kind=CaseKind.dialogue if self.number is None else CaseKind.turn,
            title=standins.text(self.wanted.title)[: expecting.MOST_TITLE],
            trade=self.made.trade,
            content=content,
            note=standins.text(self.wanted.note),
            made_by=made_by,
        )

    @abstractmethod
    def content(self, given: MultiDict[str, str]) -> Json:
        """The content of the case."""


@dataclass
class WholeForm(Form):
    """A whole conversation."""

    def content(self, given: MultiDict[str, str]) -> Json:
        wanted = expecting.read(given, Expected, self.choices)
        for number in range(1, len(self.texts) + 1):
            wanted.given[number] = [kind for kind in given.getlist(f"given_{number}") if kind in expecting.KINDS]
        self.wanted = wanted
        return expecting.dialogue(self.made, wanted, self.texts)


@dataclass
class TextForm(Form):
    """One text alone."""

    row: Json = field(default_factory=dict)

    def content(self, given: MultiDict[str, str]) -> Json:
        self.wanted = expecting.read(given, ExpectedText, self.choices)
        return expecting.single(self.made, self.row, self.wanted, self.texts[0])


def form_of(thread: Conversation, text: str) -> Form:
    """The form about a conversation, or about its text with that number; raises DomainError."""
    made = making.draft(thread)
    choices = expecting.choices(made.trade, made.slots)
    if text.isdecimal():
        row = expecting.situation(made, int(text))
        return TextForm(made, [row["text"]], expecting.propose_text(row), choices, int(text), row=row)
    played = made.play()
    return WholeForm(made, made.texts, expecting.propose(made, played), choices, lines=playing.transcript(played))
