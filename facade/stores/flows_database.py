"""The database in which it is kept how far runs have come, which a library opens by itself."""

from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from facade.stores.failing import words_of
from facade.stores.postgres import is_postgres

FORBIDDEN: Final = "42501"
"""SQLSTATE: the role may not do that."""


def blocking(url: str) -> str:
    """The URL by a driver that waits in its thread."""
    driver = "postgresql+psycopg" if is_postgres(url) else "sqlite"
    return make_url(url).set(drivername=driver).render_as_string(hide_password=False)


def refusal_of(problem: BaseException, schema: str) -> str:
    """What a database did not let be done, without what its URL holds; empty: it was not that."""
    if not isinstance(problem, SQLAlchemyError | OSError):
        return ""
    cause = getattr(problem, "orig", None) or problem
    if getattr(cause, "sqlstate", None) == FORBIDDEN:
        return (
            f"the role may not make the schema `{schema}`: "
            "GRANT CREATE ON DATABASE … TO it, or make the schema with it as the owner"
        )
    return f"the database of runs cannot be opened: {words_of(problem)}"
