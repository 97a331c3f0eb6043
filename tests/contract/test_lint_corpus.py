"""`portico lint` on documents of the corpus: as a process, as people run it.

`--corpus all` takes every one of them.
"""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
MANIFEST = CORPUS / "MANIFEST.tsv"
ROOT = Path(__file__).resolve().parents[2]

SMALL = 100_000
"""Bytes up to which a document is taken in every run, as are those of smoke tests."""

CLEAN = """openapi: 3.1.0
info: {title: t, version: "1"}
servers: [{url: "https://api.example.com"}]
paths:
  /things:
    get: {operationId: list, responses: {"200": {description: all}}}
"""
DOUBTFUL = CLEAN.replace("operationId: list", "operationID: list")
UNREADABLE = CLEAN.replace("responses: {", "responses: {{")

PLACE = re.compile(r"(?:line (\d+), column (\d+)|/[^ ]*|openapi): .*line (?:is|\d+)", re.DOTALL)

Result = dict[str, Any]

with_corpus = pytest.mark.skipif(not MANIFEST.exists(), reason="the corpus is absent")


def lint(*arguments: str | Path) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "gateway", "lint", *map(str, arguments))
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=ROOT)  # noqa: S603 - our own


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Exit code, output and complaints; no stack in either."""
    output, complaints = (each.decode() for each in process.communicate())
    assert "Traceback" not in output + complaints
    return process.returncode, output, complaints


def linted(*files: Path) -> list[Result]:
    """The results of all files, from two processes at once."""
    processes = [lint("-o", "json", *half) for half in (files[::2], files[1::2])]
    results: list[Result] = []
    for process in processes:
        code, output, _ = ended(process)
        found = json.loads(output)
        assert code == max(each["exit"] for each in found)
        results += found
    return results


@pytest.fixture(scope="module")
def names(pytestconfig: pytest.Config) -> list[str]:
    """The documents of this run, as the manifest names them."""
    whole = pytestconfig.getoption("corpus") == "all"
    with MANIFEST.open(newline="") as lines:
        return [
            row["file"]
            for row in csv.DictReader(lines, delimiter="\t")
            if whole or row["smoke"] == "smoke" or int(row["bytes"]) <= SMALL
        ]


@pytest.fixture(scope="module")
def results(names: list[str]) -> dict[str, Result]:
    """What lint says of each document, by its name in the manifest."""
    found = {each["file"]: each for each in linted(*(CORPUS / name for name in names))}
    return {name: found[str(CORPUS / name)] for name in names}


def text_of(name: str) -> list[str]:
    """A document's lines as lint counts them; strays in UTF-8 are Windows-1252 there."""
    data = (CORPUS / name).read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def problems(results: dict[str, Result]) -> Iterator[tuple[str, Result]]:
    for name, result in results.items():
        yield from ((name, each) for each in result.get("problems", ()))


@with_corpus
@pytest.mark.timeout(120)
def test_every_document_is_linted_and_all_but_two_are_read(
    names: list[str], results: dict[str, Result]
) -> None:
    exits = [result["exit"] for result in results.values()]
    read = [result for result in results.values() if result["exit"] < 2]
    counts = {
        "documents": len(exits),
        "clean": exits.count(0),
        "with findings": exits.count(1),
        "unreadable": exits.count(2),
        "actions": sum(result["actions"] for result in read),
        "set aside": sum(result["set_aside"] for result in read),
        "findings": sum(len(result["problems"]) for result in read),
    }
    print(", ".join(f"{number} {what}" for what, number in counts.items()))  # noqa: T201 - the count
    assert len(exits) == len(names)
    assert set(exits) == {0, 1, 2}
    assert counts["unreadable"] <= 2, counts
    assert counts["set aside"] <= 0.01 * counts["actions"]


@with_corpus
def test_every_rejection_names_its_place_and_shows_the_line(results: dict[str, Result]) -> None:
    refused = {name: result for name, result in results.items() if result["exit"] == 2}
    assert refused
    for name, result in refused.items():
        for reason in result["unreadable"]:
            assert PLACE.match(reason), (name, reason)
            line = int(re.findall(r"line (\d+)", reason)[0])
            shown = reason.rpartition(" is: ")[2]
            assert shown.strip(), (name, reason)
            assert shown.strip() in text_of(name)[line - 1], (name, reason)


@with_corpus
def test_every_finding_stands_where_it_says(results: dict[str, Result]) -> None:
    texts: dict[str, list[str]] = {}
    wrong = []
    for name, each in problems(results):
        file = each["file"] or name
        lines = texts[file] = texts.get(file) or text_of(file)
        line = lines[each["line"] - 1] if 0 < each["line"] <= len(lines) else ""
        told = each["message"] and each["code"] and each["severity"] in {"error", "warning"}
        if not (told and 0 < each["column"] <= len(line) + 1 and shows(line, each["source"])):
            wrong.append((name, each, line[:200]))
    assert wrong == []


def shows(line: str, source: str) -> bool:
    """Whether a source line is the line, or a piece of a long one."""
    return len(source) <= 200 and source.strip("… ") in line


@with_corpus
def test_a_document_has_exit_0_only_without_findings(results: dict[str, Result]) -> None:
    for name, result in results.items():
        if result["exit"] < 2:
            assert result["exit"] == bool(result["problems"]), name
            assert result["set_aside"] <= sum(
                each["severity"] == "error" for each in result["problems"]
            ), name


@with_corpus
def test_no_document_takes_longer_than_seconds(results: dict[str, Result]) -> None:
    assert max(result.get("seconds", 0) for result in results.values()) < 5


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (CLEAN, 0, ": clean"),
        (DOUBTFUL, 1, ":6:"),
        (UNREADABLE, 2, "cannot be read line 6, column"),
        ("", 2, "the document is empty"),
        (None, 2, "No such file"),
    ],
    ids=["clean", "findings", "unreadable", "empty", "absent"],
)
def test_the_exit_code_says_clean_findings_or_unreadable(
    tmp_path: Path, text: str | None, code: int, says: str
) -> None:
    file = tmp_path / "api.yaml"
    if text is not None:
        file.write_text(text)
    exit_code, output, _ = ended(lint(file))
    assert exit_code == code
    assert says in " ".join(output.split())
    assert "api.yaml" in output


def test_the_worst_of_several_files_is_the_exit_code(tmp_path: Path) -> None:
    files = []
    for name, text in (("a", CLEAN), ("b", DOUBTFUL), ("c", UNREADABLE)):
        files.append(tmp_path / f"{name}.yaml")
        files[-1].write_text(text)
        assert ended(lint(*files))[0] == len(files) - 1


def test_a_document_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(DOUBTFUL.replace("title: t", 'title: "\x1b]0;owned\x07\x1b[31m", x\x1b[2J: 1'))
    _, output, complaints = ended(lint(file))
    assert "owned" in output
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", output + complaints)
