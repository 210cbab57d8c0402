"""The customer's name: found by pattern, cleaned by a stop list (reference/dispatch.md 6)."""

from __future__ import annotations

import re

from app.dispatch.normalize import dictionary, english, vocabulary

FIRST_NAMES = frozenset(
    ["aaron", "abby", "abel", "abigail", "adam", "adrian", "aisha", "al", "alan", "albert", "alberto", "alejandra", "alejandro", "alex", "alexa", "alexander", "alexis", "ali", "alice", "alicia", "alison", "allen", "amanda", "amber", "amy", "ana", "andre", "andrea", "andrew", "andy", "angel", "angela", "angie", "anita", "ann", "anna", "anne", "annie", "anthony", "antonio", "april", "arturo", "ashley", "audrey", "barb", "barbara", "ben", "benjamin", "bernard", "beth", "betty", "beverly", "bill", "billy", "bob", "bobby", "bonnie", "brad", "brandon", "brenda", "brent", "brian", "brittany", "bruce", "bryan", "caleb", "carl", "carla", "carlos", "carmen", "carol", "caroline", "carrie", "casey", "cathy", "cecilia", "chad", "charlene", "charles", "charlie", "cheryl", "chloe", "chris", "christian", "christina", "christine", "christopher", "cindy", "claire", "clara", "claudia", "cody", "colin", "connie", "connor", "corey", "courtney", "craig", "crystal", "curtis", "cynthia", "dale", "damian", "dan", "dana", "daniel", "danielle", "danny", "darlene", "darren", "darryl", "dave", "david", "dawn", "dean", "deb", "debbie", "deborah", "debra", "deepak", "denise", "dennis", "derek", "diana", "diane", "diego", "dmitri", "don", "donald", "donna", "doris", "dorothy", "doug", "douglas", "drew", "duane", "dustin", "dwayne", "dylan", "earl", "ed", "eddie", "edgar", "eduardo", "edward", "edwin", "eileen", "elaine", "eleanor", "elena", "eli", "elijah", "elizabeth", "ella", "ellen", "emily", "emma", "enrique", "eric", "erica", "erik", "erin", "ernest", "esther", "ethan", "eva", "evan", "evelyn", "fatima", "felipe", "felix", "fernando", "florence", "frances", "francisco", "frank", "fred", "gabriel", "gabriela", "gail", "gary", "gene", "george", "gerald", "gina", "gladys", "glen", "glenn", "gloria", "gordon", "grace", "greg", "gregory", "gus", "guadalupe", "hannah", "harold", "harry", "heather", "hector", "heidi", "helen", "henry", "herman", "holly", "howard", "hugo", "ian", "irene", "isaac", "isabel", "isabella", "ivan", "jack", "jackie", "jackson", "jacob", "jacqueline", "jaime", "jake", "james", "jamie", "jan", "jane", "janet", "janice", "jared", "jasmine", "jason", "javier", "jay", "jean", "jeff", "jeffrey", "jen", "jenna", "jennifer", "jenny", "jeremy", "jerome", "jerry", "jess", "jesse", "jessica", "jesus", "jill", "jim", "jimmy", "jo", "joan", "joann", "joanna", "joe", "joel", "john", "johnny", "jon", "jonathan", "jordan", "jorge", "jose", "joseph", "josh", "joshua", "joy", "joyce", "juan", "juanita", "judith", "judy", "julia", "julian", "julie", "julio", "justin", "kara", "karen", "karl", "kate", "katherine", "kathleen", "kathy", "katie", "kayla", "keith", "kelly", "ken", "kendra", "kenneth", "kenny", "kevin", "kim", "kimberly", "kirk", "kristen", "kristin", "kristina", "kurt", "kyle", "lance", "larry", "laura", "lauren", "laurie", "lee", "leo", "leon", "leonard", "leslie", "lillian", "linda", "lisa", "liz", "logan", "lois", "lori", "louis", "louise", "lucas", "lucia", "lucy", "luis", "luke", "luz", "lydia", "lynn", "madison", "malik", "manny", "manuel", "marc", "marcia", "marco", "marcus", "margaret", "maria", "mariana", "marie", "marilyn", "mario", "marion", "marjorie", "mark", "marlene", "marsha", "marta", "martha", "martin", "marvin", "mary", "mason", "matt", "matthew", "maureen", "max", "maya", "megan", "mei", "melanie", "melissa", "mercedes", "mia", "michael", "michele", "michelle", "miguel", "mike", "mildred", "mindy", "mitch", "mohammed", "molly", "monica", "morgan", "nancy", "naomi", "natalie", "natasha", "nate", "nathan", "neil", "nick", "nicholas", "nicole", "nina", "noah", "noor", "nora", "norma", "norman", "olga", "oliver", "olivia", "omar", "oscar", "pablo", "pam", "pamela", "patricia", "patrick", "patty", "paul", "paula", "pauline", "pedro", "peggy", "penny", "perry", "pete", "peter", "phil", "philip", "phillip", "phyllis", "priya", "rachel", "rafael", "rajesh", "ralph", "ramon", "randy", "raul", "ravi", "ray", "raymond", "rebecca", "regina", "renee", "rhonda", "ricardo", "rich", "richard", "rick", "ricky", "rita", "rob", "robert", "roberta", "roberto", "robin", "rodney", "roger", "roland", "ron", "ronald", "rosa", "rose", "rosemary", "ross", "roy", "ruben", "russ", "russell", "ruth", "ryan", "sabrina", "sally", "sam", "samantha", "samuel", "sandra", "sandy", "sara", "sarah", "sasha", "scott", "sean", "sergio", "seth", "shane", "shannon", "sharon", "shaun", "shawn", "sheila", "shelly", "sherry", "shirley", "silvia", "simon", "sofia", "sol", "sonia", "sophia", "sophie", "spencer", "stacy", "stan", "stanley", "stella", "stephanie", "stephen", "steve", "steven", "stuart", "sue", "susan", "suzanne", "sylvia", "tamara", "tammy", "tanya", "tara", "tasha", "ted", "teresa", "terri", "terry", "theresa", "thomas", "tiffany", "tim", "timothy", "tina", "todd", "tom", "tommy", "toni", "tony", "tracy", "travis", "trevor", "trisha", "troy", "tyler", "valerie", "vanessa", "vera", "veronica", "vicki", "victor", "victoria", "vincent", "viola", "virginia", "vivian", "wade", "walter", "wanda", "warren", "wayne", "wendy", "wesley", "whitney", "eve", "moe", "gil", "bo", "vic", "lou", "rae", "lena", "mabel", "nora", "otis", "ines", "hope", "faith", "grace", "art", "pat", "sid", "ike", "abe", "will", "william", "willie", "yolanda", "yvonne", "zach", "zachary", "zoe"]
)  # fmt: skip
NAME = r"[A-ZÁÉÍÓÚÑ][a-zà-ÿ'’]+(?:-?[A-Z][a-zà-ÿ]+)?|[A-Z]{2,}(?![a-z])"
ANY = r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’-]*\.?"
FULL = rf"(?P<name>{ANY}(?: {ANY}){{0,2}})"
SAID = re.compile(
    rf"\b(?:my name(?:'?s| is)|name(?:'?s| is|:)|names|i am called|me llamo|mi nombre es|this is|it'?s|its|i'?m|i am|soy|under(?: the name)?|ask for|"
    rf"para|put it under|book it under|name) (?:mr\.? |mrs\.? |ms\.? |dr\.? )?{FULL}",
    re.IGNORECASE,
)
SURE_WORDS = ("my name", "name", "me llamo", "mi nombre", "under", "put it", "book it")
HERE = re.compile(rf"(?:^|[.,!?;-] ?|\bhi |\bhey |\bhello )(?P<name>{ANY}(?: {ANY})?) here\b", re.IGNORECASE)
TAIL = re.compile(
    r"(?:[-–—~] ?|\b(?:thanks|thank you|thx|regards|gracias|cheers|sincerely),? ?[-–]? ?)(?P<name>[A-Za-z][A-Za-z'’]+(?: [A-Z][a-z'’]+)?)\s*[.!]?\s*$",
    re.IGNORECASE,
)
BETWEEN = re.compile(
    rf"(?:^|[,.;!?\n]|\b\d{{5}}\b,?|\bTX\b,?) ?(?P<name>(?:{NAME})(?: (?:{NAME})){{0,2}})(?= ?(?:[,.;!?\n]|$|\d{{3}}|- ))"
)
AFTER_ZIP = re.compile(r"\b\d{5}\b[,.]? (?P<name>[A-Za-z][a-z'’]+(?: [A-Za-z][a-z'’]+)?)\s*(?=[.!,\n]|$)")
THIRD = re.compile(
    r"\b(?:my|his|her|our|your|the|his|tell|ask(?:ing)? for|spoke (?:to|with)|talked to|speak (?:to|with)|is this|are you|this is for|from|call(?:ed)?|hey|hi|hello|dear|thanks|thank you|named|with)\s+$",
    re.IGNORECASE,
)
STOP = frozenset(
    ["yes", "no", "ok", "okay", "yeah", "yep", "nope", "sure", "thanks", "thank", "please", "hi", "hello", "hey", "good", "morning", "afternoon", "evening", "today", "tomorrow", "tonight", "now", "asap", "urgent", "emergency", "help", "here", "there", "home", "house", "sorry", "great", "fine", "perfect", "just", "not", "so", "very", "really", "still", "also", "and", "or", "the", "a", "an", "my", "your", "our", "his", "her", "its", "it", "is", "are", "was", "be", "been", "have", "has", "had", "will", "would", "can", "could", "should", "do", "does", "did", "need", "want", "get", "got", "going", "looking", "trying", "having", "calling", "texting", "wondering", "locked", "stuck", "outside", "inside", "near", "at", "in", "on", "from", "to", "for", "with", "about", "available", "free", "busy", "flexible", "interested", "sir", "maam", "dude", "man", "guys", "austin", "texas", "dallas", "houston", "chicago", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "mon", "tue", "wed", "thu", "thurs", "fri", "sat", "sun", "am", "pm", "street", "st", "ave", "avenue", "road", "rd", "drive", "dr", "lane", "ln", "blvd", "court", "ct", "apt", "unit", "suite", "stop", "start", "unsubscribe", "cancel", "quit", "end", "call", "text", "one", "two", "three", "first", "second", "third", "last", "any", "anytime", "flexible", "whenever", "back", "out", "up", "down", "off", "broken", "leaking", "leak", "water", "toilet", "sink", "heater", "furnace", "ac", "hvac", "outlet", "breaker", "door", "garage", "lock", "key", "keys", "plumber", "plumbing", "electrician", "locksmith", "customer", "owner", "tenant", "landlord", "renter", "homeowner", "manager", "new", "old", "same", "address", "zip", "phone", "number", "name", "price", "cost", "quote", "urgente", "hola", "gracias", "si", "por", "favor", "buenos", "buenas", "dias", "tardes", "mañana", "hoy", "casa", "agua", "necesito", "un", "una", "el", "la", "los", "las", "de", "que", "en", "con", "para", "aqui", "listo", "bueno", "claro", "ahora", "ya", "bien", "mal", "solo", "sola", "seguro", "anyone", "anybody", "somebody", "someone", "everyone", "everything", "nothing", "something", "this", "that", "these", "those", "what", "when", "where", "who", "why", "how", "which", "me", "you", "we", "they", "them", "him", "us", "i", "im", "id", "ill", "ive", "hes", "shes", "whats", "thats", "let", "lets", "also", "maybe", "sounds", "works", "work", "book", "confirm", "confirmed", "done", "wrong", "right", "correct", "true", "false", "nice", "cool", "awesome", "lol", "omg", "wow", "ugh", "hmm", "well", "actually", "basically", "like", "prefer", "sparking", "flooding", "pouring", "burning", "smoking", "gushing", "dripping", "dead", "alone", "safe", "scared", "worried", "desperate", "serious", "ready", "sure", "glad", "happy", "afraid", "cash", "check", "card", "credit", "visa", "venmo", "zelle", "texting", "driving", "working", "sleeping", "waiting", "hurry", "quick", "soon", "later", "before", "after", "between", "until", "since", "google", "yelp", "seo", "llc", "inc", "company", "business", "store", "shop", "restaurant", "office", "hotel", "school", "church", "walmart", "target", "costco", "admin", "system", "ignore", "prime", "north", "south", "east", "west", "n", "s", "e", "w", "ne", "nw", "se", "sw", "apartment", "building", "floor", "kitchen", "bathroom", "basement", "attic", "upstairs", "downstairs", "lobby", "mr", "mrs", "ms", "dr"]
)


