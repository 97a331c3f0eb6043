"""The tables of this release: which they are, and how older ones become them."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from facade.errors.service import StoreUnavailable


def tables_of_this_release() -> str:
    """The revision of the tables that this release makes."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def migrate(connection: Connection) -> None:
    """Brings a database's tables to this release; refuses those of a newer one.

    Raises StoreUnavailable.
    """
    config = _config()
    config.attributes["connection"] = connection
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    now = MigrationContext.configure(connection).get_current_revision()
    if now is not None and now not in known:
        raise StoreUnavailable(
            f"the database was written by a newer release (its format is {now}): "
            "start that release, or restore a backup made before the upgrade"
        )
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "facade.stores:migrations")
    return config
