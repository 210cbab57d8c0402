"""A text made ready for reading times: one spelling, and what only looks like a time taken out."""

from __future__ import annotations

import re

from app.dispatch.normalize import NO_SIGNS, YES_SIGNS, abbreviations, squeezed, unaccented
from app.dispatch.times.words import MONTHS, NUMBERS, ORDINALS, SPANISH, WEEKDAYS

HOLE = " _ "

SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"\b([ap])\.\s?m\b\.?", r"\1m"),
    (r"(\d)\s?([ap])\s?m\b", r"\1\2m"),
    (r"(\d)\s?([ap])\b(?! ?\.?m)", r"\1\2m"),
    (r"\b(\d{1,2})(\d\d)([ap]m)\b", r"\1:\2\3"),
    (r"\b(\d{1,2})\.(\d\d)\s?([ap]m)\b", r"\1:\2\3"),
    (r"\b(\d{1,2})h(\d\d)?\b", r"\1:00"),
    (r"@", " at "),
    (r"\bo'? ?clock\b", " oclock "),
    (r"\b(\d{1,2}(?::\d\d)?)\s?-?\s?ish\b", r"about \1 oclock"),
    (r"\b(?:til+|until|thru|through)\b", " to "),
    (r"\b(?:noon|midday|mid day|mediodia)(?:ish)?\b", " 12:00pm "),
    (r"\bmidnight\b|\bmedianoche\b", " 11:59pm "),
    (r"\bhalf (?:past )?(\d{1,2})\b", r" \1:30 "),
    (r"\bquarter past (\d{1,2})\b", r" \1:15 "),
    (r"\b(\d{1,2}) (?:oclock )?(?:thirty)\b", r" \1:30 "),
    (r"\b(\d{1,2}) (?:fifteen)\b", r" \1:15 "),
    (r"\b(\d{1,2}) (?:forty ?five)\b", r" \1:45 "),
    (r"\bcouple (?:of )?(?=days|hours|weeks)", "2 "),
    (r"\b(?:a|an|1) hour and a half\b|\b1 and a half hours\b", "90 minutes"),
    (r"\bhalf an? hour\b|\ba half hour\b", "30 minutes"),
    (r"\ban? (?=hour|week|day|month|minute)", "1 "),
    (r"\b(week|month|day|year)ends?\b(?<=weekend)", r"\1end"),
)
QUANTITY = (
    r"bed(?:room)?s?|baths?|bathrooms?|amps?|gallons?|gal|ft|feet|foot|in|inch(?:es)?|years?|yrs?|yr|yo|y/o|months?|mos?|"
    r"doors?|outlets?|lights?|keys?|times|people|kids?|toilets?|units?|tons?|btus?|volts?|v|watts?|percent|%|degrees?|deg|f|"
    r"miles?|blocks?|floors?|story|stories|rooms?|windows?|sq|square|sqft|x|lbs?|pounds?|dollars?|bucks|usd|locks?|switches|"
    r"fans?|faucets?|sinks?|drains?|pipes?|showers?|tubs?|fixtures?|vents?|cars?|guys|men|techs?|"
    r"stars?|inches|psi|ppm|cm|mm|meters?|panels?|springs?|rollers?|sensors?|cables?|breakers?|smoke|detectors?|"
    r"adults|guests|employees|dogs|cats|houses|apartments|bulbs|cans|spots|stations|zones|circuits|copies|sets|phases?|hp|"
    r"recessed|smart|new|old|more|other|different|house|car|bed|car-|gang|prong|way|wire|k|g|grand|star|piece|inch|amp|ton|foot"
)
MASKS: tuple[str, ...] = (
    r"\+?1?[\s.-]?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]\d{4}\b",
    r"\b\d{7,}\b",
    r"\$\s?\d[\d,.]*(?:\s?(?:-|to)\s?\$?\d[\d,.]*)?k?\b",
    r"\b\d[\d,.]*\s?(?:-|to|or)?\s?(?:\d[\d,.]*)?\s?(?:dollars?|bucks|usd|percent|%)",
    r"\b(?:apartment|apt|unit|suite|ste|lot|room|rm|bldg|building|space|gate|code|box|breaker|route|rt|hwy|highway|"
    r"floor|fl|door|circuit|zone|option|error|code|model|type|size|#)\s?#?\s?\d+[a-z]?\b",
    r"#\s?\d+\w*",
    r"\b\d{5}(?:-\d{4})?\b",
    r"\b(?:19|20)\d\d\b(?! ?(?:am|pm))",
    r"\b24\s?/\s?7\b|\b50/50\b|\b1/[248]\b|\b3/[48]\b|\b\d+ ?[x×] ?\d+\b",
    r"\bexp(?:ires?)?\.? ?\d\d?/\d\d(?:\d\d)?\b",
    r"\b\d{1,3}(?:st|nd|rd|th) (?:floor|flr|fl|ave|avenue|st|street|blvd|rd|road|dr|ln|pl|place|ct|time|visit|story|grade|grader|level|unit|door|house|bathroom|tech|guy|company|bedroom|toilet)\b",
    r"\b(?:on|at|near|off|and|corner of|by) \d{1,3}(?:st|nd|rd|th)(?= (?:and|street|st|ave|by|near)|$)(?! at| of)",
    r"\b(?:first|second|third) (?:floor|time|visit|story|bathroom|bedroom|unit|door)\b",
    r"\b(?:for|over|past|took|about|almost|been|last|like|than|under|lasted|every) (?:the )?(?:past |last |about |over |almost |like )?\d+ ?(?:-\d+ )?(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|yrs?)\b(?! from)",
    r"\b\d+ ?(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|yrs?) (?:ago|late|old|early|warranty|now|already|straight|in a row|on the|of|later)\b",
    r"\b(?:a |1 )?(?:few|couple|several|many|some) (?:minutes|hours|days|weeks|months|years) (?:ago|back|now)\b",
    r"\b(?:1|a) (?:day|week|month|year|hour|while) (?:ago|back)\b",
    r"\bevery (?:\d+ )?(?:minutes?|hours?|hrs?|days?|weeks?|night|morning|evening|day|week|month|year|few \w+|time|couple \w+|single \w+)\b",
    r"\b(?:since|ever since) (?:about |around |early |late )?(?:this |last |yesterday |the )?(?:morning|afternoon|evening|night|week|weekend|month|summer|winter|spring|fall|year|noon|monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|today|tonight|\d{1,2}(?::\d\d)?\s?(?:am|pm)?)(?: (?:morning|afternoon|evening|night|\d{1,2}(?::\d\d)?(?:am|pm)?))?(?! to )",
    r"\bsince \w+ \w*",
    r"\b(?:yesterday|yday)(?:'s)?(?: (?:morning|afternoon|evening|night|at \d{1,2}(?::\d\d)?\s?(?:am|pm)?))*",
    r"\b(?:last|past|previous|the other) (?:night|week|weekend|month|year|summer|winter|spring|fall|monday|tuesday|wednesday|thursday|friday|saturday|sunday|day|time|june|july|may|march|april|january|february|august|september|october|november|december)(?: (?:morning|afternoon|evening|night))?",
    r"\b(?:good|gd|great|happy|buenas?|buenos) (?:morning|afternoon|evening|night|day|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend|dias|tardes|noches)\b",
    r"\b(?:all|whole|entire) (?:morning|afternoon|evening|night|day|weekend|week)(?: long| yesterday)\b",
    r"\bin the middle of the night\b|\bmiddle of the night\b|\b(?:at|all|overnight|over) night\b|\bday and night\b|\bthe (?:day|time) before\b",
    r"\b(?:may|might|will|march|can) (?=be\b|have\b|need\b|come\b|not\b|i\b|you\b|also\b|as\b|or\b|want\b|take\b|just\b|even\b|get\b|need\b|still\b|cost\b|know\b)",
    r"\bmay i\b|\bsat (?:down|there|in|on)\b|\bsun (?:room|porch|light|city|valley|ridge)\b|\bsunroom\b",
    r"\b(?:friday|monday|sunday|saturday)'?s? (?:restaurant|bar|football|ticket|dinner|special|party)\b",
    r"\bspring (?:time|special|cleaning|tune|maintenance|break)\b",
    r"\b(?:level|phase|version|plan|channel|episode|chapter|step|line|lane|exit|bus|interstate|county road|cr|fm|sr|us|i) \d+\b",
    rf"\b\d+(?:\.\d+)?\s?-?\s?(?:{QUANTITY})\b(?! (?:the )?(?:morning|afternoon|evening)| from)",
)
COMPILED_MASKS = tuple(re.compile(mask) for mask in MASKS)
COMPILED_SPELLINGS = tuple((re.compile(pattern), word) for pattern, word in SPELLINGS)
COMPILED_SPANISH = tuple((re.compile(pattern), word) for pattern, word in SPANISH)
HAPPENED = (
    r"died|dead|stopped|broke|broken|started|starting|went|noticed|woke|quit|happened|came|began|found|saw|heard|burst|leaked|flooded|"
    r"tripped|snapped|failed|got|installed|bought|moved|left|was|were|called|been|locked|lost|had|tried|used|built|turned|said|kept|fell|told|sent|paid|did|cleaned|replaced|fixed|worked"
)
PAST_DAY = re.compile(
    rf"\b(?:{HAPPENED})\b(?:(?! (?:need|want|can|could|please|available|come|and|but|so)\b)[^.,;!?\n]){{0,30}}?"
    rf"\b(?:(?:earlier )?(?:this (?:morning|afternoon)|today|tonight)|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|overnight)\b"
)
OTHERS = (
    r"flight|plane|train|meeting|party|guests|wedding|court|school|class|practice|dinner|lunch|concert|game|interview|doctor|dentist|"
    r"shift starts?|work starts?|start work|(?:we|i|store|shop|office|restaurant|they|who|you|y'?all) (?:open|close|opens|closes)|opens?|closes?|opening|closing|"
    r"kids get|bus|delivery|inspection is|checkout|check out|check in|checkin|appointment (?:was|is)|appt (?:was|is)|tenants? move|moving in|movers|"
    r"up at|woke up at|built in|born|hours are|are open|were open"
)
THEIRS = re.compile(
    rf"\b(?:{OTHERS})\b(?: \w+){{0,3}}? (?:at|around|is|by|on|from|for|was|about|tomorrow|today|tonight|friday|monday)? ?"
    r"(?:\d{1,2}(?::\d\d)?(?:\s?(?:am|pm|oclock))?(?: ?(?:-|to) ?\d{1,2}(?::\d\d)?\s?(?:am|pm)?)?)"
    r"(?: (?:today|tomorrow|tonight|in the morning|(?:on )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)))?"
)


