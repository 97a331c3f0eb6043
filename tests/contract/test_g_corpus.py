"""Real documents of many publishers: what is derived of them stands under names of its own."""

import re
from pathlib import Path

import pytest

from facade.entities.derive import derive
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.tools.tools import names

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,64}")

DOCUMENTS = (
    [each for each in sorted(CORPUS.iterdir()) if each.suffix in {".json", ".yaml"}]
    if CORPUS.is_dir()
    else [pytest.param(CORPUS, marks=pytest.mark.skip(reason="the corpus is absent"))]
)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_g19_g25_every_document_has_types_and_tools_with_names_of_their_own(path: Path) -> None:
    spec = Spec(load(path.read_bytes())[0])
    tools = names(spec)
    assert sorted(tools.values()) == list(spec.ids)
    assert all(LEGAL.fullmatch(each) for each in tools)
    for name, kind in derive(spec).items():
        assert kind.id == name
        assert kind.operations
        assert set(kind.operations.values()) <= set(spec.ids)
        assert "/" not in name
