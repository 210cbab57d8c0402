"""Our files for the browser, each named with its content, so that it may be kept for ever and is never stale."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from blueprints.web_ui import public_bp

FOLDER = Path(__file__).parent / "static"


@public_bp.app_template_global()
def asset(name: str) -> str:
    """The address of one of our files."""
    path = FOLDER / name
    mark = _mark(name, path.stat().st_mtime_ns) if path.exists() else "missing"
    return url_for("public.static", filename=name, v=mark)


@lru_cache(maxsize=64)
def _mark(name: str, changed: int) -> str:
    return sha256((FOLDER / name).read_bytes()).hexdigest()[:10]


@public_bp.after_request
def keep(response: Response) -> Response:
    """Let browsers keep a file whose name carries its content."""
    if request.endpoint == "public.static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@public_bp.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """What a phone needs to put the pages on its home screen."""
    icons = [{"src": asset(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)]
    answer = jsonify(
        name="NeverMissCall",
        short_name="NeverMissCall",
        start_url=url_for("web_ui.home"),
        scope="/",
        display="standalone",
        background_color="#ffffff",
        theme_color="#0A327F",
        icons=icons,
        shortcuts=[
            {"name": "Today", "url": url_for("web_ui.appointments")},
            {"name": "Inbox", "url": url_for("web_ui.inbox")},
        ],
    )
    answer.mimetype = "application/manifest+json"
    return answer
