"""The rules of this house, kept by tests (architecture.md 2 and style.md)."""

import ast
import importlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text

from app import queue
from app.extensions import db

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 300
PRODUCT = ("app", "blueprints", "admin", "jobs", "sandbox", "scripts")
OUTSIDE = {"twilio", "stripe", "requests", "smtplib", "httpx", "urllib3", "pydantic_ai", "openai", "anthropic"}
MAY_TALK = ("app/providers/", "blueprints/guards.py", "sandbox/", "scripts/")
BUILT = "blueprints/web_ui/static/vendor"


@cache
def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return [path for path in found if BUILT not in str(path) and "__pycache__" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Every module that a file imports, and the names that it takes from it, with dots."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def ids(paths: list[Path]) -> list[str]:
    return [name_of(path) for path in paths]


def test_the_domain_never_sees_a_request():
    banned = {"flask.request", "flask.g", "flask.session", "flask_login.current_user"}
    wrong = {name_of(path): found for path in sources("app") if (found := banned & imports(path))}
    assert wrong == {}


def test_the_domain_imports_nothing_above_it_and_the_sandbox_nothing_of_ours():
    above = {"app": {"blueprints", "admin", "jobs", "sandbox", "wsgi"},
             "blueprints": {"admin", "jobs", "sandbox", "wsgi"},
             "jobs": {"blueprints", "admin", "sandbox", "wsgi"}, "admin": {"jobs", "sandbox", "wsgi"},
             "sandbox": {"app", "blueprints", "admin", "jobs", "config", "wsgi"}}  # fmt: skip
    wrong = []
    for folder, banned in above.items():
        for path in sources(folder):
            tops = {module.split(".")[0] for module in imports(path)}
            wrong += [f"{name_of(path)} imports {one}" for one in tops & banned]
    assert wrong == []


def test_nothing_commits_in_the_domain():
    wrong = [
        f"{name_of(path)}:{call.lineno}"
        for path in sources("app")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]
    assert wrong == []


def test_only_the_queue_and_the_jobs_know_rq():
    allowed = ("app/queue/", "blueprints/health.py")
    wrong = [
        name_of(path)
        for path in sources("app", "blueprints", "admin")
        if not name_of(path).startswith(allowed) and any(module.split(".")[0] == "rq" for module in imports(path))
    ]
    assert wrong == []


def test_only_the_providers_talk_to_the_outside():
    wrong = [
        f"{name_of(path)}: {', '.join(sorted(found))}"
        for path in sources("app", "blueprints", "admin", "jobs")
        if not name_of(path).startswith(MAY_TALK)
        and (found := OUTSIDE & {module.split(".")[0] for module in imports(path)})
    ]
    assert wrong == []


def test_the_model_is_loaded_by_nobody_who_does_not_ask_it():
    """It costs a second and 75 MB: web, stream, clock and workers start without it (decision 0018)."""
    heavy = "pydantic_ai", "openai", "anthropic", "tiktoken"
    program = f"import sys, wsgi, jobs.worker, jobs.clock; print([one for one in {heavy!r} if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_job_resolves():
    for job in queue.Job:
        module, _, function = job.value.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), job
        assert job in queue.QUEUES


def test_every_blueprint_has_a_guard(web):
    unguarded = [
        name for name in web.blueprints if not name.startswith("admin") and not web.before_request_funcs.get(name)
    ]
    assert unguarded == []


def test_the_nine_services_are_served(web):
    served = set(web.blueprints)
    services = {
        "web_ui", "app_server", "twilio_server", "tenant_service", "billing_service", "notification_service",
        "phone_number_service", "universal_calendar", "dispatch_bot_ai",
    }  # fmt: skip
    assert services <= served


def test_every_table_of_a_tenant_has_row_security(web):
    tables = {table.name for table in db.metadata.sorted_tables if "tenant_id" in table.columns} | {"tenant"}
    with web.app_context():
        rows = db.session.execute(
            text("SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r'")
        )
        secured = {name for name, enabled, forced in rows if enabled and forced}
        is_bound = db.session.execute(
            text("SELECT NOT rolsuper AND NOT rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )
        assert is_bound.scalar()
        db.session.rollback()
    assert tables - secured == set()


@pytest.mark.parametrize("path", sources(*PRODUCT), ids=ids(sources(*PRODUCT)))
def test_a_module_is_one_concept(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{name_of(path)} has {lines} lines: make it a package"


def test_every_module_says_what_it_is():
    wrong = [name_of(path) for path in sources(*PRODUCT) if path.stat().st_size and not ast.get_docstring(tree(path))]
    assert wrong == []


def test_time_has_one_source_in_the_product():
    readers = {"now", "utcnow", "today"}
    allowed = {"app/clock.py", "blueprints/errors.py", "blueprints/health.py"}
    wrong = [
        f"{name_of(path)}:{call.lineno}"
        for path in sources("app", "blueprints", "admin", "jobs")
        if name_of(path) not in allowed
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in readers
        and isinstance(call.func.value, ast.Name | ast.Attribute)
        and getattr(call.func.value, "id", getattr(call.func.value, "attr", "")) in {"datetime", "date"}
    ]
    assert wrong == []