def find(
    text: str, *, asked: str | None = None, spans: tuple[str, ...] = (), cities: frozenset[str] = frozenset()
) -> str | None:
    """The customer's own name; `spans` are parts of the text that are something else (the address)."""
    clean = text
    for span in spans:
        if span:
            clean = re.sub(re.escape(span), " 00000 ", clean, flags=re.IGNORECASE)
    clean = re.sub(r"\s+", " ", clean.replace("’", "'")).strip()
    if asked == "name":
        answer = answered(clean)
        if answer:
            return answer
    for found in HERE.finditer(clean):
        name = cleaned(found["name"], is_sure=False, cities=cities)
        if name:
            return name
    for found in SAID.finditer(clean):
        lead = found[0][: found.start("name") - found.start()].lower()
        if THIRD.search(clean[: found.start()]) and not lead.startswith(("this is", "my name")):
            continue
        if re.search(
            r"(?:her|his|their|wifes?|wife's|husband'?s|mom'?s|last|street|dog'?s|company|business|user|tenant'?s|your|the|brand|domain|first) $",
            clean[: found.start()],
            re.IGNORECASE,
        ):
            continue
        name = cleaned(found["name"], is_sure=lead.startswith(SURE_WORDS), cities=cities)
        if name:
            return name
    for shape in (AFTER_ZIP, TAIL, BETWEEN):
        for found in shape.finditer(clean):
            if shape is not AFTER_ZIP and THIRD.search(clean[: found.start("name")]) and shape is BETWEEN:
                continue
            is_alone = shape is AFTER_ZIP and all(word[0].isupper() and word.lower() not in vocabulary() for word in found["name"].split())
            name = cleaned(found["name"], is_sure=is_alone, cities=cities, must_know=shape is not AFTER_ZIP)
            if name:
                return name
    return None


