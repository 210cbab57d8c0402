"""The network's signatures are Twilio's: twilio-python's published vectors, and its validator as a second opinion."""

import pytest
from twilio.request_validator import RequestValidator

from sandbox.carrier import signing

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
HTTP = URL.replace("https", "http")


def port(url, number):
    return url.replace(".com", f".com:{number}")


@pytest.mark.parametrize(
    ("url", "params", "expected"),
    [
        (URL, PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            URL,
            {"Sid": "CA123", "SidAccount": "AC123", "Digits": ["5678", "1234", "1234"]},
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
        (port(URL, 443), PARAMS, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (port(HTTP, 80), PARAMS, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (port(HTTP, 1234), PARAMS, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_the_published_vectors(url, params, expected):
    assert signing.signature("12345", url, params) == expected


def test_the_published_vector_for_json():
    body = b'{"property": "value", "boolean": true}'
    url = signing.with_body_hash(URL, body)
    assert url.endswith("&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620")
    assert signing.signature("12345", url, {}) == "a9nBmqA0ju/hNViExpshrM61xv4="


@pytest.mark.parametrize(
    ("url", "kind", "signed"),
    [
        ("https://h.example/s#rc=2&rp=all", "text", "https://h.example/s"),
        ("https://user:pass@h.example/s", "text", "https://h.example/s"),
        ("https://h.example:8443/s", "text", "https://h.example:8443/s"),
        ("https://h.example:8443/s", "voice", "https://h.example/s"),
        ("http://127.0.0.1:5600/s?a=1", "voice", "http://127.0.0.1:5600/s?a=1"),
    ],
)
def test_what_of_the_url_is_signed(url, kind, signed):
    assert signing.signed_form(url, kind) == signed


@pytest.mark.parametrize("body", ["", "caf\u00e9 \U0001f44d", "line1\r\nline2  ", "a&b=c"])
def test_the_official_validator_agrees(body):
    params = {**PARAMS, "Body": body}
    assert RequestValidator("tok").validate(URL, params, signing.signature("tok", URL, params))
