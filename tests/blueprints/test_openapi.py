"""The description of the interfaces: complete, true to the routes, and as it stands in docs/api.md."""

import json
from pathlib import Path

from blueprints import openapi

UNREAD = {
    "tenant_service.change_settings",
    "notification_service.mark_read",
    "twilio_conversations.release",
    "web_ui_api.save_part",
}
"""Writes that take no body of a model: the settings check themselves, the others take nothing."""


def test_every_write_with_a_body_names_its_model(web):
    missing = {
        rule.endpoint
        for rule, method, view in openapi._views(web)
        if method in ("POST", "PUT", "PATCH") and not openapi.models_of(view)
    }
    assert missing == UNREAD


def test_every_reference_leads_somewhere(callers, factories):
    told = callers.nobody().get("/api/openapi.json").json
    schemas = told["components"]["schemas"]

    def references(part):
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for one in part.values():
                yield from references(one)
        elif isinstance(part, list):
            for one in part:
                yield from references(one)

    wanted = {one.rpartition("/")[2] for one in references(told)}
    assert wanted <= set(schemas)
    assert told["openapi"].startswith("3.1")
    assert json.dumps(told)


def test_what_is_public_says_so(web):
    told = openapi.description(web)
    open_to_all = {path for path, methods in told["paths"].items() for one in methods.values() if one["security"] == []}
    assert {"/auth/login", "/auth/refresh", "/plans", "/.well-known/jwks.json"} <= open_to_all
    assert not any(path.startswith(("/leads", "/conversations", "/tenants")) for path in open_to_all)
    assert told["paths"]["/appointments"]["post"]["parameters"][-1]["required"] is True


def test_the_page_is_up_to_date(web):
    page = openapi.markdown(openapi.description(web)) + "\n"
    assert Path("docs/api.md").read_text(encoding="utf-8") == page, "python -m scripts.api_page"
