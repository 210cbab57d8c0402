"""The two wires: how words and failures look to a client of OpenAI or of Anthropic, and what each must send."""

import json
from typing import Any

from sandbox.llm.behaviours import Failure, Json, Words

OPENAI, ANTHROPIC = "/v1/chat/completions", "/v1/messages"
WIRES = (OPENAI, ANTHROPIC)
STOPS = {"stop": "end_turn", "length": "max_tokens"}


def asked_as(request: Json) -> str:
    """How a request wants its answer: json_schema, json_object, tools or text."""
    form = request.get("response_format") or (request.get("output_config") or {}).get("format")
    if form:
        return str(form.get("type"))
    return "tools" if request.get("tools") else "text"


def wrong_with(path: str, headers: Any, request: Any) -> str | None:
    """Why the real server would not take a request; None when it would."""
    if not isinstance(request, dict) or not request.get("model") or not request.get("messages"):
        return "model and messages are required"
    has_token = str(headers.get("Authorization", "")).startswith("Bearer ")
    if not (has_token or (path == ANTHROPIC and headers.get("x-api-key"))):
        return "there is no key"
    if path == ANTHROPIC and not (headers.get("anthropic-version") and request.get("max_tokens")):
        return "anthropic-version and max_tokens are required"
    return None


def failure_json(failure: Failure) -> Json:
    """The error document, which both wires share as far as clients read it."""
    return {"type": "error", "error": {"type": failure.kind, "code": None, "message": failure.message}}


def answer_json(path: str, request: Json, words: Words) -> Json:
    """What the model says, on the wire that was asked on."""
    return (_message if path == ANTHROPIC else _completion)(request, words)


def _completion(request: Json, words: Words) -> Json:
    content = None if words.refusal else words.text
    message: Json = {"role": "assistant", "content": content, "refusal": words.refusal}
    stopped = words.stopped
    if asked_as(request) == "tools" and words.text:
        called = {"name": request["tools"][0]["function"]["name"], "arguments": words.text}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": called}]}
        stopped = "tool_calls" if stopped == "stop" else stopped
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": stopped, "logprobs": None}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 60, "total_tokens": 460},
    }


def _message(request: Json, words: Words) -> Json:
    content: list[Json] = [{"type": "text", "text": words.text}]
    stopped = "refusal" if words.refusal else STOPS[words.stopped]
    called = _parsed(words.text) if asked_as(request) == "tools" else None
    if called is not None:
        content = [{"type": "tool_use", "id": "toolu_1", "name": request["tools"][0]["name"], "input": called}]
        stopped = "tool_use"
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": content,
        "stop_reason": stopped,
        "stop_sequence": None,
        "usage": {"input_tokens": 400, "output_tokens": 60},
    }


def _parsed(text: str) -> Json | None:
    """The input of a tool is an object on this wire, so that cut JSON comes as text."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
