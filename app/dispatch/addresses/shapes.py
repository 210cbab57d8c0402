"""The shapes of US addresses as expressions."""

from __future__ import annotations

import json
import re

from app.dispatch.wording import WORDS

SUFFIX = (
    r"street|st|str|avenue|ave|av|aven|road|rd|drive|dr|drv|lane|ln|court|ct|crt|boulevard|blvd|boul|bvd|way|wy|"
    r"place|pl|terrace|ter|terr|"
    r"circle|cir|crcl|parkway|pkwy|pky|pkway|trail|trl|tr|loop|lp|square|sq|highway|hwy|cove|cv|crossing|xing|path|"
    r"pass|row|run|plaza|plz|"
    r"point|pt|ridge|rdg|bend|bnd|creek|crk|glen|gln|grove|grv|heights|hts|hill|hills|hollow|holw|isle|key|knoll|"
    r"lake|landing|lndg|manor|"
    r"meadow|meadows|mill|oaks|oak|park|pike|ranch|spur|turnpike|tpke|trace|trce|valley|view|vw|village|vista|walk|"
    r"alley|aly|commons|"
    r"esplanade|expressway|expy|freeway|fwy|gateway|canyon|cyn|bluff|branch|bridge|center|ctr|club|corner|course|"
    r"estates|field|fields|"
    r"flat|ford|forest|fork|garden|gardens|harbor|haven|island|junction|mews|mountain|mtn|orchard|overlook|promenade|"
    r"ramp|rapids|shore|"
    r"shores|skyway|spring|springs|station|stream|summit|union|wells|wood|woods"
)
SURE_SUFFIX = (
    r"street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|court|ct|boulevard|blvd|place|pl|terrace|ter|circle|cir|"
    r"parkway|pkwy|trail|trl|"
    r"highway|hwy|cove|cv|plaza|loop|way|square|alley|expressway|expy|turnpike|pike|crossing|xing|freeway|fwy|terr|"
    r"str|tpke"
)
DIRECTION = r"(?:north|south|east|west|northeast|northwest|southeast|southwest|[nsew]|ne|nw|se|sw)\.?"
STATE = "|".join(json.loads((WORDS / "states.json").read_text(encoding="utf-8")))
NUMBER = r"(?P<number>(?:\d{1,6}(?:-\d{1,4})?(?:-?[a-z])?|[nsew]\d{3,5}|[nsew]\d{1,3} ?[nsew]\d{2,5})(?:[ -]?1/2)?)"
"""House numbers: plain, hyphenated, with a letter, with a half, and those of the Wisconsin grid (N4521)."""
NO_NAME = (
    r"(?!(?:and|or|but|is|at|the|i|im|my|we|in|on|please|pls|apt|apartment|unit|suite|ste|apto|depto|for|to|a|an|"
    r"with|can|"
    r"need|have|it|its|that|this|you|hour|hours|hr|hrs|min|mins|minutes|per|from|if|when|was|were|has|had|do|does|"
    r"because|then|than|still|just|so|will|would|could|should|into|only|again|anywhere|everywhere|"
    r"overdue|straight)\b)"
)
"""Words that are in no street's name."""
WORD = (
    rf"{NO_NAME}"
    r"(?:[a-zà-ÿ][a-zà-ÿ0-9'-]*|\d{1,3}(?:st|nd|rd|th))\.?"
)
NAMED = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:{WORD} ){{1,4}}?(?:{SURE_SUFFIX})\b\.?(?: "
    rf"(?:{SURE_SUFFIX})\b\.?(?! (?:louis|paul|petersburg|augustine|cloud|charles|joseph|george|johns?|peters|"
    rf"marys?)\b))?(?: {DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
SOFT = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:{WORD} ){{1,3}}?(?:{SUFFIX})\b\.?(?: "
    rf"{DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    rf"\b(?:house|building|bldg)? ?(?:number|num|no\.?|#) ?(?P<number>\d{{1,6}}[a-z]?),? (?:on|at) "
    rf"(?P<street>(?:{DIRECTION} )?(?:{WORD} ){{1,4}}?(?:{SURE_SUFFIX})\b\.?)",
    re.IGNORECASE,
)
TRAILED = re.compile(
    rf"(?<![\w$#.:/-])(?P<street>(?:{DIRECTION} )?(?:{WORD} ){{1,3}}?(?:{SURE_SUFFIX})\b\.?),? "
    rf"(?:house )?(?:number|num|no\.?|numero|nro\.?) (?P<number>\d{{1,6}}[a-z]?)\b",
    re.IGNORECASE,
)
"""The number behind the street: "E 7th St number 500"."""
CALLE = re.compile(
    rf"\b(?P<street>(?:calle|avenida|camino|paseo|callejon|privada)(?: {NO_NAME}[a-zà-ÿ]+){{1,3}}?),? "
    r"(?:#|numero |num\.? |no\.? )?(?P<number>\d{1,5}[a-z]?)\b(?! ?(?:am|pm|[:/]))",
    re.IGNORECASE,
)
"""The Spanish order: "calle Robles 44"."""
GRID = re.compile(rf"(?<![\w$#.:/-]){NUMBER} (?P<street>{DIRECTION} \d{{2,5}} {DIRECTION}(?![\w']))", re.IGNORECASE)
ORDINAL = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:\d{{1,3}}(?:st|nd|rd|th)(?: (?:{SURE_SUFFIX})\b\.?)?|"
    rf"\d{{1,3}} (?:mile )?(?:{SURE_SUFFIX})\b\.?)(?: "
    rf"{DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
ROUTE = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:old )?(?:county road|country road|county rd|county "
    rf"highway|co rd|cr|fm|pr|business|rm|rr|state route|state road|"
    rf"state highway|state hwy|sr|route|rte|rt|us highway|us hwy|u\.?s\.?(?: hwy| highway)?|(?:[a-z]{{2}}|{STATE}) "
    rf"(?:highway|hwy|route)|"
    rf"highway|hwy|interstate|i|ih|ranch road|farm road|rural route|private road|loop)(?: no\.?)?[ "
    rf"-]?(?:\d{{1,5}}[a-z]?|(?<=road )[a-z]{{1,3}}\b)(?: business)?(?: {DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
FRONTED = re.compile(
    rf"(?<![\w$#.:/-]){NUMBER},? (?P<street>(?:{DIRECTION} )?(?:[ai] (?:street|st|avenue|ave)\b|avenue of the [a-z]+|"
    rf"ave of the [a-z]+|avenue "
    rf"[a-z]\b|ave [a-z]\b|"
    rf"(?:calle|camino|via|paseo|rue|avenida|rancho|vista|el camino|plaza|corte|circulo)(?: {NO_NAME}[a-z]+){{1,3}}|"
    rf"(?:[a-z]+ )?broadway\b(?: (?:st|street|ave|avenue|blvd)\b)?|park row|the [a-z]+ (?:{SURE_SUFFIX})|[a-z]+ of "
    rf"the [a-z]+)(?: {DIRECTION}(?![\w']))?)",
    re.IGNORECASE,
)
LOOSE = re.compile(
    rf"(?<![\w$#.:/-])(?P<number>\d{{1,6}}(?:-\d{{1,4}})?),? (?P<street>(?:{DIRECTION} )?[a-z][a-z']+"
    r"(?: (?!(?:apt|apartment|unit|suite|ste|apto|depto|room|floor)\b)[a-z][a-z']+){0,2})",
    re.IGNORECASE,
)
UNIT = re.compile(
    r"(?:\b(?:apt|apartment|unit|suite|ste|lot|room|rm|spc|space|trlr|bldg|building|apto|depto|"
    r"departamento)(?=[\s.#\d])\.? "
    r"?(?:#|no\.? ?|number )?|#\s?)"
    r"(?P<unit>\d{1,5}[a-z]?(?:-\d{1,4}[a-z]?|-[a-z])?|[a-z]-?\d{0,4})\b(?!')",
    re.IGNORECASE,
)
TOLD_UNIT = re.compile(
    r"(?<!ac )(?<!hvac )(?<!a/c )(?<!heating )(?<!cooling )(?<!outside )(?<!outdoor )(?<!air )(?<!old )"
    r"\b(?:apt|apartment|unit|suite|ste|apto|depto|departamento|apartamento)\b\.?(?: ?#| number| no\.?| num|"
    r" numero)?,? "
    r"(?:(?:is|it'?s|its|should be|es(?: el)?|now|actually|sorry|was supposed to be|number|numero)[ :]+)+#?"
    r"(?P<unit>\d{1,5}-?[a-z]?|[a-z]-?\d{1,4})(?= ?(?:$|[.,;!?)]|(?:not|no|now|and|please|pls|thanks|at|on the|y|"
    r"upstairs|downstairs|sorry|instead|thx)\b))",
    re.IGNORECASE,
)
"""A unit that is told in a sentence of its own: "wrong apt, its 9c"."""
BARE_UNIT = re.compile(
    r"^(?:it'?s |its |number |es el )?#?(?P<unit>\d{1,4}-?[a-z]|[a-z]-?\d{1,4})[.! ]*$", re.IGNORECASE
)
ZIP = re.compile(r"(?<![\d$#.,-])\b(\d{5})(?:-\d{4})?\b(?![\d%]| ?(?:dollars|bucks|sq|sqft|square|btu|miles|gallons))")
PO_BOX = re.compile(r"\bp\.? ?o\.? ?box \d+[^,.\n]*?(?=,| but|\.|$)", re.IGNORECASE)
VAGUE = re.compile(
    r"\b(?:corner of|on the corner|near the|next to the|across from|behind the|by the|intersection|close to the|off "
    r"of|at the (?:mall|park|school|church|gas station)|down the street)\b",
    re.IGNORECASE,
)
AFTER_NO = re.compile(
    r"^\s?(?:am|pm|a\.m|p\.m|bed|beds|bedroom|amp|amps|toilets?|sq|sqft|ft|feet|gallons?|inch|inches|years?|months?|"
    r"days?|weeks?|hours?|hrs?|minutes?|mins?|"
    r"people|kids|doors?|outlets?|degrees|percent|dollars|bucks|times|miles|ton|tons|psi|locks?|keys?|lights?|units?|"
    r"of|oclock|o'clock|story|stories|volt|watts?|x\d|way|wheel|panel|prong|pole|phase|gang|zone|piece|block of|"
    r"baths?(?! (?:st|street|rd|road|ave)))\b",
    re.IGNORECASE,
)
