"""What is said not to suit: refused days, hours and day parts (reference/dispatch.md 4.2, negation per clause)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.dispatch.times.clocks import Timed
from app.dispatch.times.dates import Dated

LEFT_NO = re.compile(
    r"\b(?:not|no|cant do|cant make|cannot do|cant|wont work|except|but not|besides|other than|(?:any|every|"
    r"all)\w*(?: \w+)? but|"
    r"everyday but|every day but|all but|avoid|unavailable|busy|gone|away|out of town|out of state|on vacation|tied "
    r"up|closed|i work|we work|(?:i|we) have (?:work|class|school|plans|jury duty|an? (?:meeting|appointment|shift|"
    r"wedding|funeral|party|class|doctors?|flight|thing))|working|never|"
    r"isnt|dont|wont "
    r"be (?:here|home)|"
    r"not available|not free|skip|rather not|neither|nor|no mas|menos|excepto|ni|que no sea|"
    r"(?:no|nunca) (?:puedo|podemos|puede|estoy|estamos|"
    r"estare|estaremos|hay nadie|me (?:queda|sirve)|trabajamos|(?:voy|vamos) a (?:estar|poder))|salvo|instead of)\b"
    r"(?: (?:on|the|in|at|be|do|for|"
    r"this|home|here|there|available|free|really|a|make|it|come|will|does|is|would|can|el|la|los|en|para))*(?: _)? ?$"
)
RIGHT_NO = re.compile(
    r"^s?,? ?(?:is|are|was|s|'s|isnt|doesnt|dont|wont|would|will|not|no|cant)? ?(?:\w+ )?(?:no good|not good|bad|"
    r"out\b(?! of (?!town|state|the))|"
    r"no go|no bueno|doesnt work|dont work|wont work|not work|not ok|impossible|"
    r"not possible|isnt good|not great|no\b(?= ?(?:$|[.,;!?_]|way\b|can do|chance|"
    r"thanks|gracias|please|pls|sorry|but|i |we |im |porque|pero|mejor|por ?que|its|it is|that|any|either|the|el |"
    r"la ))|isnt (?:good|possible|going to work)|too (?:early|late|soon|far)|(?:is|"
    r"are) (?:full|busy|booked))|"
    r"^s?,? (?:i|we|im|were|ill|well)(?: am| are| be| will be| have to| gotta| got| m| re)*(?: all day)? "
    r"(?:(?:work|at work|working)(?! (?:from|out|in the|until|till?|with|at|near|on))|busy|gone|"
    r"out(?: of (?:town|state|the country|the office|office))?(?! of)|away|unavailable|tied up|booked|off to|"
    r"not (?:home|here|available|free|around)|"
    r"(?:cant|cannot)(?= ?(?:$|[.,;!?]|do\b|make\b|be (?:here|home|there)|come|meet))|"
    r"wont (?:be (?:here|home|there|around|available|able)|work))\b(?! (?:before|after|until|till?)\b)|"
    r"^s?,? (?:yo )?(?:trabajo|trabajamos|no (?:puedo|podemos|estoy|estamos|estare|me (?:queda|sirve|funciona|"
    r"acomoda|conviene)|nos (?:queda|sirve)|se puede|hay nadie)|tampoco|esta (?:ocupado|dificil)|imposible)\b"
)
NOT_REFUSED = re.compile(
    r"\b(?:no,? (?:its?|it is|make it|lets)|not before|no later than|no earlier than|not later than|not after|no "
    r"sooner than|if not|or not|why not|"
    r"not sure|no problem|no rush)\b[^,.]*$"
)
ASKS_TOO = re.compile(
    r"\b(?:is|would)(?: (?:be|at|around|about|like|on|next|this|\d\S*|today|tomorrow|\w+day))* ?$(?<!\bno is )(?<!not )"
)
"""Before an hour that is asked about: "is 4 tomorrow too late"."""
JOINED = re.compile(
    r"s?,? ?(?:(?:and|or|&|nor|/|y|o|ni) ?(?:on )?(?:the )?|(?:at|on|around|between|from|till?|until)? ?)"
)
TOO = re.compile(r"s? (?:too|either|as well|also(?! (?:works?|good|fine)))\b")
RIGHT_YES = re.compile(r" (?:is|are|works?|would|sounds|if|instead)\b(?! (?:not|no|bad|out)\b)")


@dataclass(frozen=True)
class Refused:
    """Days and hours that do not suit; a `spared` day is one of which only an hour was refused."""

    days: tuple[Dated, ...]
    hours: tuple[Timed, ...]
    spared: tuple[Dated, ...]


def find(plain: str, days: Sequence[Dated], hours: Sequence[Timed]) -> Refused:
    """What is refused; a refusal reaches over "and", and of "not tomorrow at 10, come at 3" the day stays."""
    items: list[Dated | Timed] = [*days, *hours]
    refused: list[Dated | Timed] = []
    last: Dated | Timed | None = None
    for item in sorted(items, key=lambda mention: mention.start):
        behind = plain[item.end :]
        between = plain[last.end : item.start] if last is not None else ""
        is_joined = last is not None and last in refused and bool(JOINED.fullmatch(between)) and between.strip() != ","
        if (
            is_refused(plain, item.start, item.end)
            or (refused and TOO.match(behind))
            or (is_joined and not RIGHT_YES.match(behind))
        ):
            refused.append(item)
        last = item
    no_days = [item for item in refused if isinstance(item, Dated)]
    no_hours = [item for item in refused if isinstance(item, Timed)]
    is_open = len(no_hours) < len(hours) and len(no_days) == len(days)
    spared = [
        day
        for day in no_days
        if any(is_hour_of(hour, day, plain) and (is_open or not hour.is_part) for hour in no_hours)
    ]
    return Refused(tuple(day for day in no_days if day not in spared), tuple(no_hours), tuple(spared))


def is_hour_of(hour: Timed, day: Dated, plain: str) -> bool:
    """Whether an hour stands with a day: "tomorrow at 10", "10 tomorrow"."""
    between = plain[day.end : hour.start] if hour.start >= day.end else plain[hour.end : day.start]
    return bool(re.fullmatch(r",? ?(?:at|on|around|about|between|from|till?|until)? ?", between))


def is_refused(plain: str, start: int, end: int) -> bool:
    """Whether a day or an hour is said not to suit, to its left or to its right within the clause."""
    left = re.split(r"[.;!?]|, (?!not|but|no)|\bbut (?!not|no)(?=\w+ (?:is|works|would))", plain[:start])[-1]
    if ASKS_TOO.search(left):
        return False
    if LEFT_NO.search(left) and not NOT_REFUSED.search(left):
        return True
    return bool(RIGHT_NO.search(plain[end : end + 32].split(".", maxsplit=1)[0]))
