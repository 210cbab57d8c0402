"""Bring the database to the newest migration and put the demo's data in: both by one start of the application.

python -m scripts.prepare
"""

import sys

from flask_migrate import upgrade

from wsgi import create_web_app


def main() -> int:
    """Migrate, then seed; both do nothing the second time."""
    web = create_web_app()
    with web.app_context():
        upgrade()
    seeding = web.test_cli_runner().invoke(args=["seed-demo"], catch_exceptions=False)
    print(seeding.output)
    return seeding.exit_code


if __name__ == "__main__":
    sys.exit(main())
