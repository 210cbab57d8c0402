"""Write docs/api.md from the routes, or with --check say whether it is up to date."""

import sys
from pathlib import Path

from blueprints import openapi
from wsgi import create_web_app

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"


def main() -> int:
    """Write or check the page; 1 when it is out of date."""
    page = openapi.markdown(openapi.description(create_web_app())) + "\n"
    if "--check" in sys.argv:
        is_current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page
        if not is_current:
            print("docs/api.md is out of date: python -m scripts.api_page")
        return 0 if is_current else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
