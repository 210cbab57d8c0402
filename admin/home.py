"""The first page: one search box, and what needs somebody's attention."""

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import AdminIndexView, expose

from admin import attention, finding, words
from admin.base import StaffOnly, preload_tenants, tenant_of
from app.providers import llm


class HomePage(StaffOnly, AdminIndexView):
    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The search box and the counts above everything."""
        model, about_model = llm.status()
        return self.render(
            "panel/home.html", buckets=attention.buckets(), words=words, model=model, about_model=about_model
        )

    @expose("/search")
    def search(self) -> ResponseReturnValue:
        """A unique hit opens its page at once, several are shown in groups."""
        asked = finding.read(request.args.get("q", ""))
        groups = finding.look_up(asked)
        hits = [hit for group in groups for hit in group.hits]
        if len(hits) == 1:
            return redirect(hits[0].url)
        preload_tenants(hits)
        return self.render("panel/found.html", asked=asked, groups=groups, tenant_of=tenant_of, words=words)
