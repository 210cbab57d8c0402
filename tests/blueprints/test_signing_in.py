"""Signing in over HTTP: tokens, what they say, how long they hold, and what ends them."""

import datetime as dt

import jwt
import pytest
from sqlalchemy import select

from app.audit import Audit
from app.sessions import Session
from app.users import Role, User
from tests.factories import F1, PASSWORD


def test_the_claims_are_those_of_the_contract(callers, factories, clock):
    tenant_id = factories.business()
    answer = callers.sign_in()
    token = answer["tokens"]["access_token"]
    keys = callers.nobody().get("/.well-known/jwks.json").json["keys"]
    header = jwt.get_unverified_header(token)
    key = jwt.PyJWK(next(key for key in keys if key["kid"] == header["kid"]))
    claims = jwt.decode(token, key.key, algorithms=["EdDSA"], issuer="tenant-service")
    assert header["alg"] == "EdDSA"
    assert claims["tenant"] == {"id": str(tenant_id), "business_name": "Prime Plumbing", "trade_type": "plumbing"}
    assert (claims["email"], claims["role"], claims["sub"]) == (F1.owner_email, "owner", answer["user"]["id"])
    assert claims["exp"] - claims["iat"] == 900
    assert claims["sid"] == answer["session_info"]["session_id"]
    assert set(claims) == {"sub", "email", "tenant", "role", "iat", "exp", "iss", "jti", "sid"}
    assert answer["tokens"]["expires_in"] == 900


def test_unknown_address_and_wrong_password_are_answered_alike(callers, factories):
    factories.business()
    nobody = callers.nobody()
    one = nobody.post("/auth/login", email="nobody@example.com", password=PASSWORD, status=401).json["error"]
    other = nobody.post("/auth/login", email=F1.owner_email, password="not the password", status=401).json["error"]
    assert one["code"] == other["code"] == "INVALID_CREDENTIALS"
    assert one["message"] == other["message"]


def test_five_wrong_passwords_lock_the_account_for_the_right_one_too(callers, factories):
    factories.business()
    nobody = callers.nobody()
    for _ in range(5):
        nobody.post("/auth/login", email=F1.owner_email, password="not the password", status=401)
    answer = nobody.post("/auth/login", email=F1.owner_email.upper(), password=PASSWORD, status=429)
    assert answer.json["error"]["code"] == "ACCOUNT_LOCKED"
    assert answer.headers["Retry-After"] == "900"


def test_the_eleventh_try_in_a_minute_from_one_address_is_refused(callers, factories):
    factories.business()
    nobody = callers.nobody()
    for number in range(10):
        nobody.post("/auth/login", email=f"user{number}@example.com", password=PASSWORD, status=401)
    answer = nobody.post("/auth/login", email=F1.owner_email, password=PASSWORD, status=429)
    assert answer.json["error"]["code"] == "RATE_LIMIT_EXCEEDED"


def test_a_disabled_account_is_told_so_and_its_valid_token_is_refused(callers, factories):
    tenant_id = factories.business()
    person = callers.person()
    factories.owner(tenant_id, is_active=False)
    assert person.get(f"/tenants/{tenant_id}", status=403).json["error"]["code"] == "ACCOUNT_DISABLED"
    assert callers.nobody().post("/auth/login", email=F1.owner_email, password=PASSWORD, status=403)
    token = person.headers["Authorization"].split()[1]
    answer = callers.nobody().post("/auth/validate-token", token=token, status=401)
    assert answer.json["error"]["code"] == "AUTH_TOKEN_INVALID"


def test_a_downgrade_works_on_the_next_request(callers, factories):
    tenant_id = factories.business()
    person = callers.person()
    person.put(f"/tenants/{tenant_id}/settings", operational_limits={"max_jobs_per_day": 5})
    factories.owner(tenant_id, role=Role.viewer)
    answer = person.put(f"/tenants/{tenant_id}/settings", operational_limits={"max_jobs_per_day": 6}, status=403)
    assert answer.json["error"]["code"] == "AUTH_INSUFFICIENT_PERMISSIONS"


def test_an_access_token_ends_after_fifteen_minutes(callers, factories, clock):
    tenant_id = factories.business()
    person = callers.person()
    clock.shift(dt.timedelta(minutes=14, seconds=59))
    person.get(f"/tenants/{tenant_id}")
    clock.shift(dt.timedelta(seconds=1))
    assert person.get(f"/tenants/{tenant_id}", status=401).json["error"]["code"] == "AUTH_TOKEN_EXPIRED"


