"""The documents: what they tell people to type, read and look for is there."""

import ast
import contextlib
import importlib
import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default, DescriptorPool
from google.protobuf.json_format import Parse
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from msgspec import structs

import dev
from facade.catalog.connector_file import parse
from facade.config import CONFIG, PREFIX, SECRET_PREFIX, Settings
from facade.connections.checking import CheckedState
from facade.demo import petstore
from facade.errors.fault import Code, Effect
from facade.model.change import Draft
from facade.model.difference import Verdict
from facade.spec.load import load
from facade.spec.spec import Spec
from facade.spec.typed.naming import service_of
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed
from gateway.cli.main import COMMANDS
from gateway.reflection import file_of_symbol
from gateway.typed.descriptors import pool_of
from tests.protos import FILES, SERVICES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *(path for path in ROOT.glob("*.md")),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("changes/*.md"),
        *ROOT.glob("k8s/*.md"),
        *(path for path in ROOT.glob("examples/**/*.md") if "node_modules" not in path.parts),
    ]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^    .*\n)+", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
OPERATORS = frozenset({"<", ">", "2>&1", "|"})
COMMAND = re.compile(r"(\S*/)?portico |grpcurl |python3 dev\.py ")
FILE = re.compile(r"(?:[\w.-]+/)+[\w.-]+\.(?:py|md|proto|toml|json|ya?ml|txt)|dev\.py")
"""A file of the project by its path."""
CLIENT = {"PORTICO_SERVER"} | {f"PORTICO_SERVER_{each}" for each in ("CA", "CERT", "KEY", "TOKEN")}
VARIABLES = ("PORTICO_", "OTEL_", "REDIS_", "VAULT_")
PLAIN = {"console", "sh", "text", ""}


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[str]:
    """What stands in fences of commands and in indented code."""
    yield from (body for kind, body in FENCE.findall(text) if kind in PLAIN)
    outside = FENCE.sub("", text)
    yield from (
        re.sub(r"^    ", "", each, flags=re.MULTILINE) for each in INDENTED.findall(outside)
    )


def commands(text: str) -> Iterator[list[str]]:
    """Every command line of the blocks, as a shell would read it."""
    for block in blocks(text):
        lines = iter(block.splitlines())
        for line in lines:
            typed = line.strip().removeprefix("$ ")
            if COMMAND.match(typed):
                yield split(typed, lines)


def split(typed: str, more: Iterator[str]) -> list[str]:
    """The words of a command that may go on over several lines."""
    while True:
        with contextlib.suppress(ValueError):
            if not typed.endswith("\\"):
                return shlex.split(typed, comments=True)
        typed = typed.removesuffix("\\") + next(more).strip()


def alone(words: list[str]) -> list[str]:
    """A command without what the shell makes of its input and output."""
    return list(takewhile(lambda word: word not in OPERATORS, words))


def every(kind: str) -> list[Any]:
    """The commands of all documents that begin with a program, as parameters of a test."""
    return [
        pytest.param(words[1:], id=f"{page.name}: {' '.join(words[1:])[:60]}")
        for page in PAGES
        for words in map(alone, commands(text_of(page)))
        if words[0].rpartition("/")[2] == kind
    ]


@cache
def command_of(name: str) -> Any:
    """A command of `portico` with its own parser."""
    assert name in COMMANDS, f"portico has no command {name}"
    return typer.main.get_command(importlib.import_module(COMMANDS[name][0]).app)


def options_of(name: str, *rest: str) -> set[str]:
    """The flags of a command, or of the one among its own that the next word names."""
    command = command_of(name)
    inner = getattr(command, "commands", {}).get(rest[0]) if rest else None
    return {option for each in (inner or command).params for option in each.opts}


