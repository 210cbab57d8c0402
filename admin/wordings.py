"""The words of our texts: what we say by default, and what support wrote instead, and for whom."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import ColumnElement, func, inspect, select
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from admin import access, finding, refusals, words
from admin.base import StaffView, TenantFilter, linked, tenant_of
from app import audit, messages, users, wordings
from app.dispatch import samples, variants, wording
from app.extensions import db
from app.tenants import Tenant, Trade
from app.wordings import LANGUAGES, MOST_CHARACTERS, FaultyWording, Wording

NAMES = {"en": "English", "es": "Spanish"}


@dataclass
class Place:
    """Where words are for: a template in a language, for one business, a trade, or everybody."""

    template: str
    language: str
    trade: Trade | None = None
    tenant: Tenant | None = None

    def row(self, text: str = "") -> Wording:
        """A row for this place that is in no session yet."""
        tenant_id = self.tenant.id if self.tenant else None
        return Wording(template=self.template, language=self.language, trade=self.trade, tenant_id=tenant_id, text=text)

    @property
    def known(self) -> dict[str, str]:
        """What the samples say of the one business that the words are for."""
        if self.tenant is None:
            return {}
        owner = users.owner_of(self.tenant.id)
        return {"business": self.tenant.business_name} | ({"who": owner.display_name} if owner else {})

    def faults(self, text: str) -> list[str]:
        """Why such words may not be sent, in sentences."""
        try:
            wordings.check(self.row(text), self.tenant, owner=self.known.get("who", ""))
        except FaultyWording as error:
            return refusals.sentences(error.faults)
        return []


def _scope(_view: Any, _context: Any, row: Wording, _name: str) -> Any:
    tenant = tenant_of(row)
    if tenant is not None:
        return words.link("tenants", tenant.id, tenant.business_name)
    return words.plain(row.trade) if row.trade else "everybody"


def _used(_view: Any, _context: Any, row: Wording, _name: str) -> Any:
    return words.chip("active" if row.is_active else "off")


class WordingView(StaffView):
    can_create = can_edit = True
    column_list = ("template", "scope", "language", "text", "is_active", "changed_by", "changed_at")
    column_details_list = (
        "id", "tenant_id", "trade", "language", "template", "is_active", "changed_by", "created_at", "changed_at",
    )  # fmt: skip
    column_export_list = (
        "id", "tenant_id", "trade", "language", "template", "text", "is_active", "changed_by", "changed_at",
    )  # fmt: skip
    column_labels = {
        "scope": "For", "is_active": "Used", "template": "Text", "text": "Words", "changed_by": "Changed by",
        "changed_at": "Changed", "created_at": "Written",
    }  # fmt: skip
    column_formatters = {"template": linked("wordings"), "scope": _scope, "is_active": _used}
    column_formatters_detail = {"is_active": _used}
    column_filters = (TenantFilter(Wording.tenant_id, "Business"), "trade", "language", "template", "is_active")
    form_columns = ("text", "reason")
    form_overrides = {"text": TextAreaField}
    form_args = {"text": {"label": "Words", "validators": [InputRequired(), Length(max=MOST_CHARACTERS)]}}
    form_extra_fields = {"reason": StringField("Reason", [InputRequired(), Length(max=300)])}
    search_hint = "Part of the words, or the name of a text"
    create_template = edit_template = "panel/wording_form.html"
    details_template = "panel/wording.html"

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """By a part of the words, or by the name of the template."""
        return [Wording.text.ilike(finding.part(asked.text)), Wording.template == asked.text]

    def about(self, row: Wording) -> dict[str, Any]:
        return self._shown(_place_of(row), row.text)

    def _shown(self, place: Place, text: str) -> dict[str, Any]:
        """What stands beside words: what we say by default, the placeholders, and the words filled with samples."""
        may = variants.placeholders(place.template, place.language)
        must = variants.required(place.template, place.language)
        usual = {**samples.usual(place.template, place.language), **place.known}
        return {
            "place": place,
            "language": NAMES[place.language],
            "defaults": [one.text for one in wording.ours(place.template, place.language)],
            "placeholders": [(name, usual[name].strip(" ,"), name in must) for name in sorted(may)],
            "keywords": sorted(variants.keywords(place.template, place.language)),
        } | _preview(place, text)

    # Writing

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> ResponseReturnValue:
        """First which text and for whom, then the words."""
        place, trouble = _asked_place()
        if place is None:
            return self.render(
                "panel/wording_choose.html",
                templates=[(name, wording.ours(name, "en")[0].text) for name in variants.editable()],
                languages=NAMES,
                trades=list(Trade),
                trouble=trouble,
            )
        return super().create_view()

    def build_new_instance(self) -> Wording:
        return _place().row()

    def validate_form(self, form: Any) -> bool:
        """The form's own rules, then the guard that every text passes."""
        if not super().validate_form(form):
            return False
        form.text.data = form.text.data.strip()
        form.text.errors = _place().faults(form.text.data)
        return not form.text.errors

    def on_model_change(self, form: Any, model: Wording, is_created: bool) -> None:
        """Who changed what and why, in the same transaction."""
        staff = access.member()
        model.changed_by = staff.email if staff else ""
        attributes: Any = inspect(model).attrs
        before = attributes.text.history.deleted
        db.session.flush()
        audit.record(
            "wording.add" if is_created else "wording.edit",
            self.target(model),
            actor=model.changed_by,
            tenant_id=model.tenant_id,
            before={"text": before[0]} if before and not is_created else None,
            after={"text": model.text, "template": model.template, "language": model.language},
            reason=form.reason.data,
        )

    def render(self, template: str, **kwargs: Any) -> str:
        if template == self.create_template:
            form = kwargs["form"]
            kwargs |= self._shown(_place(), form.text.data or "")
            kwargs["preview_url"] = _preview_url(kwargs["place"])
        return super().render(template, **kwargs)

    def get_save_return_url(self, model: Wording, is_created: bool = False) -> str:
        return self.page_of(model)

    @expose("/preview")
    def preview(self) -> ResponseReturnValue:
        """The words of a draft filled with samples: a part of the page of the form."""
        place, trouble = _asked_place()
        if place is None:
            return render_template("panel/_wording_preview.html", filled="", faults=[trouble] if trouble else [])
        return render_template("panel/_wording_preview.html", **_preview(place, request.args.get("text", "")))

    # Using and not using

    @expose("/stop", methods=("POST",))
    def stop(self) -> ResponseReturnValue:
        """Use these words no more; the next text is worded without them."""
        return self._switch(is_active=False, action="wording.stop", done="These words are not used any more.")

    @expose("/use", methods=("POST",))
    def use(self) -> ResponseReturnValue:
        """Use these words again, if they still pass the guard."""
        return self._switch(is_active=True, action="wording.use", done="These words are used again.")

    def _switch(self, *, is_active: bool, action: str, done: str) -> ResponseReturnValue:
        row = self.wanted()
        place = _place_of(row)

        def deed() -> tuple[dict[str, Any], dict[str, Any]]:
            if is_active:
                wordings.check(row, place.tenant, owner=place.known.get("who", ""))
            before, row.is_active = row.is_active, is_active
            staff = access.member()
            row.changed_by = staff.email if staff else ""
            return {"is_active": before}, {"is_active": is_active}

        return self.do(action, self.target(row), deed, done=done, back=self.page_of(row), tenant_id=row.tenant_id)


