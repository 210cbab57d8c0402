"""The sandbox's language model: two wires, thirteen behaviours, and a memory for what it was asked."""

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sandbox import llm
from sandbox.llm.behaviours import BEHAVIOURS
from sandbox.processes import PortTaken

ROOT = Path(__file__).parents[2]
OPENAI, ANTHROPIC = "/v1/chat/completions", "/v1/messages"
MESSAGES = [{"role": "user", "content": "hello"}]
AT_ONCE = [name for name in BEHAVIOURS if name not in ("hang", "drip")]


@pytest.fixture
def server():
    running = llm.start()
    yield running
    running.stop()


def send(server, path, body, method="POST", key="Bearer x"):
    headers = {"Content-Type": "application/json", "Authorization": key, "anthropic-version": "2023-06-01"}
    request = Request(server.url + path, json.dumps(body).encode(), headers=headers, method=method)
    try:
        with urlopen(request, timeout=5) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as error:
        return error.code, error.headers, error.read().decode()


def ask(server, path, model, **more):
    return send(server, path, {"model": model, "messages": MESSAGES, "max_tokens": 100, **more})


def words_of(path, body):
    told = json.loads(body)
    return told["choices"][0]["message"]["content"] if path == OPENAI else told["content"][0]["text"]


@pytest.mark.parametrize("path", [OPENAI, ANTHROPIC])
def test_it_says_what_it_is_told_to_say(server, path):
    server.say(job_type="leak_repair")
    status, _, body = ask(server, path, "ok")
    assert status == 200
    assert json.loads(words_of(path, body))["job_type"] == "leak_repair"
    server.reset()
    assert json.loads(words_of(path, ask(server, path, "any-other-name")[2]))["job_type"] is None


@pytest.mark.parametrize("path", [OPENAI, ANTHROPIC])
def test_a_request_that_brings_functions_is_answered_by_a_call(server, path):
    tool = {"name": "answer", "input_schema": {}} if path == ANTHROPIC else {"function": {"name": "answer"}}
    told = json.loads(ask(server, path, "ok", tools=[tool])[2])
    if path == ANTHROPIC:
        assert told["content"][0]["name"] == "answer"
        assert told["content"][0]["input"]["urgency_level"] == "normal"
    else:
        called = told["choices"][0]["message"]["tool_calls"][0]["function"]
        assert called["name"] == "answer"
        assert json.loads(called["arguments"])["urgency_level"] == "normal"


@pytest.mark.parametrize("path", [OPENAI, ANTHROPIC])
@pytest.mark.parametrize("name", AT_ONCE)
def test_the_name_of_the_model_chooses_the_behaviour(server, path, name):
    status, headers, body = ask(server, path, f"some-vendor/{name}")
    assert status == {"e401": 401, "e429": 429, "e500": 500, "html": 502}.get(name, 200)
    assert headers.get("Retry-After") == ("20" if name == "e429" else None)
    if name == "html":
        assert body.startswith("<html>")
    elif status == 200 and name in ("badjson", "length", "empty"):
        with pytest.raises(ValueError):
            json.loads(words_of(path, body))
    elif name == "refusal":
        told = json.loads(body)
        assert told.get("stop_reason") == "refusal" or told["choices"][0]["message"]["refusal"]
    elif name == "fenced":
        assert "```json" in words_of(path, body)


def test_a_drip_takes_its_time_and_ends_whole(server, monkeypatch):
    monkeypatch.setattr("sandbox.llm.behaviours.DRIP_SECONDS", 0.05)
    started = time.perf_counter()
    _, _, body = ask(server, OPENAI, "drip")
    assert time.perf_counter() - started >= 0.5
    assert json.loads(words_of(OPENAI, body))["urgency_level"] == "normal"


def test_what_was_asked_is_kept_word_for_word(server):
    ask(server, OPENAI, "ok", response_format={"type": "json_schema"})
    ask(server, ANTHROPIC, "ok", output_config={"format": {"type": "json_schema"}})
    assert [(one.path, one.wants) for one in server.requests] == [(OPENAI, "json_schema"), (ANTHROPIC, "json_schema")]
    assert "hello" in server.requests[0].text
    with urlopen(f"{server.url}/log", timeout=5) as log:
        assert [one["model"] for one in json.load(log)] == ["ok", "ok"]
    send(server, "/reset", {})
    assert server.requests == []


def test_an_answer_can_be_set_over_http(server):
    send(server, "/answer", {"reply": "What is it?"}, method="PUT")
    assert json.loads(words_of(OPENAI, ask(server, OPENAI, "ok")[2]))["reply"] == "What is it?"


def test_what_a_real_server_would_not_take_is_complained_about(server):
    assert send(server, OPENAI, {"model": "ok"})[0] == 400
    assert send(server, "/v1/completions", {})[0] == 404
    assert send(server, OPENAI, {"model": "ok", "messages": MESSAGES}, key="none")[0] == 400
    assert send(server, ANTHROPIC, {"model": "ok", "messages": MESSAGES})[0] == 400
    assert len(server.complaints) == 4
    assert server.requests == []


def test_a_port_that_is_taken_is_named(server):
    with pytest.raises(PortTaken):
        llm.start(int(server.url.rpartition(":")[2]))


def test_it_runs_as_a_process_of_its_own():
    command = [sys.executable, "-m", "sandbox.llm", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        told = dict(line.strip().split("=", 1) for line in (process.stdout.readline() for _ in range(4)))
        assert told["LLM_PROVIDER"] == "openai_compatible"
        assert told["LLM_BASE_URL"].endswith("/v1")
        process.terminate()
        assert process.wait(10) == 0