@cache
def script(path: str) -> ModuleType:
    """A script of the checkout, as a module."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spans() -> Iterator[tuple[Path, str]]:
    """Every piece of code within a line, with its page."""
    for page in PAGES:
        for text in SPAN.findall(FENCE.sub("", text_of(page))):
            yield page, text


def names_of(file: Path) -> set[str]:
    """The functions and classes of a Python file, methods as `Class.method`; names of its data."""
    found: set[str] = set()
    for node in ast.parse(text_of(file)).body:
        if isinstance(node, ast.ClassDef):
            methods = (ast.FunctionDef, ast.AsyncFunctionDef)
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, methods)}
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
    return found


@pytest.mark.parametrize("words", every("portico"))
def test_every_line_of_portico_is_understood_by_its_parser(words: list[str]) -> None:
    command_of(words[0]).make_context(words[0], words[1:])


def test_every_mention_of_portico_is_of_a_command_and_flags_that_there_are() -> None:
    for page, text in spans():
        if text.startswith("portico "):
            _, name, *rest = text.split()
            flags = {word for word in rest if word.startswith("-")} - {"-h", "--help"}
            assert flags <= options_of(name, *rest) | {"-"}, f"{page.name}: {text}"


@cache
def pool_of_demo() -> DescriptorPool:
    """What `petstore.live` is made of when the demo runs."""
    made = typed(Spec(load(petstore.document())[0]))
    service, _ = numbered(structs.replace(made, name=service_of("petstore")), {})
    return pool_of(service, "petstore.live")


@pytest.mark.parametrize("words", every("grpcurl"))
def test_every_line_of_grpcurl_names_what_there_is(words: list[str]) -> None:
    if "-d" in words:
        service, _, name = words[-1].rpartition("/")
        pool: Any = pool_of_demo() if service.startswith("petstore.") else Default()
        method: MethodDescriptor = pool.FindServiceByName(service).methods_by_name[name]
        request: Message = GetMessageClass(method.input_type)()
        given = words[words.index("-d") + 1]
        if given != "@":
            Parse(given, request)
    elif "describe" in words:
        known = {method.full_name for each in SERVICES.values() for method in each.methods}
        if words[-1] not in known:
            file_of_symbol(pool_of_demo(), words[-1])  # raises KeyError
    else:
        assert words[-1] == "list"


@pytest.mark.parametrize("words", every("python3"))
def test_every_line_of_dev_py_is_a_command_of_it(words: list[str]) -> None:
    script_, name, *rest = words
    assert script_ == "dev.py"
    assert name in dev.COMMANDS
    if name == "demo":
        command_of("demo").make_context("demo", rest)
    for path in (word for word in rest if name == "test" and "/" in word):
        assert (ROOT / path).exists()


def test_the_calls_of_the_readme_are_of_actions_that_the_demo_has() -> None:
    document, _ = load(petstore.document())
    spec = Spec(document)
    seen = 0
    for words in commands(text_of(ROOT / "README.md")):
        calls = [word for word in words if word.startswith("petstore/")]
        for word in calls:
            action = spec.action(word.partition("/")[2])
            known = {each.key for each in action.parameters}
            known |= set(action.body.flat) if action.body else set()
            given = {each.partition("=")[0] for each in words[3:] if not each.startswith("-")}
            assert given <= known, word
            seen += 1
    assert seen > 5


def test_the_connector_file_of_the_readme_is_one() -> None:
    examples = [body for kind, body in FENCE.findall(text_of(ROOT / "README.md")) if kind == "yaml"]
    assert [
        str(parse(each, "x.yaml", lambda _file, _root: Draft(spec_text="{}")).name)
        for each in examples
    ] == ["connectors/shop"]


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    for page in PAGES:
        outside = FENCE.sub("", text_of(page))
        for link in re.findall(r"\]\(([^)\s]+)\)", outside):
            if "://" in link:
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", text_of(target), re.MULTILINE)
                slugs = {
                    re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings
                }
                assert anchor in slugs, f"{page.name}: {link}"


def test_every_file_that_is_named_is_there() -> None:
    seen = 0
    for page, text in spans():
        if FILE.fullmatch(text) and "NAME" not in text:
            seen += 1
            assert (ROOT / text).exists() or (page.parent / text).exists(), f"{page.name}: {text}"
    assert seen > 30


def test_every_variable_that_is_named_is_a_setting() -> None:
    known = {PREFIX + name.upper() for name in Settings.__dataclass_fields__} | {CONFIG} | CLIENT
    for page in PAGES:
        for name in re.findall(r"\bPORTICO_[A-Z_]+", text_of(page)):
            told_of = "SERVICE" in name or name == PREFIX
            assert name in known or name.startswith(SECRET_PREFIX) or told_of, (
                f"{page.name}: {name}"
            )


def test_every_word_in_capitals_is_a_reason_a_code_or_a_value_of_the_protos() -> None:
    values = {
        value
        for file in FILES
        for enum in file.enum_types_by_name.values()
        for value in enum.values_by_name
    }
    known = {*Code.__members__, *Effect.__members__, *values}
    known |= {"NOT_SERVING", "PET_STATUS_UNSPECIFIED", *Verdict, *CheckedState}
    for page in PAGES:
        prose = FENCE.sub("", text_of(page))
        words = re.findall(r"(?<![\w`/])`?([A-Z]{2,}(?:_[A-Z]+)+)\b(?![=\w])", prose)
        foreign = {each for each in words if not each.startswith(VARIABLES)} - known
        assert foreign == set(), page.name


def test_every_function_of_the_tour_is_in_its_file() -> None:
    tour = ROOT / "docs" / "tour.md"
    rows = re.findall(r"^\| \d+ \| \[[^]]*\]\(([^)]+)\) \| (.*?) \|", text_of(tour), re.MULTILINE)
    assert len(rows) > 30
    for path, cell in rows:
        file = (tour.parent / path).resolve()
        text = text_of(file)
        for name in SPAN.findall(cell):
            if file.suffix == ".py":
                assert name in names_of(file), f"{path}: {name}"
            else:
                assert re.search(rf"\bmessage {name}\b", text), f"{path}: {name}"


def test_the_functions_that_the_tour_names_in_passing_are_in_their_files() -> None:
    tour = ROOT / "docs" / "tour.md"
    pairs = re.findall(r"\[[^]]*\]\(([^)]+\.py)\)((?: `[\w.]+`,?)+)", text_of(tour))
    assert len(pairs) >= 3
    for path, cell in pairs:
        found = names_of((tour.parent / path).resolve())
        assert set(SPAN.findall(cell)) <= found, path


def test_every_room_of_the_house_is_on_its_map() -> None:
    readme = text_of(ROOT / "README.md")
    for package in ("gateway", "facade"):
        table = readme[readme.index(f"| `{package}/` |") :].partition("\n\n")[0]
        named = {each for each in SPAN.findall(table) if re.fullmatch(r"[\w]+(\.py|/)", each)}
        there = {
            path.name + "/" * path.is_dir()
            for path in (ROOT / package).iterdir()
            if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py")
        }
        assert named - {f"{package}/"} == there


def superseding(status: str, number: int, files: list[Path]) -> list[Path]:
    """The later decision that took the place of a decision, and says so."""
    by = re.fullmatch(r"Status: superseded by (\d{4})", status)
    named = [each for each in files[number:] if by and each.name.startswith(by[1])]
    return [each for each in named if f"the place of {number:04}" in text_of(each)]


def test_a_decision_has_its_parts_and_at_most_40_lines() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    for number, file in enumerate(files, 1):
        lines = text_of(file).splitlines()
        assert file.name.startswith(f"{number:04}-")
        assert lines[0].startswith(f"# {number:04} ")
        status, *parts = (line for line in lines if line.startswith(("Status: ", "## ")))
        assert status == "Status: accepted" or superseding(status, number, files), file.name
        assert parts == ["## Context", "## Decision", "## Consequences"]
        assert len(lines) <= 40, file.name


def test_the_page_of_lint_is_what_the_catalogue_says() -> None:
    assert text_of(ROOT / "docs" / "lint.md") == script("docs/lint_page.py").page()


def test_the_page_of_diff_is_what_the_catalogue_says() -> None:
    assert text_of(ROOT / "docs" / "diff.md") == script("docs/diff_page.py").page()


def test_every_generated_page_is_made_and_checked_by_dev_py() -> None:
    steps = {step.name for step in dev.checks()}
    for generator in (ROOT / "docs").glob("*_page.py"):
        page = f"docs/{generator.stem.removesuffix('_page')}.md"
        assert page in steps
        assert page in dev.PAGES


def test_changes_are_named_after_an_issue_and_a_kind() -> None:
    name = re.compile(r"\d{4}\.(added|changed|fixed|removed|security)\.md|README\.md")
    for path in (ROOT / "changes").iterdir():
        assert name.fullmatch(path.name), path.name