def test_refresh_tokens_rotate_and_reuse_ends_the_whole_session(callers, factories, clock):
    factories.business()
    nobody = callers.nobody()
    first = callers.sign_in()["tokens"]
    second = nobody.post("/auth/refresh", refresh_token=first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    clock.shift(dt.timedelta(seconds=11))
    answer = nobody.post("/auth/refresh", refresh_token=first["refresh_token"], status=401)
    assert answer.json["error"]["code"] == "REFRESH_TOKEN_REUSED"
    answer = nobody.post("/auth/refresh", refresh_token=second["refresh_token"], status=401)
    assert answer.json["error"]["code"] == "SESSION_EXPIRED"
    answer = nobody.post("/auth/validate-token", token=second["access_token"], status=401)
    assert answer.json["error"]["code"] == "AUTH_TOKEN_INVALID"
    with factories.rows() as rows:
        assert rows.scalar(select(Session.revoked_why)) == "refresh token used twice"


def test_a_lost_answer_is_given_once_more_within_ten_seconds(callers, factories, clock):
    factories.business()
    nobody = callers.nobody()
    first = callers.sign_in()["tokens"]["refresh_token"]
    nobody.post("/auth/refresh", refresh_token=first)
    clock.shift(dt.timedelta(seconds=9))
    again = nobody.post("/auth/refresh", refresh_token=first).json
    nobody.post("/auth/refresh", refresh_token=again["refresh_token"])
    assert nobody.post("/auth/refresh", refresh_token=first, status=401).json["error"]["code"] == "REFRESH_TOKEN_REUSED"


def test_a_refresh_token_ends_after_thirty_days(callers, factories, clock):
    factories.business()
    token = callers.sign_in()["tokens"]["refresh_token"]
    clock.shift(dt.timedelta(days=30))
    answer = callers.nobody().post("/auth/refresh", refresh_token=token, status=401)
    assert answer.json["error"]["code"] == "SESSION_EXPIRED"


def test_signing_out_ends_the_session_at_once(callers, factories):
    tenant_id = factories.business()
    person, other = callers.person(), callers.person()
    person.post("/auth/logout")
    assert person.get(f"/tenants/{tenant_id}", status=401).json["error"]["code"] == "AUTH_TOKEN_INVALID"
    other.get(f"/tenants/{tenant_id}")
    third = callers.person()
    other.post("/auth/logout", all=True)
    third.get(f"/tenants/{tenant_id}", status=401)


def test_validating_tells_whose_token_it_is(callers, factories):
    factories.business()
    person = callers.person()
    answer = person.post("/auth/validate-token").json
    assert answer["valid"] is True
    assert answer["user"]["email"] == F1.owner_email
    assert answer["tenant"]["trade_type"] == "plumbing"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_of_ours_is_refused(callers, factories, token):
    factories.business()
    answer = callers.nobody().post("/auth/validate-token", token=token, status=401)
    assert answer.json["error"]["code"] == "AUTH_TOKEN_INVALID"


def test_a_token_signed_by_another_or_not_at_all_is_refused(callers, factories):
    factories.business()
    person = callers.person()
    token = person.headers["Authorization"].split()[1]
    header, claims, _ = token.split(".")
    for forged in (f"{header}.{claims}.AAAA", token[:-4] + "AAAA"):
        callers.nobody().post("/auth/validate-token", token=forged, status=401)


def test_the_sign_in_is_audited_without_secrets(callers, factories):
    factories.business()
    callers.sign_in()
    with factories.rows() as rows:
        entry = rows.scalar(select(Audit).where(Audit.action == "session.begin"))
        assert entry.actor == F1.owner_email
        assert entry.tenant_id == rows.scalar(select(User.tenant_id))


def test_a_key_names_its_business_and_needs_its_scope(callers, factories):
    tenant_id = factories.business()
    program = callers.program("tenant-service:read", tenant_id=tenant_id)
    assert program.get(f"/tenants/{tenant_id}/settings").json["version"] == 1
    program.put(f"/tenants/{tenant_id}/settings", status=403)
    nameless = callers.program("tenants")
    assert nameless.get(f"/tenants/{tenant_id}", status=400).json["error"]["code"] == "REQUIRED_FIELD_MISSING"
    callers.nobody().get(f"/tenants/{tenant_id}", status=401, headers={"X-Service-Key": "nmc_unknown"})
    wrong = program.with_headers(X_Tenant_ID="not an id")
    assert wrong.get(f"/tenants/{tenant_id}", status=400).json["error"]["code"] == "INVALID_FORMAT"
