"""Accounts, subaccounts and API keys."""

import secrets

from sandbox.carrier.records import Account
from sandbox.carrier.rest.routing import ACCOUNT, Answer, Request, pages, route
from sandbox.carrier.wire import API_VERSION, Refused, new_sid, now, rfc2822


@route("POST", f"/{API_VERSION}/Accounts.json")
def create(request: Request) -> Answer:
    """A subaccount of the one whose credentials are used."""
    name = request.field("FriendlyName") or "SubAccount"
    account = Account(new_sid("AC"), secrets.token_hex(16), name, owner_sid=request.account.sid)
    with request.world.lock:
        request.world.accounts[account.sid] = account
    return 201, account.to_json()


@route("GET", f"/{API_VERSION}/Accounts.json")
def listing(request: Request) -> Answer:
    """The account and its subaccounts."""
    name, sid = request.query.get("FriendlyName"), request.account.sid
    found = [
        one
        for one in list(request.world.accounts.values())
        if sid in (one.sid, one.owner_sid) and (name is None or one.friendly_name == name)
    ]
    return pages(request, "accounts", found)


@route("GET", f"{ACCOUNT}.json")
def fetch(request: Request) -> Answer:
    """One account."""
    return 200, request.account.to_json()


@route("POST", f"{ACCOUNT}.json")
def update(request: Request) -> Answer:
    """Rename, suspend or close."""
    account, status = request.account, request.field("Status")
    if status and account.owner_sid is None:
        raise Refused(400, 20001, "The status of a parent account cannot be changed here")
    account.friendly_name = request.field("FriendlyName") or account.friendly_name
    account.status = status or account.status
    return 200, account.to_json()


@route("POST", f"{ACCOUNT}/Keys.json")
def create_key(request: Request) -> Answer:
    """An API key; its secret is told once."""
    sid, secret = new_sid("SK"), secrets.token_hex(16)
    with request.world.lock:
        request.account.keys[sid] = secret
    moment = rfc2822(now())
    name = request.field("FriendlyName") or ""
    return 201, {"sid": sid, "friendly_name": name, "date_created": moment, "date_updated": moment, "secret": secret}


@route("DELETE", f"{ACCOUNT}/Keys/{{sid}}.json")
def delete_key(request: Request, sid: str) -> Answer:
    """Revoke an API key."""
    if request.account.keys.pop(sid, None) is None:
        raise Refused(404, 20404)
    return 204, None