def _preview(place: Place, text: str) -> dict[str, Any]:
    """The words with samples in them, how many parts they are billed as, and what speaks against them."""
    may = variants.placeholders(place.template, place.language)
    if not text.strip() or not set(wording.PLACEHOLDER.findall(text)) <= may:
        return {"filled": "", "faults": place.faults(text) if text.strip() else []}
    filled = wording.fill(text, {**samples.usual(place.template, place.language), **place.known})
    long = wording.fill(text, {**samples.long(place.template, place.language), **place.known})
    return {
        "filled": filled,
        "parts": messages.segments(filled),
        "long": len(long),
        "long_parts": messages.segments(long),
        "faults": place.faults(text),
    }


def _place_of(row: Wording) -> Place:
    return Place(row.template, row.language, row.trade, tenant_of(row))


def _place() -> Place:
    """Where the words of this request are for: the row that is edited, or what was chosen for a new one."""
    row_id = finding.as_key(request.args.get("id", ""))
    row = db.session.get(Wording, row_id) if row_id else None
    if row is not None:
        return _place_of(row)
    place, _ = _asked_place()
    if place is None:
        raise RuntimeError("words without a place")  # both callers have looked before
    return place


def _asked_place() -> tuple[Place | None, str]:
    """What the address chooses, or why that is none; neither when nothing was chosen yet."""
    asked = request.args
    template, language, trade = (asked.get(name, "") for name in ("template", "language", "trade"))
    if template not in variants.editable() or language not in LANGUAGES:
        return None, ""
    if trade and trade not in list(Trade):
        return None, f"There is no trade “{trade}”."
    business = asked.get("business", "").strip()
    if business and trade:
        return None, "Words are for one business or for a trade, not for both."
    found = _businesses(business) if business else []
    if business and len(found) != 1:
        return None, f"{len(found) or 'No'} businesses are called “{business}”. Give the id of the one that you mean."
    return Place(template, language, Trade(trade) if trade else None, found[0] if found else None), ""


def _businesses(name: str) -> list[Tenant]:
    """Businesses by id or by their whole name, two at most."""
    key = finding.as_key(name)
    same = Tenant.id == key if key is not None else func.lower(Tenant.business_name) == name.lower()
    return list(db.session.scalars(select(Tenant).where(same).limit(2)))


def _preview_url(place: Place) -> str:
    business = place.tenant.id if place.tenant else ""
    trade, template = place.trade or "", place.template
    return url_for(".preview", template=template, language=place.language, trade=trade, business=business)
