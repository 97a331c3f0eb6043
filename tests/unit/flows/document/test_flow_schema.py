"""The JSON Schema of a flow file, for editors."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from facade.flows.document.schema import schema
from facade.flows.templates import TEMPLATES
from facade.spec.load import read_tree

DOCS = Path(__file__).parents[4] / "docs"


def test_the_committed_schema_is_that_of_the_reader() -> None:
    committed = json.loads((DOCS / "flow-file.schema.json").read_text())
    assert committed == json.loads(json.dumps(schema()))


def test_it_is_a_json_schema() -> None:
    assert jsonschema_rs.meta.is_valid(json.loads(json.dumps(schema())))


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_takes_the_templates(name: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(json.loads(json.dumps(schema())))
    assert validator.is_valid(read_tree(TEMPLATES[name].text)[0])


def test_every_field_has_words_for_editors() -> None:
    for name, each in schema()["$defs"].items():
        assert each["description"], name
        for field, kind in each.get("properties", {}).items():
            assert kind["description"].endswith((".", "…", ":")), f"{name}.{field}"
