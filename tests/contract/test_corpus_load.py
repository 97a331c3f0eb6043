"""Real documents: all are read, and the report agrees with openapi-spec-validator 0.9.0."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facade.errors.caller import InvalidSpec
from facade.spec.document import Document
from facade.spec.load import load, read
from facade.spec.report import report

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
MANIFEST = CORPUS / "MANIFEST.tsv"
VERDICT = "validator(openapi-spec-validator 0.9.0)"

# Files that the validator passes and that break the standard all the same, with the codes.
LAX = {
    # OAS 3.0 Paths Object: templates that differ in names alone "MUST NOT exist".
    "xeroapi__files.yaml": {"equivalent-paths"},
    "apis-guru__atlassian.com-jira.json": {"equivalent-paths"},
    "apis-guru__googleapis.com-gmail.json": {"equivalent-paths"},
    "apis-guru__jellyfin.local.json": {"equivalent-paths"},
    "apis-guru__magento.com.json": {"equivalent-paths"},
    # OAS 2.0 Security Scheme Object: `scopes` is required for oauth2.
    "netlify__netlify.yaml": {"equivalent-paths", "missing-field"},
    # OAS Security Requirement Object: each name "MUST correspond to a security scheme".
    "ory__kratos.json": {"undeclared-security-scheme"},
    # `produces: ["Header:"]` as well.
    "ory__kratos-swagger2.json": {"undeclared-security-scheme", "invalid-media-type"},
}

# Files that the validator refuses and that we only warn of, or find clean.
STRICT = {
    # Only defaults that do not fit their schemas, which no call depends on.
    "grpc-ecosystem__stream.json": {"wrong-default"},
    "influxdata__oss.yaml": {"wrong-default"},
    "influxdata__cloud.json": {"wrong-default"},
    "readmeio__schema-validation.yaml": {"wrong-default"},
    "togethercomputer__together.yaml": {"wrong-default"},
    "unitycatalog__unitycatalog.yaml": {"wrong-default"},
    "zoom__zoom-v2.json": {"wrong-default"},
    # A pattern that Python's engine does not compile.
    "apis-guru__amazonaws.com-dynamodb.json": {"unsupported-pattern"},
    # The validator does not know `type: file` in a response, which OAS 2.0 allows.
    "goharbor__harbor.yaml": set(),
    "microsoft__zanranscaffolder.json": set(),
    "microsoft__oodrive-sign.json": set(),
}  # fmt: skip

# Broken JSON whose slips cannot be mended without a guess: one closing bracket too many.
UNREADABLE = {
    "broken/microsoft__cognitiveservicestextanalytics.json": "line 276, column 6",
    "broken/microsoft__giphy.json": "line 864, column 2",
}


def rows() -> list[dict[str, str]]:
    if not MANIFEST.exists():
        return []
    with MANIFEST.open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


WHOLE = [row for row in rows() if not row["file"].startswith("broken/")]
BROKEN = [row["file"] for row in rows() if row["file"].startswith("broken/")]


def test_the_corpus_is_there() -> None:
    if not MANIFEST.exists():
        pytest.skip(f"no corpus at {CORPUS}")
    assert len(WHOLE) == 200


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: row["file"])
def test_a_whole_document_is_read_without_doubt(row: dict[str, str]) -> None:
    document, problems = load((CORPUS / row["file"]).read_bytes())
    assert document.version == row["openapi"]
    assert isinstance(document.tree["info"], dict)
    assert problems == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_read_with_a_problem_or_refused_with_its_place(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    if name not in UNREADABLE:
        document, problems = load(data)
        assert document.tree["paths"]
        assert problems
        assert all(each.line for each in report(data))
        return
    with pytest.raises(InvalidSpec) as caught:
        load(data)
    assert [each.field for each in caught.value.details.violations] == [UNREADABLE[name]]


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: row["file"])
def test_the_report_agrees_with_the_validator(row: dict[str, str]) -> None:
    problems = report((CORPUS / row["file"]).read_bytes())
    assert all(each.line and each.column and len(each.source) <= 200 for each in problems)
    errors = {each.code for each in problems if each.severity == "error"}
    if int(row["files"]) > 1:
        errors -= {"external-ref"}
    if row["file"] in STRICT:
        assert errors == set()
        assert STRICT[row["file"]] <= {each.code for each in problems}
    elif row[VERDICT] == "OK":
        assert errors == LAX.get(row["file"], set())
    elif row[VERDICT].startswith("ERR") and int(row["files"]) == 1:
        assert errors


@pytest.mark.parametrize(
    "row", [row for row in WHOLE if row["openapi"] == "2.0"], ids=lambda row: row["file"]
)
def test_no_reference_is_lost_by_the_upgrade(row: dict[str, str]) -> None:
    data = (CORPUS / row["file"]).read_bytes()
    source = read(data)
    before = Document(tree=source.tree, version="2.0")
    lost = {each for each in references(before.tree) if not leads(before, each)}
    after, _ = load(data)
    assert {each for each in references(after.tree) if not leads(after, each)} <= lost


def references(node: Any) -> Iterator[str]:
    pending = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            target = each.get("$ref")
            if isinstance(target, str) and target.startswith("#/"):
                yield target
            pending.extend(each[key] for key in each if key not in {"example", "examples"})
        elif isinstance(each, list):
            pending.extend(each)


def leads(document: Document, target: str) -> bool:
    try:
        document.follow({"$ref": target}, "")
    except LookupError:
        return False
    return True
