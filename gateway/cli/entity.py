"""portico entity: what a backend has that is listed, read and changed one by one."""

from collections.abc import Iterator
from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.arguments import assemble
from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, note, plain, say, show_list, show_text
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect
from gateway.v1 import entity_pb2 as pb

app = new_app(
    help="List, read and change what a backend has, by the entity types of its document.",
    no_args_is_help=True,
)

VERBS = ("LIST", "GET", "CREATE", "UPDATE", "DELETE")

Type = Annotated[
    str, typer.Argument(metavar="TYPE", help="CONNECTOR/TYPE or CONNECTOR@VERSION/TYPE.")
]
Name = Annotated[
    str, typer.Argument(metavar="ENTITY", help="CONNECTOR/TYPE/KEY; parents go before: a~b.")
]
Fields = Annotated[
    list[str], typer.Argument(metavar="NAME=VALUE...", help="Its fields, as for `portico call`.")
]
Within = Annotated[
    str, typer.Option("--within", metavar="KEYS", help="The keys of its parents, joined by ~.")
]
Connection = Annotated[
    str, typer.Option("--connection", metavar="NAME", help="Go through this connection.")
]


@app.command()
def types(
    connector: Annotated[
        str, typer.Argument(metavar="CONNECTOR", help="CONNECTOR or CONNECTOR@VERSION.")
    ],
    *,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the entity types of a connector."""
    with connect(server, ca, certificate, key) as session:
        request = pb.ListEntityTypesRequest(parent=names.version(connector))
        method = session.entities.ListEntityTypes
        found = list(session.pages(method, request, "entity_types"))
    show_list(found, "entity types", ("type", "verbs", "path"), _row, output)


@app.command("list")
def every(
    kind: Type,
    *,
    wanted: Annotated[
        str,
        typer.Option("--filter", "-l", metavar="FILTER", help="For example 'status = sold'."),
    ] = "",
    order: Annotated[
        str, typer.Option("--order-by", metavar="FIELD", help="A field, or 'FIELD desc'.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 25,
    within: Within = "",
    connection: Connection = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List entities, a line of JSON each.

    `portico entity list petstore/pet --filter 'status = sold' --order-by 'name desc'`
    """
    request = pb.ListEntitiesRequest(
        parent=_type(kind),
        filter=wanted,
        order_by=order,
        within=within,
        connection=names.connection(connection),
    )
    with connect(server, ca, certificate, key) as session:
        for entity in _entities(session, request, limit):
            typer.echo(entity.json)


@app.command()
def get(
    name: Name,
    *,
    connection: Connection = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Get an entity.

    `portico entity get petstore/pet/9007199254740993`
    """
    request = pb.GetEntityRequest(name=_entity(name), connection=names.connection(connection))
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.entities.GetEntity, request))


@app.command()
def create(
    kind: Type,
    fields: Fields,
    *,
    within: Within = "",
    connection: Connection = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Make an entity.

    `portico entity create petstore/pet name=Bella weight=4.5`
    """
    parent = _type(kind)
    with connect(server, ca, certificate, key) as session:
        request = pb.CreateEntityRequest(
            parent=parent,
            within=within,
            json=_json(session, parent, fields),
            connection=names.connection(connection),
        )
        _tell(session.ask(session.entities.CreateEntity, request))


@app.command()
def update(
    name: Name,
    fields: Fields,
    *,
    connection: Connection = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Change fields of an entity; all others stay.

    `portico entity update petstore/pet/9007199254740993 status=sold`
    """
    entity = _entity(name)
    with connect(server, ca, certificate, key) as session:
        request = pb.UpdateEntityRequest(
            name=entity,
            json=_json(session, entity.partition("/entities/")[0], fields),
            connection=names.connection(connection),
        )
        changed = session.ask(session.entities.UpdateEntity, request)
    _tell(changed)
    if changed.rewritten and not changed.guarded:
        note("all of it was read and put back: what others changed meanwhile may be lost")


@app.command()
def delete(
    name: Name,
    *,
    connection: Connection = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete an entity."""
    request = pb.DeleteEntityRequest(name=_entity(name), connection=names.connection(connection))
    with connect(server, ca, certificate, key) as session:
        session.ask(session.entities.DeleteEntity, request)
    typer.echo(f"{name} deleted")


def _entities(session: Session, request: pb.ListEntitiesRequest, limit: int) -> Iterator[pb.Entity]:
    left = limit
    while left > 0:
        request.page_size = min(left, 200)
        page = session.ask(session.entities.ListEntities, request)
        yield from page.entities
        left -= len(page.entities)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _row(kind: pb.EntityType) -> tuple[str, ...]:
    verbs = " ".join(sorted(kind.operations, key=VERBS.index)).lower()
    return kind.name.rpartition("/")[2], verbs, kind.path


def _tell(entity: pb.Entity) -> None:
    if entity.HasField("json"):
        show_text(entity.json, "json")


def _json(session: Session, kind: str, fields: list[str]) -> str:
    """What is typed, by the schema of the type."""
    request = pb.GetEntityTypeRequest(name=kind)
    known = plain(session.ask(session.entities.GetEntityType, request))
    return assemble(fields, known.get("schema", {}))


def _type(text: str) -> str:
    """`petstore/pet` as a full name; exits with 2."""
    if text.startswith("connectors/"):
        return text
    owner, slash, kind = text.partition("/")
    if not (owner and slash and kind) or "/" in kind:
        say(f"`{text}` names no entity type", "CONNECTOR/TYPE or CONNECTOR@VERSION/TYPE")
        raise typer.Exit(2)
    return f"{names.version(owner)}/entityTypes/{kind}"


def _entity(text: str) -> str:
    """`petstore/pet/7` as a full name; exits with 2."""
    if text.startswith("connectors/"):
        return text
    kind, slash, entity = text.rpartition("/")
    if not (slash and entity and "/" in kind):
        say(f"`{text}` names no entity", "CONNECTOR/TYPE/KEY")
        raise typer.Exit(2)
    return f"{_type(kind)}/entities/{entity}"
