"""One conversation: what happened, who answers next, and the deeds of the person who reads it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import conversations, escalations, notifications
from app.clock import now
from app.conversations import Conversation, command, human
from app.desk import rows, thread
from app.desk.rows import View, Wanted
from app.errors import Conflict, DomainError, Invalid, Malformed
from app.extensions import db
from app.users import Role, User
from blueprints import errors, guards
from blueprints.web_ui import answers, bp

HOLD = timedelta(minutes=15)
Deed = Callable[[Conversation, User], str]


class WroteMeanwhile(Conflict):
    code = "THREAD_MOVED_ON"


@bp.get("/inbox/<uuid:thread_id>")
def conversation(thread_id: UUID) -> ResponseReturnValue:
    """Show a thread with its list beside it."""
    found = conversations.of(g.user.tenant_id, thread_id)
    _mark_seen(found)
    return render_template("thread.html", **_page(found), **_list(), **_beside(found))


def _mark_seen(found: Conversation) -> None:
    if not g.user.may(Role.operator):
        return
    is_news = notifications.opened(g.user, found.id)
    if thread.seen(found):
        conversations.tell_updated(found)
        is_news = True
    if is_news:
        db.session.commit()


@bp.get("/fragments/thread/<uuid:thread_id>")
def thread_fragment(thread_id: UUID) -> ResponseReturnValue:
    """Show what happened in a thread up to now, and who answers next."""
    found = conversations.of(g.user.tenant_id, thread_id)
    _mark_seen(found)
    return render_template("fragments/thread.html", **_page(found))


@bp.get("/fragments/details/<uuid:thread_id>")
def details_fragment(thread_id: UUID) -> ResponseReturnValue:
    """Show what is known of a customer and the job."""
    found = conversations.of(g.user.tenant_id, thread_id)
    return render_template("fragments/details.html", thread=found, **_beside(found))


def _page(found: Conversation) -> dict[str, Any]:
    return {
        "thread": found,
        "timeline": thread.timeline(found, everything="all" in request.args),
        "alarm": thread.alarm(found),
        "holder": thread.holder(found),
        "refusal": human.refusal(found),
        "may_write": g.user.may(Role.operator),
    }


def _list() -> dict[str, Any]:
    """The list beside a thread on a wide screen: what needs somebody if there is anything, else everything."""
    wanted = Wanted(View.needs_you)
    page = rows.page(g.user, wanted)
    if not page.rows and not page.pinned:
        wanted = Wanted(View.all)
        page = rows.page(g.user, wanted)
    return {"wanted": wanted, "page": page, "counts": rows.counts(g.user)}


def _beside(found: Conversation) -> dict[str, Any]:
    beside = thread.beside(found)
    return {"beside": beside, "next_visit": thread.next_visit(beside.visits)}


# Deeds


@bp.post("/inbox/<uuid:thread_id>/reply")
def reply(thread_id: UUID) -> ResponseReturnValue:
    """Text the customer; that takes the thread over."""

    def say(found: Conversation, user: User) -> str:
        _refuse_when_outdated(found)
        human.reply(found, user, request.form.get("body", ""))
        return "Texted. They will see it in seconds."

    return _do(thread_id, say, clears="body")


def _refuse_when_outdated(found: Conversation) -> None:
    last = thread.last_inbound(found)
    if last is not None and request.form.get("seen", str(last)) != str(last):
        raise WroteMeanwhile("They wrote again while you were typing. Read it, then send again.")


@bp.post("/inbox/<uuid:thread_id>/note")
def note(thread_id: UUID) -> ResponseReturnValue:
    """Keep a private note; nothing is sent."""

    def keep(found: Conversation, user: User) -> str:
        words = request.form.get("note", "").strip()
        if not words:
            raise Malformed("The note is empty.")
        conversations.note(found, words, kind="note", user_id=user.id)
        conversations.tell_updated(found)
        return "Note saved. Only your team sees it."

    return _do(thread_id, keep, clears="note")


@bp.post("/inbox/<uuid:thread_id>/take-over")
def take_over(thread_id: UUID) -> ResponseReturnValue:
    """Take the thread from the assistant."""

    def take(found: Conversation, user: User) -> str:
        human.take_over(found, user)
        return "You are in control. Nothing automatic is sent any more."

    return _do(thread_id, take)


@bp.post("/inbox/<uuid:thread_id>/release")
def release(thread_id: UUID) -> ResponseReturnValue:
    """Give the thread back to the assistant."""

    def give_back(found: Conversation, user: User) -> str:
        is_asked = human.has_unanswered(found)
        human.release(found, user)
        return "AI answers their last text now." if is_asked else "AI answers their next text."

    return _do(thread_id, give_back)


@bp.post("/inbox/<uuid:thread_id>/hold")
def hold(thread_id: UUID) -> ResponseReturnValue:
    """Let the assistant wait a quarter of an hour more."""

    def wait(found: Conversation, _user: User) -> str:
        human.hold(found, now() + HOLD)
        return "AI waits 15 minutes for you."

    return _do(thread_id, wait)


@bp.post("/inbox/<uuid:thread_id>/answer-now")
def answer_now(thread_id: UUID) -> ResponseReturnValue:
    """Let the assistant answer at once."""

    def go_on(found: Conversation, _user: User) -> str:
        human.answer_now(found)
        return "AI answers now."

    return _do(thread_id, go_on)


@bp.post("/inbox/<uuid:thread_id>/acknowledge")
def acknowledge(thread_id: UUID) -> ResponseReturnValue:
    """Take an emergency: the phone stops ringing."""

    def take(found: Conversation, user: User) -> str:
        alert = escalations.running_for(found.id)
        if alert is None or not command.acknowledged(alert, found, by=user, via="web"):
            return "Somebody has it already."
        conversations.tell_updated(found)
        return "You have it. Nobody else is alerted."

    return _do(thread_id, take)


@bp.post("/inbox/<uuid:thread_id>/done")
def done(thread_id: UUID) -> ResponseReturnValue:
    """Mark a thread done."""

    def put_away(found: Conversation, _user: User) -> str:
        human.put_away(found)
        return "Done. A new text brings it back."

    return _do(thread_id, put_away)


@bp.post("/inbox/<uuid:thread_id>/open")
def bring_back(thread_id: UUID) -> ResponseReturnValue:
    """Put a thread that was done among the open ones."""

    def bring(found: Conversation, _user: User) -> str:
        human.bring_back(found)
        return "Among the open ones again."

    return _do(thread_id, bring)


@bp.post("/inbox/<uuid:thread_id>/unread")
def unread(thread_id: UUID) -> ResponseReturnValue:
    """Keep a thread for later, and go back to the list."""
    user = guards.require(Role.operator)
    human.mark_unread(conversations.of(user.tenant_id, thread_id, lock=True))
    db.session.commit()
    flash("Marked unread.")
    if answers.is_htmx():
        return "", 204, {"HX-Redirect": url_for("web_ui.inbox")}
    return redirect(url_for("web_ui.inbox"), 303)


def _do(thread_id: UUID, deed: Deed, *, clears: str = "") -> ResponseReturnValue:
    """Do something to a locked thread and show it; a refusal is shown beside what was typed."""
    user = guards.require(Role.operator)
    found = conversations.of(user.tenant_id, thread_id, lock=True)
    try:
        said = deed(found, user)
    except (Conflict, Invalid, Malformed) as refused:
        db.session.rollback()
        return _shown(thread_id, refused=refused), errors.status_of(refused)
    db.session.commit()
    if answers.is_htmx():
        return _shown(thread_id, said=said, clears=clears)
    return answers.done(said, url_for("web_ui.conversation", thread_id=thread_id))


def _shown(thread_id: UUID, *, said: str = "", refused: DomainError | None = None, clears: str = "") -> str:
    found = conversations.of(g.user.tenant_id, thread_id)
    words = {"said": said, "problem": str(refused) if refused else None}
    if answers.is_htmx():
        return render_template("fragments/thread_changed.html", clears=clears, **words, **_page(found))
    typed = {"typed": request.form.get("body", ""), "typed_note": request.form.get("note", "")}
    return render_template("thread.html", **_page(found), **_list(), **_beside(found), **words, **typed)
