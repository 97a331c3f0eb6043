"""The form of a connector file: its schema, its words, its names."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from facade.catalog.connector_file import parse, slug
from facade.catalog.connector_form import schema
from facade.catalog.policy_form import CodeName
from facade.errors.fault import Code
from facade.model.change import Draft

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("petstore.yaml", "petstore"),
        ("a/b/Pet Store.v3.json", "pet-store-v3"),
        ("3scale.yaml", "api-3scale"),
        ("é-x.yaml", "x"),
        ("x" * 80 + ".yaml", "x" * 63),
        ("a" * 62 + "-b.yaml", "a" * 62),
    ],
)
def test_a_files_name_makes_an_id(source: str, key: str) -> None:
    assert slug(source) == key


def test_the_committed_schema_is_the_forms_own() -> None:
    committed = json.loads((DOCS / "connector-file.schema.json").read_text())
    assert committed == json.loads(json.dumps(schema()))


def test_the_form_knows_every_code_of_an_error() -> None:
    assert set(get_args(CodeName)) == {each.name for each in Code if each is not Code.OK}


def test_the_example_of_the_docs_fits_both_the_schema_and_the_decoder() -> None:
    example = re.findall(r"```yaml\n(.*?)```", (DOCS / "connector-file.md").read_text(), re.DOTALL)
    assert len(example) == 1
    draft = Draft(spec_text="openapi: 3.0.3\n")
    file = parse(example[0], "pets.yaml", lambda name, _root: {"pets-v1.yaml": draft}[name])
    assert file.live == {"v1": 90, "v2": 10}