def answered(text: str) -> str | None:
    """A short answer to the question for the name."""
    words = re.sub(
        r"^(?:(?:it'?s|its|i'?m|im|i am|my name is|name is|this is|the name is|sure|ok|yes|me llamo|soy|mi nombre es|under|put it under|hi|just)[ ,:]+)+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    words = re.split(r"[,.;!?\n(]| and | but | y ", words)[0].strip()
    parts = words.split()
    if not 1 <= len(parts) <= 4 or any(not re.fullmatch(r"[A-Za-zÀ-ÿ'’.-]+", part) for part in parts):
        return None
    if all(
        part.lower() in STOP
        or (part.lower() in dictionary() and part.lower() not in FIRST_NAMES and not part[0].isupper())
        for part in parts
    ):
        return None
    return titled(parts) if parts[0].lower() not in STOP or parts[0].lower() in FIRST_NAMES else None


def cleaned(found: str, *, is_sure: bool, cities: frozenset[str], must_know: bool = True) -> str | None:
    """Cut at the first word that is no name; nothing when the first is none."""
    parts: list[str] = []
    for word in re.split(r"[ ]", found.strip(" .,")):
        bare = word.strip(".,'").lower()
        if not bare or not is_name_word(word, bare, first=not parts, is_sure=is_sure, must_know=must_know):
            break
        parts.append(word.strip(".,"))
    if not parts:
        return None
    if " ".join(parts).lower() in cities and parts[0].lower() not in FIRST_NAMES:
        return None
    return titled(parts)


def is_name_word(word: str, bare: str, *, first: bool, is_sure: bool, must_know: bool) -> bool:
    """Whether a word can be part of a name: known first names always, else what is no everyday word."""
    if bare in STOP and not (bare in FIRST_NAMES and word[0].isupper()):
        return False
    if first and bare in FIRST_NAMES:
        return word[0].isupper() or bare not in dictionary() or is_sure
    is_everyday = bare in english() or bare in vocabulary()
    if word[0].isupper() and not word.isupper():
        return not is_everyday or not first or is_sure
    if is_sure:
        return (not is_everyday or word[0].isupper()) and len(bare) > 1
    return (
        not is_everyday and len(bare) > 2 and bare.isalpha() and (not must_know or not first) and bare not in english()
    )


def titled(parts: list[str]) -> str:
    """Names with capitals."""
    return " ".join(
        part if not (part.islower() or part.isupper()) or len(part) == 1 else part.capitalize() for part in parts
    )
