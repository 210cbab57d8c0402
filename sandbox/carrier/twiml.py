"""Checks TwiML against the verbs, nesting and attributes that the Twilio SDK's own builder classes know."""

import ast
import inspect
import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from types import ModuleType

from twilio.twiml import messaging_response, voice_response

LAST_VERBS = ("Hangup", "Reject", "Redirect", "Record")
AHEAD_OF_SDK = {"Dial": {"callReason"}}  # Twilio has it, twilio-python 9.13 does not


def _camel(name: str) -> str:
    name = "from" if name == "from_" else name
    return re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)


class Grammar:
    """Elements with their attributes, and which element may stand in which; read from the SDK's source."""

    def __init__(self, module: ModuleType) -> None:
        tree = ast.parse(inspect.getsource(module))
        classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
        names = {one.name: _element(one) for one in classes}
        self.attributes: dict[str, set[str]] = {name: set(AHEAD_OF_SDK.get(name, ())) for name in names.values()}
        self.children: dict[str, set[str]] = {}
        for one in classes:
            for method in (part for part in one.body if isinstance(part, ast.FunctionDef)):
                for made, attributes in _nested(method):
                    if made in names:
                        self.children.setdefault(names[one.name], set()).add(names[made])
                        self.attributes[names[made]] |= attributes
        for one in classes:
            self.attributes[names[one.name]] -= _texts(one)


def _element(one: ast.ClassDef) -> str:
    """What a builder class writes: `self.name = "Number"`, else its own name."""
    for part in ast.walk(one):
        if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "self.name":
            return str(ast.literal_eval(part.value))
    return one.name


def _texts(one: ast.ClassDef) -> set[str]:
    """Arguments that become the text of the element: `self.value = message`."""
    return {
        _camel(ast.unparse(part.value))
        for part in ast.walk(one)
        if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "self.value"
    }


def _nested(method: ast.FunctionDef) -> list[tuple[str, set[str]]]:
    """Builder classes that a method nests, with their keywords: `self.nest(Number(phone_number, url=url))`."""
    found = []
    for call in (part for part in ast.walk(method) if isinstance(part, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "nest" and isinstance(call.args[0], ast.Call):
            made = call.args[0]
            found.append((ast.unparse(made.func), {_camel(word.arg) for word in made.keywords if word.arg}))
    return found


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