def tidy(text: str, *, spans: tuple[str, ...] = ()) -> str:
    """One spelling for dates and hours; phones, money, addresses, quantities and the past are holes."""
    for span in spans:
        if span:
            text = re.sub(re.escape(span), HOLE, text, flags=re.IGNORECASE)
    for sign in YES_SIGNS + NO_SIGNS:
        text = text.replace(sign, " ")
    text = unaccented(text).lower().replace("\n", " . ")
    for spelling, word in COMPILED_SPANISH:
        text = spelling.sub(word, text)
    text = re.sub(r"(?<=\w)'(?=\w)", "", text)
    text = re.sub(r"[a-z0-9]+", lambda found: spelled(found[0]), text)
    text = numbers(text)
    for spelling, word in COMPILED_SPELLINGS:
        text = spelling.sub(word, text)
    text = re.sub(r"\s+", " ", text)
    for mask in COMPILED_MASKS:
        text = mask.sub(HOLE, text)
    text = PAST_DAY.sub(HOLE, text)
    text = THEIRS.sub(HOLE, text)
    return re.sub(r"\s+", " ", text).strip()


def spelled(token: str) -> str:
    """Weekdays and months in full; the usual short forms."""
    if token in WEEKDAYS:
        return WEEKDAYS[token]
    if token in MONTHS and token != "may":
        return MONTHS[token]
    if token.isalpha() or token in {"2moro", "2morrow", "2day", "2nite", "2mrw"}:
        word = abbreviations().get(squeezed(token))
        if word and word.split()[0] in {
            "tomorrow",
            "today",
            "tonight",
            "afternoon",
            "evening",
            "morning",
            "week",
            "appointment",
            "apartment",
        }:
            return word
        return MISSPELT.get(token, token)
    return token


