"""The process of the event stream as it runs in production: gunicorn with green threads."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from app import events

PEOPLE, EACH = 4, 5


@pytest.fixture
def process(chosen, factories):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "PORT": str(port),
        "ENV": "test",
        "SECRET_KEY": chosen.secret_key.get_secret_value(),
        "DATABASE_URL": chosen.database_url,
        "REDIS_URL": chosen.redis_url,
        "PUBLIC_BASE_URL": chosen.public_base_url,
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.stream.conf.py", "wsgi:create_stream_app()"]
    running = subprocess.Popen(command, env=environment)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield running, port
    finally:
        if running.poll() is None:
            running.kill()
        running.wait()


def open_stream(port, tenant_id, token):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", f"/events/stream/{tenant_id}", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    assert answer.readline() == b"retry: 3000\n"
    return connection, answer


def test_many_pages_hear_one_event_and_the_process_ends_in_order(process, callers, factories, workers):
    running, port = process
    tenant_id = factories.business()
    tokens = []
    for number in range(PEOPLE):
        email = f"person{number}@example.com"
        factories.user(tenant_id, email=email, role="viewer")
        tokens.append(callers.sign_in(email)["tokens"]["access_token"])
    streams = [open_stream(port, tenant_id, token) for token in tokens for _ in range(EACH)]
    with factories.changing():
        events.publish(tenant_id, "lead.updated", {"lead_id": "1"})
    workers()
    heard = 0
    for _, answer in streams:
        while (line := answer.readline()) and not line.startswith(b"event: lead.updated"):
            pass
        heard += bool(line)
    assert heard == PEOPLE * EACH
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=30) == 0
    for connection, _ in streams:
        connection.close()
