"""What is typed after `portico call` becomes JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli.arguments import assemble

SCHEMA: dict[str, Any] = {
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "file": {"type": "string", "format": "binary"},
    }
}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["id=9007199254740993"], '{"id":9007199254740993}'),
        (["name=7"], '{"name":"7"}'),
        (["tags=a,b"], '{"tags":["a","b"]}'),
        (['other:={"a": 0.10}'], '{"other":{"a": 0.10}}'),
        (["unknown=true"], '{"unknown":true}'),
    ],
)
def test_a_value_is_text_where_the_schema_says_so_and_json_else(
    typed: list[str], meant: str
) -> None:
    assert assemble(typed, SCHEMA) == meant


def test_a_name_that_is_typed_again_adds_an_item_to_an_array() -> None:
    assert assemble(["tags=a", "id=1", "tags=b"], SCHEMA) == '{"tags":["a","b"],"id":1}'


def test_a_name_that_is_typed_twice_elsewhere_stays_twice_for_the_gateway_to_refuse() -> None:
    assert assemble(["id=1", "id=2"], SCHEMA) == '{"id":1,"id":2}'


@pytest.mark.parametrize("name", ["file", "upload"])
def test_a_file_that_is_no_text_goes_in_base64(tmp_path: Path, name: str) -> None:
    path = tmp_path / "it.png"
    path.write_bytes(b"\x89PNG\xff")
    assert json.loads(assemble([f"{name}=@{path}"], SCHEMA)) == {name: "iVBOR/8="}


def test_a_file_of_text_is_text_and_of_json_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "it.json"
    path.write_text('{"a": 1.0}', encoding="utf-8")
    assert assemble([f"name=@{path}", f"id:=@{path}"], SCHEMA) == (
        '{"name":"{\\"a\\": 1.0}","id":{"a": 1.0}}'
    )


@pytest.mark.parametrize("typed", ["novalue", "=7", ":=7", "name=@/no/such/file"])
def test_what_is_no_argument_ends_with_2(typed: str) -> None:
    with pytest.raises(typer.Exit) as ended:
        assemble([typed], SCHEMA)
    assert ended.value.exit_code == 2
