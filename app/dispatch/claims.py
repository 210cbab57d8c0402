"""What a text may claim only with a fact behind it: the patterns, in both languages (behaviour.md 4.7)."""

from __future__ import annotations

import re

_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MESES = "ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic"
_UNITS = r"(?:minutes?|mins?|minutos?|hours?|hrs?|horas?|days?|dias?|weeks?|semanas?)"

AMOUNT = re.compile(
    r"[$€£¥¤](?: ?(?P<sum>\d+(?:,\d{3})*(?:\.\d+)?))?|(?:\b(?P<plain>\d+(?:,\d{3})*) ?)?"
    r"\b(?:dollars?|bucks|usd|dolares|pesos)\b",
    re.IGNORECASE,
)
MONEY_SIGN = re.compile(r"[$€£¥¤]")
DISCOUNT = re.compile(
    r"%|\b(?:percent|por ciento|discount\w*|descuentos?|rebajas?|coupons?|cupon(?:es)?|rebates?|half price|"
    r"special (?:offer|price)|price match\w*|(?:lowest|best) prices?|cheap(?:er|est|ly)?|on the house|complimentary|"
    r"gratis|(?:no|sin) (?:charge|cost|costo|cargo)|free of charge|for free|\d+ off|"
    r"free (?:estimates?|quotes?|visits?|inspections?|service|calls?|diagnos\w+|check\w*|consult\w*))\b",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"\b\d{1,2}(?::\d\d)?(?: ?[ap]\.?m?\.?)?-\d{1,2}(?::\d\d)? ?[ap]\.?m\b|\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b|"
    r"\b\d{1,2}:\d\d\b|\bo'?clock\b|\bnoon\b|\bmidnight\b|\bmediodia\b|\bmedianoche\b|"
    r"\b(?:at|by|before|after|until|till|around|between|from|a las|antes de las|desde las|hasta las|sobre las)"
    r" \d{1,2}\b(?![\d,-]| ?[A-Za-z]{3})",
    re.IGNORECASE,
)
DAY = re.compile(
    rf"\b(?:today|tonight|tomorrow|{_WEEKDAYS})(?:'s)?\b|\bthis (?:morning|afternoon|evening|week\w*)\b|"
    rf"\bnext (?:day|week|month)\b|\b(?:{_MONTHS})[a-z]*\.? \d{{1,2}}\b|\b\d{{1,2}}/\d{{1,2}}\b|"
    r"\b(?:hoy|mañana|esta (?:noche|tarde|semana)|lunes|martes|miercoles|jueves|viernes|sabado|domingo)\b|"
    rf"\b(?:lun|mar|mie|jue|vie|sab|dom),? \d|\b\d{{1,2}} (?:de )?(?:{_MESES})(?:[a-z]*)\b|"
    r"(?-i:\b(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)\b)",
    re.IGNORECASE,
)
LENGTH = re.compile(
    rf"\b(?P<number>\d+(?:\.\d+)?)(?:\s?-\s?\d+)?[ -]?{_UNITS}\b|\b(?:half an|an|one) hour\b", re.IGNORECASE
)
LINK = re.compile(
    r"https?:|\bwww\.|\S@\S|"
    r"\b[a-z0-9-]+\.(?:com|net|org|io|co|us|biz|info|app|ly|me|link|site|online|shop|example)\b",
    re.IGNORECASE,
)
PHONE = re.compile(
    r"\+\d{7,}|\(?\b\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}\b|\b\d{3}[ .-]\d{4}\b|"
    r"\b(?:call|dial|text|llame al?|marque(?: al?)?) (?!911\b|988\b)\d{3,6}\b",
    re.IGNORECASE,
)
PROMISE = re.compile(
    r"\b(?:guarant\w+|garanti\w+|warrant\w+|licensed|insured|bonded|certified|licenciad\w+|asegurad\w+|certificad\w+|"
    r"refund\w*|reembols\w+|money back|devoluci\w+|devolvemos|compensat\w+|compensa\w+|"
    r"(?:i|we)(?:'ll| will)? promise|(?:le |se lo )?prometemos|le prometo|"
    r"(?:called|llamamos al) 911|911 (?:was|has been) called|right away|immediately|de inmediato|inmediatamente|"
    r"(?:i|we|he|she|they|someone|somebody)(?:'ll| will) (?:be (?:there|right over|with you)|arrive|come by)|"
    r"see you (?:at|on|then|soon|there|around|\x00)|will definitely|nos vemos|llegaremos|"
    r"estaremos (?:ahi|alli|con usted))"
    r"(?!\w)",
    re.IGNORECASE,
)
HUMAN = re.compile(
    r"\b(?:i'?m|i am|we are|you(?:'re| are) (?:talking|speaking|texting|chatting) (?:to|with)) (?:an? )?"
    r"(?:real |actual |live |human )*(?:human|person|people|man|woman|guy|lady|employee|being)\b|"
    r"\b(?:i'?m|i am|this is|it'?s) (?:not|no) (?:an? )?(?:ro)?(?:bot|machine|computer|automated|ai)\b|"
    r"\breal (?:person|human) (?:here|writing|texting)\b|"
    r"\bsoy (?:un |una )?(?:persona|humano|humana|hombre|mujer)\b|\bno soy (?:un |una )?(?:robot|bot|maquina)\b|"
    r"\b(?:my name is|me llamo|mi nombre es)\b",
    re.IGNORECASE,
)
OTHER_NAME = re.compile(
    r"\b(?:[Tt]his is|I'm|I am|[Ss]oy|[Ss]omos|[Hh]abla|[Aa]sk for|[Tt]alk to|[Ss]peak (?:to|with)|[Pp]regunte por|"
    r"[Hh]able con|[Ll]e escribe) (?!YES|NO|STOP)[A-Z]\w+"
    r"|(?:^|[.!?] )(?!Right|Still|Over|Reply|Text|Write|Just)[A-Z][a-z]+ (?:here\b|from \x00|de \x00)"
)
CAPITAL = re.compile(r"\b[A-Z][a-z]{2,}\b")
DOES = re.compile(r",? (?:here|from|will|is|can|has|and|or|comes|calls|texts|knows)\b")
ADVICE = re.compile(
    r"\b(?:shut|turn|switch|flip|reset|unplug|plug|relight|unscrew|drain|bleed|jiggle|tighten)"
    r"(?: (?:it|them|off|on|down|the|your|back))+\b|"
    r"\bclose the (?:main|valve|water|gas)\b|\bbreakers?\b|\bpilot light\b|\b"
    r"(?:apague|desconecte|cierre|corte|encienda)n? (?:el|la|los|las|su)\b|"
    r"\b(?:take|tome) (?:an? |una? )?(?:aspirin\w*|pills?|pastillas?|medic\w+)\b",
    re.IGNORECASE,
)
OPT_OUT_TRAP = re.compile(
    r"\b(?:reply|text|send|say|write|answer|type|respond|responda|escriba|mande|envie|diga|conteste)"
    r"(?: (?:with|us|back|con|the word))* [\"']?"
    r"(?:(?:cancel|end|quit|unsubscribe|revoke|stop ?all|opt ?out)\b|"
    r"stop\b(?! (?:at any time |anytime )?(?:to (?:opt out|end texts|stop)|para no recibir)))",
    re.IGNORECASE,
)
BOOKED = re.compile(
    r"\b(?:booked|reserved|scheduled|all set|you(?:'re| are) down for|reservad[oa]s?|agendad[oa]s?|apartad[oa]s?)\b",
    re.IGNORECASE,
)
CONFIRMED = re.compile(r"\b(?:confirmed|confirmad[oa]s?)\b", re.IGNORECASE)
MOVED = re.compile(r"\b(?:moved|rescheduled|cambiad[oa]s?|reprogramad[oa]s?)\b", re.IGNORECASE)
CANCELLED = re.compile(r"\b(?:cancell?ed|called off|cancelad[oa]s?|anulad[oa]s?)\b", re.IGNORECASE)
ON_THE_WAY = re.compile(
    r"\b(?:on (?:the|his|her|their|our|my|its) way|en route|heading (?:over|out|your way)|has left|en camino|"
    r"va(?:n|mos)? para alla|tecnico (?:ya )?salio)\b",
    re.IGNORECASE,
)
