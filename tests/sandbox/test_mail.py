"""The sandbox's mail server keeps what came and refuses when it is told to."""

import json
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from sandbox import mail
from sandbox.processes import PortTaken

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server():
    running = mail.start()
    yield running
    running.stop()


def send(smtp_url, *, to="owner@prime.example", subject="New lead", text="Call her back.\n"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "alerts@nevermisscall.example", to, subject
    message.set_content(text)
    host, port = smtp_url.removeprefix("smtp://").split(":")
    with smtplib.SMTP(host, int(port), timeout=5) as connection:
        connection.send_message(message)


def read(url):
    with urlopen(url, timeout=5) as answer:
        return answer.headers, answer.read().decode()


def test_a_mail_is_kept_as_it_came(server):
    send(server.smtp_url, subject="Termin für Müller \N{WRENCH}", text="Zwei Zeilen\nund Umlaute: äöü\n")
    [kept] = server.messages
    assert kept.subject == "Termin für Müller \N{WRENCH}"
    assert kept.text == "Zwei Zeilen\nund Umlaute: äöü\n"
    assert (kept.sender, kept.recipients) == ("alerts@nevermisscall.example", ("owner@prime.example",))


def test_programs_read_the_mails_of_one_recipient(server):
    send(server.smtp_url, to="owner@prime.example", subject="One")
    send(server.smtp_url, to="other@elsewhere.example", subject="Two")
    _, everything = read(f"{server.url}/messages")
    assert [mail["subject"] for mail in json.loads(everything)] == ["One", "Two"]
    _, hers = read(f"{server.url}/messages?to=Owner@prime.example")
    assert [mail["text"] for mail in json.loads(hers)] == ["Call her back.\n"]


def test_the_page_shows_a_hostile_mail_as_text(server):
    send(server.smtp_url, subject="<script>alert(1)</script>", text="<b>{text}</b>")
    headers, shown = read(server.url)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&lt;b&gt;{text}&lt;/b&gt;" in shown
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_mails_are_refused_for_now_and_for_good(server):
    server.refuse(451)
    server.refuse(550)
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        send(server.smtp_url)
    with pytest.raises(smtplib.SMTPDataError, match="550"):
        send(server.smtp_url)
    send(server.smtp_url)
    assert len(server.messages) == 1


def test_the_box_is_emptied_over_http(server):
    send(server.smtp_url)
    with urlopen(Request(f"{server.url}/messages", method="DELETE"), timeout=5) as answer:
        assert answer.read() == b"[]"
    assert server.messages == []


def test_a_taken_port_is_refused():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(PortTaken, match="the mail page"):
            mail.start(http_port=other.getsockname()[1])


def test_it_runs_by_hand_until_a_signal():
    command = [sys.executable, "-m", "sandbox.mail", "--port", "0", "--http-port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        page, smtp = process.stdout.readline().split()[-1], process.stdout.readline().strip().removeprefix("SMTP_URL=")
        send(smtp, subject="By hand")
        assert "By hand" in read(page)[1]
        process.terminate()
        assert process.wait(10) == 0
