"""What alembic runs: the revisions, on the connection and in the transaction that it is given."""

from alembic import context

from facade.stores.beside import BESIDE
from facade.stores.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[METADATA, BESIDE],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