MISSPELT = {
    "tomorow": "tomorrow", "tommorow": "tomorrow", "tommorrow": "tomorrow", "tomorro": "tomorrow", "tomarrow": "tomorrow",
    "afernoon": "afternoon", "aftrnoon": "afternoon", "afternoons": "afternoon", "mornings": "morning", "evenings": "evening",
    "mornin": "morning", "nite": "night", "wk": "week", "wknd": "weekend", "weeknd": "weekend", "weekends": "weekend",
    "afternon": "afternoon", "morn": "morning", "aft": "afternoon", "nxt": "next", "btwn": "between",
    "btw": "between", "bet": "between", "b4": "before", "aftr": "after", "arnd": "around", "abt": "about", "approx": "about",
    "approximately": "about", "roughly": "about", "circa": "about", "nights": "night", "todays": "today",
}  # fmt: skip


def numbers(text: str) -> str:
    """Number words as digits where they can be an hour or a count of days."""
    units = "|".join(word for word in NUMBERS if word != "one")
    text = re.sub(rf"\b({units})\b", lambda found: str(NUMBERS[found[1]]), text)
    before = r"(?<=\bat )|(?<=\baround )|(?<=\bafter )|(?<=\bbefore )|(?<=\babout )|(?<=\bpast )|(?<=\bby )|(?<=\bbetween )|(?<=\btil )|(?<=\bto )"
    text = re.sub(rf"(?:{before})one\b", "1", text)
    text = re.sub(r"\bone (?=day|hour|week|pm|am|oclock|o clock|thirty|fifteen)", "1 ", text)
    ordinals = "|".join(ORDINALS)
    return re.sub(
        rf"\b(?:(?<=the )|(?<=on )|(?<=january )|(?<=february )|(?<=march )|(?<=april )|(?<=may )|(?<=june )|(?<=july )|(?<=august )|"
        rf"(?<=september )|(?<=october )|(?<=november )|(?<=december ))({ordinals})\b(?= of | at |$| in the| (?:january|february|march|april|june|july|august|september|october|november|december))",
        lambda found: f"{ORDINALS[found[1]]}th", text,
    )  # fmt: skip
