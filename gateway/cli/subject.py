"""portico subject: the end users of connections, and the consents that people give."""

from typing import Annotated

import typer

from gateway.cli import names
from gateway.cli.arguments import pair
from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, plain, show, show_list
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, connect
from gateway.v1.subject_pb2 import (
    AuthorizeConnectionRequest,
    AuthorizeSubjectRequest,
    CreateSubjectRequest,
    DeleteSubjectRequest,
    GetSubjectRequest,
    ListSubjectsRequest,
    Subject,
)

app = new_app(
    help="The end users of connections, and the consents that people give.",
    no_args_is_help=True,
)

Name = Annotated[
    str, typer.Argument(metavar="CONNECTION/SUBJECT", help="The subject: `shop/user-7`.")
]


@app.command()
def create(
    connection: Annotated[
        str,
        typer.Argument(metavar="CONNECTION[/SUBJECT]", help="Whose end user; with an id or not."),
    ],
    external_id: Annotated[str, typer.Argument(metavar="EXTERNAL_ID", help="What you call them.")],
    *,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="A line for people.")] = "",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Their own value of a variable."),
    ] = None,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Create a subject.

    `portico subject create shop/user-7 7f2c`
    """
    parent, _, name = _short(connection).partition("/")
    variables = dict(pair(each, "--set") for each in values or ())
    subject = Subject(external_id=external_id, title=title, variables=variables)
    request = CreateSubjectRequest(parent=f"connections/{parent}", subject_id=name, subject=subject)
    with connect(server, ca, certificate, key) as session:
        _tell(session.ask(session.subjects.CreateSubject, request), output)


@app.command()
def get(
    name: Name,
    *,
    output: Output = Format.YAML,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Show a subject."""
    with connect(server, ca, certificate, key) as session:
        request = GetSubjectRequest(name=names.subject(name))
        _tell(session.ask(session.subjects.GetSubject, request), output)


@app.command("list")
def every(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="Whose end users.")],
    *,
    wanted: Annotated[
        str,
        typer.Option(
            "--filter", "-l", metavar="FILTER", help="An AIP-160 filter: 'state = STARTING'."
        ),
    ] = "",
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """List the subjects of a connection."""
    with connect(server, ca, certificate, key) as session:
        request = ListSubjectsRequest(parent=names.connection(connection), filter=wanted)
        found = list(session.pages(session.subjects.ListSubjects, request, "subjects"))
    columns = ("name", "external id", "state", "updated", "title")
    show_list(found, "subjects", columns, _row, output)


@app.command()
def delete(
    name: Name,
    *,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Delete a subject, and its things."""
    with connect(server, ca, certificate, key) as session:
        session.ask(session.subjects.DeleteSubject, DeleteSubjectRequest(name=names.subject(name)))
    typer.echo(f"{_short(name)} deleted")


@app.command()
def authorize(
    name: Annotated[
        str,
        typer.Argument(
            metavar="CONNECTION[/SUBJECT]",
            help="The subject; or a connection alone, whose owner consents.",
        ),
    ],
    *,
    return_uri: Annotated[
        str,
        typer.Option("--return-uri", metavar="URL", help="Where their browser is sent then."),
    ] = "",
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Print the URL at which somebody consents: good for ten minutes, and once.

    It is for that person alone: whoever opens it consents in their place.
    """
    with connect(server, ca, certificate, key) as session:
        if "/" in _short(name):
            asked = AuthorizeSubjectRequest(name=names.subject(name), return_uri=return_uri)
            typer.echo(session.ask(session.subjects.AuthorizeSubject, asked).authorization_uri)
        else:
            owner = AuthorizeConnectionRequest(
                name=f"connections/{_short(name)}", return_uri=return_uri
            )
            typer.echo(session.ask(session.subjects.AuthorizeConnection, owner).authorization_uri)


def _tell(subject: Subject, output: Format) -> None:
    if output is Format.TABLE:
        said = f": {subject.state_description}" if subject.state_description else ""
        typer.echo(f"{_short(subject.name)} is {_state(subject)}{said}")
    else:
        show(plain(subject), output)


def _row(subject: Subject) -> tuple[str, ...]:
    return (
        _short(subject.name),
        subject.external_id,
        _state(subject),
        subject.update_time.ToDatetime().strftime("%Y-%m-%d %H:%M"),
        subject.title,
    )


def _state(subject: Subject) -> str:
    return Subject.State.Name(subject.state).removeprefix("STATE_")


def _short(name: str) -> str:
    return name.removeprefix("connections/").replace("/subjects/", "/")
