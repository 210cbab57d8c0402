"""Runs the migrations as the owner of the tables; the application itself may not change them."""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

from app.extensions import db


def owner_url() -> str:
    settings = current_app.extensions["settings"]
    return settings.migration_database_url or settings.database_url


def run() -> None:
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        options = current_app.extensions["migrate"].configure_args
        context.configure(connection=connection, target_metadata=db.metadata, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
