"""The command, as a process, before a real gateway: what a user types, and what a user reads."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from facade.demo import petstore
from tests.processes import Finished, Running, on_a_terminal, pet_store, portico, together

FIRST = petstore.FIRST_ID
REX = f'{{"id": {FIRST}, "status": "available", "name": "Rex", "tags": ["demo"]}}\n'
PICTURE = bytes(range(256)) * 40

CLEAN = 'openapi: 3.1.0\ninfo: {title: t, version: "1"}\npaths: {}\n'
DOUBTFUL = (
    'openapi: 3.1.0\ninfo: {title: t, version: "1"}\n'
    "paths:\n  /a/{id}:\n    get:\n      responses: {'200': {description: ok}}\n"
)

FAILURES: tuple[tuple[tuple[str, ...], int, tuple[str, ...]], ...] = (
    (
        ("describe", "version", "petstore/v1"),
        2,
        ("error `petstore/v1` names no version", "try CONNECTOR or CONNECTOR@VERSION"),
    ),
    (
        ("call", "petstore/getPetById", "petId=1"),
        1,
        ("error NOT_FOUND there is no pet 1", "BACKEND_NOT_FOUND (backend)", "answer: {"),
    ),
    (
        ("call", "petstore/getPetById", "petId=x", "petid=1"),
        1,
        ("/petid: ", "did you mean petId?", "/petId: must be integer", "NOT_EXECUTED"),
    ),
    (
        ("call", "petstore/getPetByID", "petId=1"),
        1,
        ("did you mean `connectors/petstore/versions/live/actions/getPetById`?",),
    ),
    (
        ("call", "petstore/fail", "status=503", "retryAfter=7"),
        1,
        ("error UNAVAILABLE as you asked", "retry: after 7 s", "docs/errors.md#"),
    ),
    (
        ("call", "petstore/slow", "seconds=9", "--timeout", "0.2"),
        1,
        ("error DEADLINE_EXCEEDED",),
    ),
    (("call", "petstore/addPet", "--json", "-"), 1, ("error INVALID_ARGUMENT",)),
    (("call", "petstore"), 2, ("`petstore` names no action", "try CONNECTOR/ACTION")),
    (("call", "petstore/addPet", "name"), 2, ("`name` is no argument", "NAME=VALUE")),
    (("call", "petstore/addPet", "x:=@/nowhere"), 2, ("/nowhere: No such file",)),
    (("call", "petstore/addPet", "--body", "/nowhere"), 2, ("/nowhere: No such file",)),
    (("get", "versions"), 2, ("portico get versions CONNECTOR",)),
    (("get", "actions", "nope"), 1, ("no connector `connectors/nope`", "help: ")),
    (("get", "actions", "petstore", "-l", "tags="), 1, ("filter: a value after `=`",)),
    (("get", "connectors", "--tls-cert", "x"), 2, ("--tls-cert and --tls-key go together",)),
    (("get", "connectors", "-s", "127.0.0.1:1"), 1, ("no gateway answers at 127.0.0.1:1",)),
    (("delete", "connector", "petstore"), 1, ("HAS_CHILDREN", "`force`")),
    (("promote", "petstore@V!"), 1, ("promote.name: `connectors/petstore/versions/V!` is not",)),
    (("deprecate", "petstore@V!"), 1, ("deprecate.name: `connectors/petstore/versions/V!`",)),
    (
        ("rollback", "petstore", "--to", "V!"),
        1,
        ("rollback.to: `connectors/petstore/versions/V!`",),
    ),
)

MISTAKES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("gte",), "No such command 'gte'. Did you mean 'get'?"),
    (("get", "widgets"), "`widgets` is none of connectors, versions, actions"),
    (("get", "connectors", "-o", "xml"), "`xml` is none of table, json, yaml"),
    (("up", "--wrkers", "2"), "No such option: --wrkers"),
    (("call",), "Missing argument"),
    (("call", "a/b", "--wait", "nan"), "'--wait': Input should be"),
    (("call", "a/b", "--wait", "1e30"), "'--wait': Input should be"),
    (("call", "a/b", "-H", "x y: 1"), "'--metadata': KEY:VALUE is expected"),
    (("call", "a/b", "-H", "x-token-bin: 1"), "'--metadata': `x-token-bin` must hold text"),
    (("call", "a/b", "-H", "x-token: ü"), "'--metadata': `x-token` must hold text"),
    (("demo", "--backend", "http://127.0.0.1"), "--backend needs --spec FILE"),
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def names(value: object) -> str:
    return " ".join(value[:2]) if isinstance(value, tuple) else ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with pet_store(tmp_path_factory.mktemp("cli")) as running:
        yield running


async def test_connectors_and_versions_are_listed_under_their_column_names(store: Running) -> None:
    connectors, versions, one = await together(
        store.portico("get", "connectors"),
        store.portico("get", "versions", "petstore"),
        store.portico("get", "version", "petstore@v1", "-o", "json"),
    )

    assert connectors.text == "NAME      LIVE  TITLE\npetstore  v1    Pets\n"
    head, row = versions.text.splitlines()
    assert head.split() == ["NAME", "STATE", "TRAFFIC", "ACTIONS", "PROBLEMS", "CREATED"]
    assert row.split()[:5] == ["petstore@v1", "ACTIVE", "100%", "13", "0"]
    assert [each["name"] for each in one.data] == ["connectors/petstore/versions/v1"]


async def test_a_table_in_a_pipe_is_whole_and_has_no_spaces_at_its_ends(store: Running) -> None:
    listed = await store.portico("get", "actions", "petstore")

    lines = listed.text.splitlines()
    assert len(lines) == 14
    assert all(line == line.rstrip() for line in lines)
    assert any(line.endswith("Search pets by several properties at once") for line in lines)
    assert "\x1b" not in listed.text


async def test_kinds_are_taken_in_the_singular_and_lists_can_be_filtered(store: Running) -> None:
    one, safe, none = await together(
        store.portico("get", "connector", "petstore"),
        store.portico("get", "action", "petstore", "--filter", "tags:store"),
        store.portico("get", "actions", "petstore", "-l", "tags:none"),
    )

    assert one.text.count("\n") == 2
    assert [line.split()[0] for line in safe.text.splitlines()[1:]] == ["petstore@v1/getInventory"]
    assert (none.status, none.out, none.err) == (0, b"", "no actions found\n")


async def test_json_and_yaml_say_the_same_to_machines(store: Running) -> None:
    as_json, as_yaml = await together(
        store.portico("get", "actions", "petstore", "-o", "json"),
        store.portico("get", "actions", "petstore", "-o", "yaml"),
    )

    assert as_json.data == yaml.safe_load(as_yaml.text)
    assert as_json.data[0]["name"] == "connectors/petstore/versions/v1/actions/addPet"


async def test_describe_shows_what_there_is_to_know_and_what_to_type(store: Running) -> None:
    connector, version, action = await together(
        store.portico("describe", "connector", "petstore"),
        store.portico("describe", "version", "petstore"),
        store.portico("describe", "action", "petstore/findByStatus"),
    )

    assert "Live:     petstore@v1" in connector.text
    assert "Credentials:  shopKey" in version.text
    assert "Request:    GET /pet/findByStatus" in action.text
    assert "Parameter:  status (array in query, required)" in action.text
    assert action.text.endswith("portico call petstore@v1/findPetsByStatus status=available\n")


async def test_what_describe_says_to_try_can_be_tried(store: Running) -> None:
    described, shown = await together(
        store.portico("describe", "action", "petstore/slow", "-o", "json"),
        store.portico("describe", "action", "petstore/slow"),
    )

    called = await store.portico(*shown.text.split("portico ")[-1].split())

    assert described.data["input_schema"]["properties"]["seconds"]["maximum"] == 60
    assert called.data == {"seconds": 0.0}


async def test_b10_every_digit_is_printed_as_the_backend_sent_it(store: Running) -> None:
    found, echoed = await together(
        store.portico("call", "petstore/getPetById", f"petId={FIRST}"),
        store.portico("call", "petstore/echo", 'body:={"b":0.10,"a":[9007199254740993]}'),
    )

    assert found.text == REX
    assert echoed.text == '{"b":0.10,"a":[9007199254740993]}\n'


async def test_values_are_text_numbers_or_lists_as_the_schema_says(store: Running) -> None:
    by_commas, by_json, deep, added = await together(
        store.portico("call", "petstore/findByStatus", "status=available,sold"),
        store.portico("call", "petstore/findByStatus", 'status=["sold"]'),
        store.portico("call", "petstore/search", 'where={"name":"Rex"}'),
        store.portico("call", "petstore/addPet", "name=12", "weight=0.10", "--dry-run"),
    )

    assert [each["name"] for each in by_commas.data] == ["Rex", "Tom", "Tweety"]
    assert [each["name"] for each in by_json.data] == ["Tweety"]
    assert [each["name"] for each in deep.data] == ["Rex"]
    assert """--data-raw '{"name":"12","weight":0.10}'""" in added.text


async def test_arguments_come_from_files_and_from_standard_input(
    store: Running, tmp_path: Path
) -> None:
    whole = tmp_path / "pet.json"
    whole.write_text('{"name": "Ada", "weight": 1.50}', encoding="utf-8")
    tags = tmp_path / "tags.json"
    tags.write_text('["a", "b"]', encoding="utf-8")

    add = ("call", "petstore/addPet", "--dry-run")
    one, two, three = await together(
        store.portico(*add, "--json", whole),
        store.portico(*add, "--json", "-", given=whole.read_bytes()),
        store.portico(*add, "name=Bo", f"tags:=@{tags}"),
    )

    assert """'{"name":"Ada","weight":1.50}'""" in one.text
    assert two.text == one.text
    assert """'{"name":"Bo","tags":["a", "b"]}'""" in three.text


async def test_a_dry_run_prints_a_curl_command_without_the_secret(store: Running) -> None:
    shown, called = await together(
        store.portico("call", "petstore/getInventory", "--dry-run"),
        store.portico("call", "petstore/getInventory"),
    )

    assert shown.text.startswith("curl http://127.0.0.1:")
    assert "X-Shop-Key: ***" in shown.text
    assert called.data["sold"] == 1


async def test_the_exchange_is_shown_beside_the_answer_and_not_in_it(store: Running) -> None:
    called = await store.portico("call", "petstore/getInventory", "--exchange")

    assert called.data["sold"] == 1
    assert "/api/store/inventory" in called.err
    assert "> X-Shop-Key:      ***\n" in called.err
    assert "Status:            200\n" in called.err
    assert "connectors/petstore/versions/v1" in called.err


async def test_a_picture_goes_up_and_comes_down_byte_for_byte(
    store: Running, tmp_path: Path
) -> None:
    picture = tmp_path / "rex.bin"
    picture.write_bytes(PICTURE)
    pet = f"petId={FIRST}"

    body = await store.portico("call", "petstore/uploadImage", pet, "--body", picture)
    down = await store.portico("call", "petstore/getPicture", pet)
    stdin = await store.portico("call", "petstore/uploadImage", pet, "--body", "-", given=b"\0png")
    part = await store.portico(
        "call", "petstore/uploadImage", pet, f"file=@{picture}", "caption=Rex"
    )

    assert body.data["bytes"] == len(PICTURE)
    assert down.out == PICTURE
    assert stdin.data["bytes"] == 4
    assert (part.data["bytes"], part.data["caption"]) == (len(PICTURE), "Rex")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(store: Running) -> dict[tuple[str, ...], Finished]:
    """How the commands of both tables end."""
    typed = [each[0] for each in FAILURES] + [each[0] for each in MISTAKES]
    return dict(zip(typed, await together(*(store.portico(*each) for each in typed)), strict=True))


@pytest.mark.parametrize(("arguments", "status", "said"), FAILURES, ids=names)
async def test_a_failure_says_what_is_wrong_and_what_helps(
    ended: dict[tuple[str, ...], Finished],
    arguments: tuple[str, ...],
    status: int,
    said: tuple[str, ...],
) -> None:
    failed = ended[arguments]

    assert (failed.status, failed.out) == (status, b"")
    assert failed.err.startswith(("error ", "Usage: portico "))
    for each in said:
        assert each in failed.err
    assert "Traceback" not in failed.err


@pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=names)
async def test_what_is_typed_wrongly_is_answered_with_what_there_is(
    ended: dict[tuple[str, ...], Finished], arguments: tuple[str, ...], said: str
) -> None:
    refused = ended[arguments]

    assert (refused.status, refused.out) == (2, b"")
    assert said in refused.err
    assert refused.err.splitlines()[0].startswith("Usage: portico")


async def test_lints_exit_status_says_how_bad_it_is(tmp_path: Path) -> None:
    for name, text in (("clean", CLEAN), ("doubtful", DOUBTFUL), ("broken", "openapi: [")):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")

    clean, doubtful, broken, machine = await together(
        portico("lint", "clean.yaml", cwd=tmp_path),
        portico("lint", "clean.yaml", "doubtful.yaml", cwd=tmp_path),
        portico("lint", "doubtful.yaml", "broken.yaml", "absent.yaml", cwd=tmp_path),
        portico("lint", "doubtful.yaml", "-o", "json", cwd=tmp_path),
    )

    assert (clean.status, clean.text) == (0, "clean.yaml: OpenAPI 3.1.0, no actions: clean\n")
    assert doubtful.status == 1
    assert doubtful.text.endswith("OpenAPI 3.1.0, 1 action: 1 error\n")
    assert "doubtful.yaml:5:5: error: " in doubtful.text
    assert broken.status == 2
    assert "broken.yaml: cannot be read line 1" in broken.text
    assert "absent.yaml: cannot be read No such file" in broken.text
    (result,) = machine.data
    assert (machine.status, result["exit"], result["file"]) == (1, 1, "doubtful.yaml")
    assert result["problems"][0]["line"] == 5


async def test_a_connector_and_its_versions_can_be_deleted(store: Running, tmp_path: Path) -> None:
    (tmp_path / "spare.yaml").write_text(CLEAN, encoding="utf-8")
    await store.portico("apply", "-f", tmp_path / "spare.yaml")

    dry = await store.portico("delete", "version", "spare@v1", "--force", "--dry-run")
    kept = await store.portico("get", "versions", "spare", "-o", "json")
    version = await store.portico("delete", "version", "spare@v1", "--force")
    connector = await store.portico("delete", "connector", "spare")

    assert (dry.text, len(kept.data)) == ("spare@v1 would be deleted\n", 1)
    assert version.text == "spare@v1 deleted\n"
    assert connector.text == "spare deleted\n"


async def test_on_a_terminal_lines_are_cut_to_its_width_and_bytes_are_kept_away(
    store: Running,
) -> None:
    env = {"PORTICO_SERVER": store.address, "TERM": "dumb"}
    pet = f"petId={FIRST}"
    await store.portico("call", "petstore/uploadImage", pet, "--body", "-", given=PICTURE)

    listed, _ = await asyncio.to_thread(on_a_terminal, "get", "actions", "petstore", env=env)
    called, _ = await asyncio.to_thread(on_a_terminal, "call", "petstore/getPetById", pet, env=env)
    refused, status = await asyncio.to_thread(
        on_a_terminal, "call", "petstore/getPicture", pet, env=env
    )

    assert max(map(len, listed.splitlines())) <= 80
    assert "/pet/{petId}/uploadImage" in listed
    assert called.replace("\r\n", "\n") == REX
    assert status == 1
    assert "bytes of application/octet-stream are not for a terminal" in refused
