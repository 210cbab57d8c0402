"""Sign-in: the consent page, codes with PKCE, tokens, and taking them back (RFC 6749, 7636, Google's guide)."""

import base64
import hashlib
import html
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from sandbox.google.wire import answer_json
from sandbox.google.world import CLIENT_ID, CLIENT_SECRET, CODE_SECONDS, TOKEN_SECONDS, Code, Grant, World

ASKED = ("client_id", "redirect_uri", "response_type", "scope", "code_challenge", "code_challenge_method")
PAGE = """<!doctype html><title>Sandbox Google</title><h1>Let NeverMissCall in?</h1><form method="post">
<label>Account <select name="account">{accounts}</select></label>{scopes}
<button name="answer" value="yes">Allow</button> <button name="answer" value="no">Cancel</button></form>"""
SCOPE = '<p><label><input type="checkbox" name="granted" value="{scope}" checked> {scope}</label></p>'


def consent_page(world: World, request: Request) -> Response:
    """Ask the person; the page posts to its own address."""
    if trouble := _trouble(request):
        world.complain(f"consent page: {trouble}")
        return Response(f"Error 400: {trouble}", 400)
    accounts = "".join(f"<option>{html.escape(email)}</option>" for email in world.accounts)
    scopes = "".join(SCOPE.format(scope=html.escape(scope)) for scope in request.args["scope"].split())
    return Response(PAGE.format(accounts=accounts, scopes=scopes), content_type="text/html; charset=utf-8")


def consent(world: World, request: Request) -> Response:
    """The person has answered: back to the client with a code, or with access_denied."""
    if trouble := _trouble(request):
        return Response(f"Error 400: {trouble}", 400)
    asked = request.args
    if request.form.get("answer") != "yes":
        return _back(asked["redirect_uri"], {"error": "access_denied", "state": asked.get("state", "")})
    account = world.accounts[request.form["account"]]
    scopes = frozenset(request.form.getlist("granted"))
    grant = Grant(account, scopes)
    world.grants.append(grant)
    code = f"4/{secrets.token_urlsafe(24)}"
    is_offline = asked.get("access_type") == "offline" and asked.get("prompt") == "consent"
    ends = time.time() + CODE_SECONDS
    world.codes[code] = Code(grant, asked["redirect_uri"], asked["code_challenge"], is_offline, ends)
    told = {"state": asked.get("state", ""), "code": code, "scope": " ".join(sorted(scopes))}
    return _back(asked["redirect_uri"], told)


def _trouble(request: Request) -> str | None:
    missing = [name for name in ASKED if not request.args.get(name)]
    if missing:
        return f"Missing required parameter: {missing[0]}"
    if request.args["client_id"] != CLIENT_ID:
        return "invalid_client"
    if request.args["code_challenge_method"] != "S256" or request.args["response_type"] != "code":
        return "invalid_request"
    return None


def _back(redirect_uri: str, told: dict[str, str]) -> Response:
    return Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(told)}"})


def token(world: World, request: Request) -> Response:
    """Codes and refresh tokens become access tokens."""
    form = request.form
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        return _refuse(401, "invalid_client", "The OAuth client was not found.")
    if form.get("grant_type") == "authorization_code":
        return _redeem(world, form)
    if form.get("grant_type") == "refresh_token":
        grant = world.grant_of(form.get("refresh_token", ""))
        if grant is None or grant.refresh_token != form.get("refresh_token"):
            return _refuse(400, "invalid_grant", "Token has been expired or revoked.")
        return _grant(world, grant, None)
    return _refuse(400, "unsupported_grant_type", "Invalid grant_type")


def _redeem(world: World, form: Any) -> Response:
    code = world.codes.pop(form.get("code", ""), None)
    if code is None or code.ends < time.time():
        return _refuse(400, "invalid_grant", "Malformed auth code.")
    if code.redirect_uri != form.get("redirect_uri"):
        return _refuse(400, "redirect_uri_mismatch", "Bad Request")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
        return _refuse(400, "invalid_grant", "Invalid code verifier.")
    if code.is_offline:
        code.grant.refresh_token = f"1//{secrets.token_urlsafe(32)}"
    return _grant(world, code.grant, code.grant.refresh_token)


def _grant(world: World, grant: Grant, refresh_token: str | None) -> Response:
    """Google sends the refresh token with the code's answer only, and keeps it good from then on."""
    told: dict[str, Any] = {
        "access_token": world.let_in(grant),
        "expires_in": TOKEN_SECONDS,
        "scope": " ".join(sorted(grant.scopes)),
        "token_type": "Bearer",
    }
    return answer_json(told | ({"refresh_token": refresh_token} if refresh_token else {}))


def revoke(world: World, request: Request) -> Response:
    """Take a permission back by either of its tokens."""
    grant = world.grant_of(request.form.get("token", ""))
    if grant is None:
        return _refuse(400, "invalid_token", "Token expired or revoked")
    grant.is_revoked = True
    return answer_json({})


def _refuse(status: int, error: str, description: str) -> Response:
    return answer_json({"error": error, "error_description": description}, status)
