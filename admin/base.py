"""What every page of the panel shares: staff only, read only until it says otherwise, every deed with its audit row."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView, expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.contrib.sqla.filters import BaseSQLAFilter
from flask_admin.model.filters import BaseFilter
from sqlalchemy import ColumnElement, or_, select

from admin import access, finding, words
from app import audit
from app.errors import DomainError
from app.extensions import db
from app.tenants import Tenant

Facts = Mapping[str, Any] | None
Deed = Callable[[], tuple[Facts, Facts]]
PRIVATE_PHONES = ("customer_phone", "phone")


def act(action: str, target: str, deed: Deed, *, reason: str, tenant_id: UUID | None = None) -> str | None:
    """Do a deed of the domain and write its audit row in the same transaction; why nothing was done, or None.

    The deed returns the facts before and after. One that the domain refuses leaves no change, and a row that says so.
    """
    staff = access.member()
    refusal = None
    try:
        with db.session.begin_nested():
            before, after = deed()
    except DomainError as error:
        refusal, before, after = str(error), None, {"nothing_done": str(error)}
    audit.record(
        action,
        target,
        actor=staff.email if staff else "",
        tenant_id=tenant_id,
        before=before,
        after=after,
        reason=reason,
    )
    db.session.commit()
    return refusal


class TenantFilter(BaseSQLAFilter):
    """Rows of the businesses whose name contains something."""

    def apply(self, query: Any, value: str, alias: Any = None) -> Any:
        wanted = select(Tenant.id).where(Tenant.business_name.ilike(finding.part(value)))
        return query.filter(self.get_column(alias).in_(wanted))

    def operation(self) -> str:
        return "contains"


class StaffOnly:
    """The guard in admin/access.py stands before every view; this keeps the menu to those who may use it."""

    def is_accessible(self) -> bool:
        return access.member() is not None

    def inaccessible_callback(self, name: str, **kwargs: Any) -> ResponseReturnValue:
        return access.refuse()

    def do(
        self, action: str, target: str, deed: Deed, *, done: str, back: str, tenant_id: UUID | None = None
    ) -> ResponseReturnValue:
        """Do what a button asks for, with the reason from its form, and say what came of it."""
        reason = request.form.get("reason", "").strip()
        if not reason:
            flash("Nothing was done: give a reason.", "error")
            return redirect(back)
        refusal = act(action, target, deed, reason=reason, tenant_id=tenant_id)
        flash(f"Nothing was done: {refusal}" if refusal else done, "warning" if refusal else "success")
        return redirect(back)


class StaffPage(StaffOnly, BaseView):
    """A page of its own."""


class StaffView(StaffOnly, ModelView):
    """The rows of one table: list, search, filters, export, and a page for each."""

    can_create = can_edit = can_delete = False
    can_view_details = can_export = can_set_page_size = True
    column_display_actions = False
    column_display_pk = False
    column_default_sort = ("id", True)
    column_sortable_list: Sequence[Any] = ()
    simple_list_pager = True
    named_filter_urls = True
    page_size = 50
    page_size_options = (20, 50, 100)
    export_max_rows = 10_000
    list_template = "panel/list.html"
    details_template = "panel/details.html"
    edit_template = "panel/edit.html"
    column_labels: Mapping[str, str] = {}
    column_formatters: Mapping[str, Callable[..., Any]] = {}
    column_formatters_detail: Mapping[str, Callable[..., Any]] = {}
    search_hint = ""
    """What the search of this list takes; empty when it has none."""
    segments: Mapping[str, tuple[str, Callable[[], ColumnElement[bool]]]] = {}
    """Named parts of the list, each with its meaning: what the counts on the first page count and link to."""

    def __init__(self, model: type[Any], **kwargs: Any) -> None:
        names = model.__mapper__.columns.keys()
        self.column_formatters_detail = _formatters(names, is_list=False) | dict(self.column_formatters_detail)
        self.column_formatters = _formatters(names, is_list=True) | dict(self.column_formatters)
        self.column_labels = {"tenant": "Business", "tenant_id": "Business"} | dict(self.column_labels)
        super().__init__(model, db, **kwargs)

    # Reading

    def get_query(self) -> Any:
        query = super().get_query()
        if (name := request.args.get("only", "")) in self.segments:
            query = query.filter(self.segments[name][1]())
        if (tenant_id := finding.as_key(request.args.get("tenant", ""))) is not None:
            query = query.filter(self.tenant_column() == tenant_id)
        return query

    def tenant_column(self) -> Any:
        """The column that names the business."""
        return self.model.tenant_id

    def get_list(self, *args: Any, **kwargs: Any) -> tuple[int | None, list[Any]]:
        count, rows = super().get_list(*args, **kwargs)
        preload_tenants(rows)
        return count, rows

    def get_one(self, id: str) -> Any:  # noqa: A002 - Flask-Admin calls it so
        row_id = finding.as_key(id)
        return db.session.get(self.model, row_id) if row_id else None

    def wanted(self) -> Any:
        """The row that a form names, locked; 404 when there is none."""
        row_id = finding.as_key(request.form.get("id", ""))
        row = db.session.get(self.model, row_id, with_for_update={"of": self.model}) if row_id else None
        return row if row is not None else abort(404)

    def page_of(self, row: Any) -> str:
        """Where the page of a row is."""
        return url_for(".details_view", id=row.id)

    def target(self, row: Any) -> str:
        """How the audit names a row."""
        return f"{self.model.__tablename__}:{row.id}"

    # Searching

    def init_search(self) -> bool:
        return bool(self.search_hint)

    def search_placeholder(self) -> str:
        return self.search_hint

    def matches(self, asked: finding.Asked) -> list[ColumnElement[bool]]:
        """The conditions of which one has to hold for a row to be found."""
        return []

    def _apply_search(self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str) -> Any:
        asked = finding.read(search)
        conditions = self.matches(asked)
        if asked.key is not None:
            conditions.append(self.model.id == asked.key)
        return query.filter(or_(*conditions) if conditions else False), count_query, joins, count_joins

    def get_filters(self) -> list[BaseFilter] | None:
        """An unknown state in an address is a wrong value, not a failure of ours (Flask-Admin raises KeyError)."""
        filters = super().get_filters()
        for one in filters or ():
            one.clean = _careful(one.clean)
        return filters

    # Showing

    def about(self, row: Any) -> dict[str, Any]:
        """What the page of a row shows besides its columns."""
        return {}

    def render(self, template: str, **kwargs: Any) -> str:
        if template == self.details_template and kwargs.get("model") is not None:
            kwargs |= {"tenant": tenant_of(kwargs["model"])} | self.about(kwargs["model"])
        name = request.args.get("only", "")
        kwargs |= {"segment": self.segments[name][0] if name in self.segments else None, "words": words}
        return super().render(template, **kwargs)

    def get_export_value(self, model: Any, name: str) -> str:
        """Plain text: times with the business's own offset, customers' phones masked, formulas defused."""
        value = self._get_field_value(model, name)
        if isinstance(value, datetime):
            return words.local(value, tenant_of(model)).isoformat(timespec="seconds")
        if name in PRIVATE_PHONES:
            return str(words.hidden_phone(value))
        return words.defused("" if value is None else str(value))

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> ResponseReturnValue:
        """The list as CSV, with the filters in force; who exported what is in the audit."""
        staff = access.member()
        target = f"{self.model.__tablename__}?{request.query_string.decode()}"[:300]
        audit.record("list.export", target, actor=staff.email if staff else "")
        db.session.commit()
        return super().export(export_type)


def _careful(clean: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            return clean(value)
        except KeyError as error:
            raise ValueError(str(value)) from error

    return read


def _formatters(names: Sequence[str], *, is_list: bool) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for name in names:
        if name == "tenant_id":
            found[name] = found["tenant"] = _business
        elif name.endswith("_at") or name == "at":
            found[name] = lambda _view, _context, row, name: words.when(getattr(row, name), tenant_of(row))
        elif name in PRIVATE_PHONES and is_list:
            found[name] = lambda _view, _context, row, name: words.hidden_phone(getattr(row, name))
        elif name in (*PRIVATE_PHONES, "business_phone", "e164", "phone_number"):
            found[name] = lambda _view, _context, row, name: words.phone(getattr(row, name))
        elif name.endswith("_cents"):
            found[name] = lambda _view, _context, row, name: words.money(getattr(row, name))
        else:
            found[name] = lambda _view, _context, row, name: words.cell(getattr(row, name))
    return found


def _business(_view: Any, _context: Any, row: Any, _name: str) -> Any:
    tenant = tenant_of(row)
    return words.link("tenants", tenant.id, tenant.business_name) if tenant else words.NOTHING


def preload_tenants(rows: Sequence[Any]) -> None:
    """Read the businesses of many rows with one statement; they stay known for this request."""
    ids = {row.tenant_id for row in rows if getattr(row, "tenant_id", None)}
    g.tenants = {one.id: one for one in db.session.scalars(select(Tenant).where(Tenant.id.in_(ids)))} if ids else {}


def tenant_of(row: Any) -> Tenant | None:
    """The business that a row belongs to."""
    if isinstance(row, Tenant):
        return row
    tenant_id = getattr(row, "tenant_id", None)
    if tenant_id is None:
        return None
    return g.get("tenants", {}).get(tenant_id) or db.session.get(Tenant, tenant_id)


def linked(endpoint: str) -> Callable[..., Any]:
    """A formatter that makes a value the link to the page of its row."""

    def show(_view: Any, _context: Any, row: Any, name: str) -> Any:
        value = getattr(row, name)
        text = words.when(value, tenant_of(row)) if isinstance(value, datetime) else words.cell(value)
        return words.link(endpoint, row.id, text)

    return show
