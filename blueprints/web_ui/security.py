"""What a browser may do with our pages: nothing inline, nothing foreign, no frame around them."""

from urllib.parse import urlsplit

from flask import Response, current_app, request

from blueprints.web_ui import public_bp
from config import Settings

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
YEAR = 365 * 24 * 3600


@public_bp.after_app_request
def protect(response: Response) -> Response:
    """Put the headers on every page; the panel has a policy of its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    settings: Settings = current_app.extensions["settings"]
    if settings.cookie_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
    if response.mimetype == "text/html" and not request.path.startswith("/admin"):
        response.headers.setdefault("Content-Security-Policy", policy(settings))
        # A page with a customer's words in it stays in no cache, and the back button asks again.
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("HX-Request")
    return response


def policy(settings: Settings) -> str:
    """The content security policy: our own files, and the event stream where it has another address."""
    stream = urlsplit(settings.stream_url)
    listens_to = f" {stream.scheme}://{stream.netloc}" if stream.netloc else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self'",
            "manifest-src 'self'",
            f"connect-src 'self'{listens_to}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
