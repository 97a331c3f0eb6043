"""The corpus' documents of several files: all load, with every operation, from their folders."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from facade.catalog.folder import Folder
from facade.catalog.sourcing import archived, given_digest
from facade.spec.examination import Examination, examine_files
from facade.spec.load import read_tree
from facade.spec.text.json_text import containers

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
MANIFEST = CORPUS / "MANIFEST.tsv"

ELSEWHERE = {
    "ga4gh__data-repository-service-schemas": 1,
    "opengeospatial__ogcapi-features": 22,
}
"""The folders whose documents refer to addresses, and how often."""
SLIPS = {"influxdata__openapi": {"wrong-type"}}
"""What else is wrong with a few."""


def rows() -> Iterator[tuple[str, str, int]]:
    """Folder, root and number of operations of each."""
    if not MANIFEST.exists():
        yield "", "", 0
        return
    with MANIFEST.open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened, delimiter="\t"):
            _, top, name = [*row["file"].split("/", 2), "", ""][:3]
            if row["file"].startswith("multi/"):
                yield top, name, int(row["operations"])


@pytest.mark.parametrize(("top", "name", "operations"), list(rows()))
def test_a_document_of_several_files_loads_with_all_of_its_operations(
    top: str, name: str, operations: int
) -> None:
    if not top:
        pytest.skip("the corpus is absent")
    folder = CORPUS / "multi" / top
    found = examine_files(Folder(folder).files(name))
    assert len(found.spec) == operations
    errors = [each for each in found.problems if each.severity == "error"]
    elsewhere = [each for each in errors if each.code == "external-ref"]
    assert len(elsewhere) == ELSEWHERE.get(top, 0)
    assert all(" is elsewhere, " in each.message for each in elsewhere)
    if top not in ELSEWHERE:
        assert {each.code for each in errors} == SLIPS.get(top, set())
        assert all(found.spec.action(each).problems == () for each in found.spec.ids)
    assert outward_references(found) == len({each.pointer for each in elsewhere})
    assert all((folder / each.file).is_file() and each.line for each in found.problems if each.file)


def outward_references(found: Examination) -> int:
    """How many references of the one document still lead out of it, but for those of data."""
    text = found.text if isinstance(found.text, str) else found.text.decode()
    data = re.compile(r"/(examples?|default|enum|x-[^/]*)(/|$)")
    return sum(
        1
        for pointer, node in containers(read_tree(text)[0])
        if isinstance(node, dict)
        and isinstance(node.get("$ref"), str)
        and not node["$ref"].startswith("#")
        and not data.search(pointer)
    )


@pytest.mark.parametrize(("top", "name", "operations"), list(rows()))
def test_what_apply_sends_is_the_document_that_lint_reads(
    top: str, name: str, operations: int
) -> None:
    if not top:
        pytest.skip("the corpus is absent")
    folder = Folder(CORPUS / "multi" / top)
    draft = folder.spec(name)
    if draft.spec_text:
        assert operations
        return
    assert len(examine_files(archived(draft)).spec) == operations
    assert given_digest(draft) == given_digest(folder.spec(name))
