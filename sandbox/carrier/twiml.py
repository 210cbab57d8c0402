"""Checks TwiML against the verbs, nesting and attributes that the Twilio SDK's own builder classes know."""

import inspect
import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from types import ModuleType

from twilio.twiml import TwiML, messaging_response, voice_response

LAST_VERBS = ("Hangup", "Reject", "Redirect", "Record")
NO_OWN_NAMES = ("self", "kwargs")
AHEAD_OF_SDK = {"Dial": {"callReason"}}  # Twilio has it, twilio-python 9.13 does not


def _camel(name: str) -> str:
    name = "from" if name == "from_" else name
    return re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)


class Grammar:
    """Elements with their attributes, and which element may stand in which."""

    def __init__(self, module: ModuleType) -> None:
        classes = [
            one for one in vars(module).values() if inspect.isclass(one) and issubclass(one, TwiML) and one is not TwiML
        ]
        names = {one.__name__: self._element(one) for one in classes}
        self.attributes: dict[str, set[str]] = {name: set(AHEAD_OF_SDK.get(name, ())) for name in names.values()}
        self.children: dict[str, set[str]] = {}
        for one in classes:
            for method in filter(inspect.isfunction, vars(one).values()):
                nested = re.search(r"\.nest\(\s*(\w+)\(", inspect.getsource(method))
                if nested and nested.group(1) in names:
                    element = names[nested.group(1)]
                    self.children.setdefault(names[one.__name__], set()).add(element)
                    arguments = inspect.signature(method).parameters
                    self.attributes[element] |= {_camel(name) for name in arguments if name not in NO_OWN_NAMES}

    @staticmethod
    def _element(one: type) -> str:
        found = re.search(r'self\.name = "([\w-]+)"', inspect.getsource(one))
        return found.group(1) if found else one.__name__


@lru_cache(maxsize=2)
def grammar(kind: str) -> Grammar:
    """The grammar of `voice` or `messaging` documents."""
    return Grammar(voice_response if kind == "voice" else messaging_response)


def parse(xml: bytes | str) -> ET.Element:
    """The document as a tree; raises ET.ParseError (12100)."""
    return ET.fromstring(xml)  # noqa: S314 - the product under test wrote it


@lru_cache(maxsize=2048)
def mistakes(xml: bytes, kind: str = "voice", *, whisper: bool = False) -> tuple[str, ...]:
    """All mistakes of a document, in words."""
    try:
        root = parse(xml)
    except ET.ParseError as error:
        return (f"12100: {error}",)
    found = []
    if xml[:1].isspace():
        found.append("12100: text before the XML declaration")
    if root.tag != "Response":
        found.append(f"12100: the root is <{root.tag}>")
    found += _inside(root, "Response", grammar(kind), whisper)
    verbs = list(root)
    for verb in verbs[:-1]:
        if verb.tag in LAST_VERBS or (verb.tag == "Dial" and "action" in verb.attrib):
            found.append(f"unreachable verb after <{verb.tag}>")
            break
    if verbs and verbs[0].tag == "Pause":
        found.append("<Pause> first does not answer the call")
    return tuple(found)


def _inside(element: ET.Element, parent: str, rules: Grammar, whisper: bool) -> list[str]:
    found = []
    for child in element:
        if child.tag not in rules.attributes:
            found.append(f"12200: unknown <{child.tag}>")
            continue
        unknown = [name for name in child.attrib if name not in rules.attributes[child.tag]]
        found += [f"12200: <{child.tag}> has no attribute {name}" for name in unknown]
        if child.tag not in rules.children.get(parent, ()):
            found.append(f"12200: <{child.tag}> inside <{parent}>")
        found += _rules(child, whisper)
        found += _inside(child, child.tag, rules, whisper)
    return found


def _rules(verb: ET.Element, whisper: bool) -> list[str]:
    """What the grammar alone does not say."""
    found = []
    if verb.tag == "Say" and len(verb.text or "") > 4096:
        found.append("<Say> is longer than 4096 characters")
    if verb.tag == "Dial" and whisper:
        found.append("a whisper must not <Dial>")
    if verb.tag == "Record" and "action" not in verb.attrib:
        found.append("<Record> without action posts back to its own URL (loop)")
    if verb.tag == "Start":
        urls = [url for one in verb.iter("Recording") for url in [one.get("recordingStatusCallback", "http")]]
        found += [f"<Start><Recording> needs an absolute URL, not {url}" for url in urls if not url.startswith("http")]
    return found
