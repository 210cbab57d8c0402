"""The test cases: how each went last, run it now, hand it out; and the form that makes one of a conversation."""

import json
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import ColumnElement, null

from admin import access, attention, finding, words
from admin.base import StaffView, act, linked
from admin.making import Form, form_of
from app import audit, evaluation
from app.clock import now
from app.conversations import Conversation
from app.errors import DomainError
from app.evaluation import CaseKind, EvalCase, judging, playing, singles
from app.extensions import db

NEW = {None: "new", True: "passed", False: "failed"}


def _result(_view: Any, _context: Any, row: EvalCase, _name: str) -> Any:
    return words.chip(NEW[row.passed])


def _milliseconds(_view: Any, _context: Any, row: EvalCase, _name: str) -> Any:
    return words.NOTHING if row.milliseconds is None else f"{row.milliseconds:.1f}"


class CaseView(StaffView):
    column_list = ("created_at", "passed", "title", "kind", "trade", "run_at", "milliseconds", "is_active")
    column_details_list = (
        "id", "title", "kind", "trade", "passed", "run_at", "milliseconds", "failing_since", "is_active", "note",
        "made_by", "created_at", "content",
    )  # fmt: skip
    column_export_list = ("id", "title", "kind", "trade", "passed", "run_at", "milliseconds", "is_active", "made_by")
    column_labels = {
        "created_at": "Made", "passed": "Last result", "run_at": "Last run", "milliseconds": "Took ms",
        "is_active": "Runs nightly", "failing_since": "Fails since",
    }  # fmt: skip
    column_formatters = {"created_at": linked("cases"), "passed": _result, "milliseconds": _milliseconds}
    column_formatters_detail = {"passed": _result, "milliseconds": _milliseconds}
    column_filters = ("kind", "trade", "passed", "is_active", "created_at")
    segments = {"failing": ("Cases that had passed and fail now", attention.failing_cases)}
    search_hint = "Words of the title"
    details_template = "panel/case.html"

    def tenant_column(self) -> Any:
        """A case is nobody's."""
        return null()

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By words of the title."""
        return [EvalCase.title.ilike(finding.part(asked.text))]

    def about(self, row: EvalCase) -> dict[str, Any]:
        return {"lines": _lines(row), "expectations": _expectations(row)}

    @expose("/make", methods=("GET", "POST"))
    def make(self) -> ResponseReturnValue:
        """The form that makes a case of a conversation or of one text of it, and the case when it is sent."""
        key = finding.as_key(request.values.get("conversation", ""))
        thread = db.session.get(Conversation, key) if key else None
        if thread is None:
            abort(404)
        try:
            form = form_of(thread, request.values.get("text", ""))
        except DomainError as error:
            flash(f"No case can be made: {error}", "error")
            return redirect(url_for("admin_conversations.details_view", id=thread.id))
        return self._made(thread, form) if request.method == "POST" else self._asked(thread, form)

    def _asked(self, thread: Conversation, form: Form) -> ResponseReturnValue:
        return self.render("panel/make_case.html", form=form, thread=thread, words=words, tenant=thread.tenant)

    def _made(self, thread: Conversation, form: Form) -> ResponseReturnValue:
        reason, staff = request.form.get("reason", "").strip(), access.member()
        try:
            case = form.case(request.form, made_by=staff.email if staff else "")
        except DomainError as error:
            flash(f"Nothing was saved: {error}", "error")
            return self._asked(thread, form)
        if not reason:
            flash("Nothing was saved: give a reason.", "error")
            return self._asked(thread, form)
        target = f"conversation:{thread.id}"
        act("case.make", target, lambda: _kept(case), reason=reason, tenant_id=thread.tenant_id)
        word = "It passes today." if case.passed else "It does not pass today; it runs every night until it does."
        flash(f"The test case is saved. {word}", "success" if case.passed else "warning")
        return redirect(self.page_of(case))

    @expose("/run", methods=("POST",))
    def run(self) -> ResponseReturnValue:
        """Play a case now."""
        row = self.wanted()
        act("case.run", self.target(row), lambda: _run(row), reason="run by hand")
        flash("It passed." if row.passed else "It failed.", "success" if row.passed else "error")
        return redirect(self.page_of(row))

    @expose("/switch", methods=("POST",))
    def switch(self) -> ResponseReturnValue:
        """Take a case out of the nightly run, or back into it."""
        row = self.wanted()
        done = "It does not run any more." if row.is_active else "It runs every night again."
        back = self.page_of(row)
        return self.do("case.switch", self.target(row), lambda: _switched(row), done=done, back=back)

    @expose("/discard", methods=("POST",))
    def discard(self) -> ResponseReturnValue:
        """Delete a case, such as one that still holds what nobody should read."""
        row = self.wanted()
        back = url_for(".index_view")
        return self.do("case.delete", self.target(row), lambda: _gone(row), done="The case is deleted.", back=back)

    @expose("/download")
    def download(self) -> ResponseReturnValue:
        """A case in the format of the development data: a dialogue file, or a line of single texts."""
        row = self.get_one(request.args.get("id", ""))
        if row is None:
            abort(404)
        staff = access.member()
        audit.record("case.download", self.target(row), actor=staff.email if staff else "")
        db.session.commit()
        is_turn = row.kind == CaseKind.turn
        content = json.dumps(row.content, ensure_ascii=False, indent=None if is_turn else 1) + "\n"
        name = f"case_{str(row.id)[-8:]}.{'jsonl' if is_turn else 'json'}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, mimetype="application/json", headers=headers)


def _kept(case: EvalCase) -> tuple[None, dict[str, Any]]:
    db.session.add(case)
    evaluation.run(case, now())
    db.session.flush()
    return None, {"case": str(case.id), "kind": str(case.kind), "passed": case.passed}


def _run(row: EvalCase) -> tuple[dict[str, Any], dict[str, Any]]:
    before = {"passed": row.passed}
    evaluation.run(row, now())
    return before, {"passed": row.passed}


def _switched(row: EvalCase) -> tuple[dict[str, Any], dict[str, Any]]:
    row.is_active = not row.is_active
    return {"is_active": not row.is_active}, {"is_active": row.is_active}


def _gone(row: EvalCase) -> tuple[dict[str, Any], None]:
    db.session.delete(row)
    return {"kind": str(row.kind), "made_by": row.made_by}, None


def _lines(row: EvalCase) -> list[dict[str, Any]]:
    """Who says what when a case is played now; one that cannot be played any more says nothing."""
    if row.kind == CaseKind.turn:
        return [{"who": "customer", "text": row.content["text"]}]
    try:
        return playing.transcript(playing.play(row.content["dialogues"][0], row.content))
    except Exception:  # noqa: BLE001 - the page of a broken case has to open
        return []


def _expectations(row: EvalCase) -> list[str]:
    """What is expected of a case, in sentences."""
    if row.kind == CaseKind.turn:
        return singles.wishes(row.content)
    always = [{"c": name} for name in row.content["always"]]
    return [judging.said(one) for one in (*row.content["dialogues"][0]["final"], *always)]
