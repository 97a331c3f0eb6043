"""Runs in PostgreSQL: the schema that they need, and who may make it."""

import asyncio
import logging
from pathlib import Path

import pytest

from facade.bootstrap import open_parts
from facade.config import Settings
from facade.model.run import RunState
from tests.databases import PostgresDatabase
from tests.flows import ended, started
from tests.postgres import ROLE, PostgresServer


async def test_a_role_that_may_not_make_the_schema_is_told_what_it_needs(
    tmp_path: Path, postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    database = PostgresDatabase(postgres_server, postgres_server.database())
    database.query(f"ALTER DATABASE {database.name} OWNER TO postgres")
    database.query(f"GRANT ALL ON SCHEMA public TO {ROLE}")
    settings = Settings(data=tmp_path, dev=True, database=database.url)
    with caplog.at_level(logging.WARNING):
        async with open_parts(settings, {}) as parts:
            run = await started(parts, "steps: [{id: a, map: input}]", 1)
            async with asyncio.timeout(10):
                while "GRANT CREATE ON DATABASE" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                    await asyncio.sleep(0.05)
            assert (await parts.runs.get(run.name)).state is RunState.QUEUED
            database.query(f"GRANT CREATE ON DATABASE {database.name} TO {ROLE}")
        async with open_parts(settings, {}) as parts:
            parts.runs.look()
            assert (await ended(parts, run)).state is RunState.SUCCEEDED
    assert database.url not in caplog.text
