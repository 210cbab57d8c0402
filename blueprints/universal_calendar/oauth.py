"""universal-calendar: the way to a provider's consent page and back."""

from urllib.parse import urlencode

from flask import jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app import audit, tenancy
from app.calendars import consent, linking
from app.calendars.consent import Errand, StateInvalid
from app.errors import Malformed, ProviderTrouble
from app.extensions import db
from app.providers import google
from app.providers.google import Found, Tokens
from app.tenants import Tenant
from blueprints import guards
from blueprints.reading import query, read
from blueprints.schemas.universal_calendar import ComeBack, StartOAuth
from blueprints.universal_calendar import bp, members


@bp.post("/calendar/oauth/start")
def start_oauth() -> ResponseReturnValue:
    """Where the contractor goes to allow us into his calendar, once, within ten minutes."""
    body = read(StartOAuth)
    user = members.of(guards.current_tenant_id(), body.user_id)
    members.require_own(user.id)
    auth_url, state = consent.begin(user, body.provider, body.redirect_uri, scope_level=body.scope_level)
    db.session.commit()
    return jsonify(auth_url=auth_url, state=state, provider=body.provider)


@bp.get("/calendar/oauth/callback")
@guards.public
def finish_oauth() -> ResponseReturnValue:
    """The contractor comes back from his provider; the state proves for whom."""
    told = query(ComeBack)
    tenancy.enter(tenancy.SYSTEM)
    errand = consent.come_back(told.state)
    # Used up before anything else, so that whoever brings the same state a second time finds it spent.
    db.session.commit()
    if told.error:
        return _back("access_denied" if told.error == "access_denied" else "failed")
    if not told.code:
        raise StateInvalid("The provider sent no code. Start again.")
    tokens, found, target = _ask(errand, told.code)
    tenancy.enter_tenant(errand.tenant_id)
    user = members.of(errand.tenant_id, errand.user_id)
    connection = linking.connect(errand, tokens, found, target=target)
    audit.record("calendar.connect", str(connection.id), actor=user.email, tenant_id=errand.tenant_id)
    db.session.commit()
    return _back("connected")


def _ask(errand: Errand, code: str) -> tuple[Tokens, list[Found], Found]:
    """What the provider says, with no transaction open; raises ScopeMissing, and ProviderTrouble."""
    zone = db.session.get_one(Tenant, errand.tenant_id).timezone
    db.session.rollback()
    try:
        tokens = google.exchange(code=code, verifier=errand.verifier, redirect_uri=errand.redirect_uri)
        consent.check_scopes(errand, tokens.scopes)
        if not tokens.refresh_token:
            raise ProviderTrouble("The provider gave no lasting permission. Start again.")
        found = google.calendars(tokens.access_token)
        target = linking.own(found) if errand.wants_own_calendar else linking.primary(found)
        if target is None and errand.wants_own_calendar:
            target = google.create_calendar(tokens.access_token, linking.OWN_CALENDAR, zone)
    except google.DeadToken as error:
        raise Malformed("The provider does not accept this code. Start again.", code="STATE_INVALID") from error
    except google.GoogleError as error:
        raise ProviderTrouble("The provider does not answer as it should. Try again.") from error
    if target is None:
        raise ProviderTrouble("The account has no calendar of its own.")
    return tokens, found, target


def _back(result: str) -> Response:
    return redirect(f"{url_for('web_ui.account')}?{urlencode({'result': result})}")
