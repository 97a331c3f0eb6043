"""portico test: try an action with test data, and see its answer piece by piece."""

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.prompt import Prompt as Question
from rich.tree import Tree

from gateway.cli import names
from gateway.cli.arguments import pair
from gateway.cli.call import assembled
from gateway.cli.command import new_app
from gateway.cli.output import Format, Output, err, facts, out, plain, say, show, show_text, visible
from gateway.cli.session import DEFAULT, Ca, Certificate, Key, Server, Session, connect, read_text
from gateway.v1.trial_pb2 import BodyNode, Prompt, TestActionRequest, TestActionResponse

app = new_app()


@app.command()
def trial(
    name: Annotated[
        str,
        typer.Argument(metavar="ACTION", help="CONNECTOR/ACTION or CONNECTOR@VERSION/ACTION."),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARGUMENT",
            help="NAME=VALUE or NAME:=JSON, as for `portico call`; a VALUE may have slots: "
            "`petId={{ input.pet }}`.",
        ),
    ] = None,
    *,
    whole: Annotated[
        str,
        typer.Option(
            "--json", metavar="FILE", help="All arguments as one JSON object; - is stdin."
        ),
    ] = "",
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--value",
            metavar="SLOT=VALUE",
            help="What a slot stands for: `input.pet=7`; JSON where it is some, else text.",
        ),
    ] = None,
    last: Annotated[
        bool, typer.Option("--last", help="What is not given is as it was the last time.")
    ] = False,
    empty: Annotated[
        bool, typer.Option("--empty", help="Leave slots empty that have no value: ask nothing.")
    ] = False,
    learn: Annotated[
        bool, typer.Option("--learn", help="Print the JSON Schema of the answer alone.")
    ] = False,
    connection: Annotated[
        str, typer.Option("--connection", metavar="NAME", help="Call through this connection.")
    ] = "",
    subject: Annotated[
        str, typer.Option("--subject", metavar="NAME", help="Call for this end user of it.")
    ] = "",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="For the whole call.")
    ] = 30.0,
    output: Output = Format.TABLE,
    server: Server = DEFAULT,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Try an action: time, status, header fields, and the body as a tree of what mappings reach.

    What you give is remembered for the next time, but for credentials. Exits with 1 where the
    call has failed.

    `portico test petstore/getPetById petId=9007199254740993`

    `portico test petstore/getPetById "petId={{ input.pet }}" --value input.pet=9007199254740994`

    `portico test petstore/getPetById --last --learn > pet.schema.json`
    """
    with connect(server, ca, certificate, key) as session:
        full = names.action(name)
        text = read_text(whole) if whole else assembled(session, full, arguments or [])
        request = TestActionRequest(
            name=full,
            connection=names.connection(connection),
            subject=names.subject(subject, connection),
            parameters_json=text,
            values_json=json.dumps(_values(value or [])),
            use_last=last,
            leave_empty=empty,
            learn=learn,
        )
        tried = _tried(session, request, timeout)
    if output is not Format.TABLE:
        show(plain(tried), output)
    elif learn and not tried.HasField("error"):
        show_text(json.dumps(json.loads(tried.learnt_schema_json or "{}"), indent=2), "json")
    else:
        _print(tried)
    if tried.HasField("error"):
        raise typer.Exit(1)


def _tried(session: Session, request: TestActionRequest, timeout: float) -> TestActionResponse:
    """What the trial comes to, once all is given that is asked for."""
    tried = session.ask(session.trials.TestAction, request, timeout=timeout)
    if not tried.prompts:
        return tried
    if not out.is_terminal:
        wanted = " ".join(f"--value {each.name}=…" for each in tried.prompts)
        say("slots have no value, and nothing was sent", f"{wanted}, --last or --empty")
        raise typer.Exit(2)
    values = json.loads(request.values_json)
    for prompt in tried.prompts:
        answer = Question.ask(_question(prompt), console=err, default=prompt.last_json or "")
        _put(values, prompt.name, _read(answer) if answer else None)
    request.values_json = json.dumps(values)
    request.leave_empty = True
    return session.ask(session.trials.TestAction, request, timeout=timeout)


def _question(prompt: Prompt) -> str:
    kind = f" ({prompt.type})" if prompt.type else ""
    about = f": {visible(prompt.description)}" if prompt.description else ""
    return f"{visible(prompt.name)}{kind}{about}"


def _values(given: Iterable[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in given:
        name, text = pair(each, "--value")
        _put(values, name, _read(text))
    return values


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    *keys, last = name.split(".")
    for key in keys:
        values = values.setdefault(key, {})
    values[last] = value


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _print(tried: TestActionResponse) -> None:
    """The answer on a terminal: facts, then the body, then what went wrong."""
    status = str(tried.http_status) if tried.http_status else "no answer"
    rows = [
        ("Request", f"{tried.method} {tried.uri}".strip()),
        ("Time", tried.request_time.ToDatetime().isoformat(timespec="milliseconds") + "Z"),
        ("Status", status),
        ("Seconds", f"{tried.elapsed.ToNanoseconds() / 1e9:.3f}"),
        ("Body", f"{tried.body_size} bytes {tried.content_type}" if tried.body_size else ""),
    ]
    rows += [(f"< {each.name}", each.value) for each in tried.headers]
    rows += [("Warning", each) for each in tried.warnings]
    if tried.HasField("error"):
        rows += [("Error", tried.error.message), ("Cause", tried.cause), ("Remedy", tried.remedy)]
    facts(rows)
    if tried.nodes:
        out.print(_tree(list(tried.nodes)))
    elif tried.body_text:
        out.print(visible(tried.body_text), markup=False, soft_wrap=True)
    if tried.cut:
        say("the answer has more values than are shown", "portico call, which prints all of it")


def _tree(nodes: list[BodyNode]) -> Tree:
    """The body: each value with its key, type and the path that a mapping begins with."""
    root = Tree(_label(nodes[0]), guide_style="dim")
    line = [root]
    for node in nodes[1:]:
        del line[node.depth :]
        line.append(line[-1].add(_label(node)))
    return root


def _label(node: BodyNode) -> str:
    name = visible(node.name or "body")
    shown = node.text or f"{node.type} of {node.size}"
    return f"{_plain(name)}  {_plain(visible(shown))}  [dim]{_plain(visible(node.path))}[/dim]"


def _plain(text: str) -> str:
    """Text without the marks that style it."""
    return text.replace("[", "\\[")
