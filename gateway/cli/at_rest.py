"""What is done at a database itself, whether or not a gateway runs on it."""

import asyncio
from datetime import UTC
from pathlib import Path

import typer

from facade.access.keys import Keys
from facade.errors.fault import Fault
from facade.ground import DATABASE
from facade.model.access import Grant, Identity, Role
from facade.model.key import KeyName
from facade.model.names import check_id
from facade.stores.keys import SqlKeys
from facade.stores.ledger import SqlLedger, open_ledger
from facade.stores.trail import NotedRow, Trail, Verified
from gateway.cli.output import say
from gateway.convert.access import grants_from, key_to
from gateway.convert.audit import verified_to
from gateway.v1.access_pb2 import Key
from gateway.v1.audit_pb2 import VerifyAuditResponse

OPERATOR = Identity(name="operator", grants=(Grant(role=Role.ADMIN),))
"""Whoever can open the database."""


def make_key(
    data: Path | None, database: str, name: tuple[str, str], message: Key
) -> tuple[Key, str]:
    """Makes a key, and gives its text with it; exits with 2 where that cannot be.

    `name`: its id, and whose it is, or an empty text where there are no tenants.
    """
    key, tenant = name
    try:
        if tenant:
            check_id(tenant, "--tenant")
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        url = database or _url((data or Path()) / DATABASE)
        return asyncio.run(_made(url, KeyName(key, tenant), message))
    except (Fault, ValueError, OSError) as problem:
        told = problem.strerror if isinstance(problem, OSError) else str(problem)
        say(f"--database: {told}" if database else str(told))
        raise typer.Exit(2) from None


def verify_trail(data: Path | None, database: str, number: int, digest: str) -> VerifyAuditResponse:
    """What the entries of a database tell; exits with 2 where there is none."""
    file = data / DATABASE if data is not None else Path()
    if data is not None and not file.is_file():
        say(f"{file}: there is no such database")
        raise typer.Exit(2)
    try:
        return verified_to(asyncio.run(_verified(database or _url(file), number, digest)))
    except (Fault, ValueError) as problem:
        say(f"--database: {problem}" if database else str(problem))
        raise typer.Exit(2) from None


def _url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def _made(url: str, name: KeyName, message: Key) -> tuple[Key, str]:
    ledger = await open_ledger(url)
    try:
        key, text = await Keys(SqlKeys(ledger)).create(
            name,
            grants_from(message.grants),
            notes=message.notes,
            expire_time=(
                message.expire_time.ToDatetime(UTC) if message.HasField("expire_time") else None
            ),
            by=OPERATOR,
        )
    finally:
        await ledger.close()
    return key_to(key), text


async def _verified(url: str, number: int, digest: str) -> Verified:
    ledger = SqlLedger(url)
    try:
        return await Trail(ledger).verify(
            NotedRow(number=number, digest=digest) if digest else None
        )
    finally:
        await ledger.close()
