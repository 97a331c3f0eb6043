"""The contract diff on real documents: against themselves, and against their other editions."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from facade.errors.caller import InvalidSpec
from facade.model.difference import Difference, Verdict
from facade.spec.diff.compare import compare
from facade.spec.diff.rules import CATALOGUE
from facade.spec.load import load
from facade.spec.spec import Spec

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
MANIFEST = CORPUS / "MANIFEST.tsv"
LARGEST = 150_000
"""Bytes of a document that is compared with itself here; what is larger is no other in kind."""

EDITIONS = [
    ("tmforum-apis__tmf620-v4.json", "tmforum-apis__tmf620-v5.yaml"),
    ("apache__apisix-test.json", "apache__apisix-test31.json"),
    ("ory__kratos-swagger2.json", "ory__kratos.json"),
    ("sendgrid__sendgrid20.yaml", "sendgrid__sendgrid31.json"),
    ("grpc-ecosystem__a-bit-of-everything.json", "grpc-ecosystem__a-bit-of-everything31.json"),
    ("influxdata__oss.yaml", "influxdata__cloud.json"),
    ("readmeio__petstore20.json", "swagger-api__petstore304.yaml"),
]
"""Documents of one API, in two versions or two editions of the standard."""

with_corpus = pytest.mark.skipif(not MANIFEST.exists(), reason="the corpus is absent")


def spec(name: str) -> Spec:
    return Spec(load((CORPUS / name).read_bytes())[0])


def names() -> Iterator[str]:
    with MANIFEST.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            single = "/" not in row["file"] and int(row["bytes"]) <= LARGEST
            if single and (CORPUS / row["file"]).is_file():
                yield row["file"]


@with_corpus
@pytest.mark.timeout(120)
def test_no_real_document_differs_from_itself() -> None:
    looked_at = 0
    for name in names():
        try:
            old, new = spec(name), spec(name)
        except InvalidSpec:
            continue
        looked_at += 1
        assert compare(old, new) == Difference(), name
    assert looked_at > 100


@with_corpus
@pytest.mark.parametrize(("old", "new"), EDITIONS)
def test_versions_of_real_documents_get_a_verdict(old: str, new: str) -> None:
    before, after = spec(old), spec(new)
    found = compare(before, after)
    assert found.verdict is Verdict.WIRE_BREAKING
    assert found.step == "major"
    known = {*before.ids, *after.ids, ""}
    for each in found.findings:
        assert each.rule in CATALOGUE
        assert each.action in known
        for place, document in ((each.old, before.document), (each.new, after.document)):
            if place is not None:
                document.find(place.pointer)


@with_corpus
def test_what_the_new_version_of_a_catalog_broke_is_told_in_its_words() -> None:
    found = compare(spec("tmforum-apis__tmf620-v4.json"), spec("tmforum-apis__tmf620-v5.yaml"))
    said = {(each.rule, each.action) for each in found.findings}
    assert ("operation-removed", "listenToCatalogBatchEvent") in said
    assert found.actions["listenToCatalogBatchEvent"] is Verdict.WIRE_BREAKING
