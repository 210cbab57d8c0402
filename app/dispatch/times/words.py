"""Days, months and numbers as they are written, English and Spanish."""

from __future__ import annotations

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = {
    **{name: name for name in DAY_NAMES},
    "mon": "monday", "mondays": "monday", "tue": "tuesday", "tues": "tuesday", "tuesdays": "tuesday", "tu": "tuesday",
    "teusday": "tuesday", "tuesay": "tuesday", "wed": "wednesday", "weds": "wednesday", "wednes": "wednesday",
    "wednsday": "wednesday", "wensday": "wednesday", "wendsday": "wednesday", "wednesdays": "wednesday", "thu": "thursday",
    "thur": "thursday", "thurs": "thursday", "thrus": "thursday", "thrusday": "thursday", "thursdays": "thursday",
    "thrs": "thursday", "fri": "friday", "fridays": "friday", "firday": "friday", "sat": "saturday", "satur": "saturday",
    "saterday": "saturday", "saturdays": "saturday", "sun": "sunday", "sundays": "sunday", "lunes": "monday",
    "martes": "tuesday", "miercoles": "wednesday", "jueves": "thursday", "viernes": "friday", "sabado": "saturday",
    "domingo": "sunday",
}  # fmt: skip
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
MONTHS = {
    **{name: name for name in MONTH_NAMES},
    "jan": "january", "feb": "february", "apr": "april", "jun": "june", "jul": "july", "aug": "august",
    "sept": "september", "sep": "september", "oct": "october", "nov": "november", "dec": "december", "enero": "january",
    "febrero": "february", "marzo": "march", "abril": "april", "mayo": "may", "junio": "june", "julio": "july",
    "agosto": "august", "septiembre": "september", "octubre": "october", "noviembre": "november", "diciembre": "december",
}  # fmt: skip
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
