"""The house itself: what stands where, how large it is, and that what is said twice agrees."""

import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest
import yaml

from facade import errors
from facade.config import PREFIX, Settings
from facade.errors.fault import Code, Fault
from gateway.v1.error_reason_pb2 import ErrorReason

ROOT = Path(__file__).resolve().parents[2]

TOP = {
    *("pyproject.toml", "README.md", "protos", "gateway", "facade", "tests", "k8s", "buf.yaml"),
    *("dev.py", "LICENSE", "CHANGELOG.md", "changes", "CONTRIBUTING.md", "SECURITY.md", "docs"),
    *(".ci", "pins", ".git", ".gitignore", "examples"),
}

MACHINES = re.compile(r"(?<![\w.:/])/(root|home|Users|work)/\w")
INDEXES = re.compile(r"--(extra-)?index-" + r"url|https?://\S+/simple\b|files\.python" + "hosted")

REQUIREMENT = re.compile(r"^([a-z0-9._-]+)==(\S+)( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def kept() -> Iterator[Path]:
    """Every file that is not ignored; there may be no git here to ask."""
    patterns = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()]
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if path.name == ".git" or any(fnmatch(path.name, pattern) for pattern in patterns):
                continue
            if path.is_dir():
                folders.append(path)
            else:
                yield path


def product() -> list[Path]:
    """The files that are written by hand and are no tests."""
    generated = ROOT / "gateway" / "v1"
    return [
        path
        for path in kept()
        if path.suffix == ".py"
        and generated not in path.parents
        and ROOT / "tests" not in path.parents
    ]


def script(path: str) -> ModuleType:
    """A script of the checkout, as a module."""
    spec = importlib.util.spec_from_file_location(path.replace("/", "_")[:-3], ROOT / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = [
    import_module(f"{errors.__name__}.{each.name}") for each in iter_modules(errors.__path__)
]

FAULTS = [
    fault
    for module in MODULES
    for fault in vars(module).values()
    if isinstance(fault, type) and issubclass(fault, Fault) and "reason" in vars(fault)
    if fault.__module__ == module.__name__
]


def test_the_top_level_holds_only_what_is_fixed() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in kept()}
    assert sorted(top - TOP) == []


def test_no_product_file_has_more_than_400_lines() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in product()}
    assert len(sizes) > 50
    large = {str(path.relative_to(ROOT)): size for path, size in sizes.items() if size > 400}
    assert large == {}


def test_no_module_is_called_helper_or_the_like() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)$|^_(?!_)")
    names = [str(path.relative_to(ROOT)) for path in product() if vague.search(path.stem)]
    assert names == []


def test_no_file_names_a_machine_or_a_package_index() -> None:
    found = []
    for path in kept():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINES.search(line) or INDEXES.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_fault_says_its_code_reason_cause_and_remedy(fault: type[Fault]) -> None:
    assert isinstance(fault.code, Code)
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", fault.reason)
    for text in (fault.cause, fault.remedy, fault.__doc__ or ""):
        assert text.endswith(".")
        assert text[0].isupper()


def test_the_tree_of_the_package_names_every_fault_once() -> None:
    tree = re.findall(r"\w+", (errors.__doc__ or "").partition("\n\n")[2])
    assert {fault.__name__ for fault in FAULTS if tree.count(fault.__name__) != 1} == set()


def test_no_two_faults_have_the_same_reason() -> None:
    reasons = sorted(fault.reason for fault in FAULTS)
    assert reasons == sorted(set(reasons))


def test_the_protos_know_exactly_the_reasons_of_the_faults() -> None:
    assert set(ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"} == {
        fault.reason for fault in FAULTS
    }


def test_the_protos_name_each_reason_with_the_code_of_its_fault() -> None:
    text = (ROOT / "protos/gateway/v1/error_reason.proto").read_text()
    entries = re.findall(r"// ([A-Z_]+): [^\n]*\n(?:  // [^\n]*\n)*  ([A-Z_]+) = \d+;", text)
    assert {reason: code for code, reason in entries} == {
        fault.reason: fault.code.name for fault in FAULTS
    }


def test_the_page_of_errors_is_what_the_faults_say() -> None:
    generated = script("docs/errors_page.py").page()
    assert (ROOT / "docs/errors.md").read_text() == generated


def test_every_reason_has_its_anchor_in_the_page_of_errors() -> None:
    page = (ROOT / "docs/errors.md").read_text()
    headings = re.findall(r"^### (.*)$", page, re.MULTILINE)
    assert sorted(headings) == sorted(fault.reason for fault in FAULTS)


def pins(kind: str) -> dict[str, tuple[str, ...]]:
    """The pins of a file: name -> version, marker and hashes. Fails where a line is neither."""
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in (ROOT / "pins" / f"{kind}.txt").read_text().splitlines():
        if match := REQUIREMENT.match(line):
            name = match[1]
            found[name] = (match[2], match[3] or "")
        else:
            assert HASH.match(line), line
            found[name] += (line.strip(" \\"),)
    return found


def test_every_pin_has_a_version_and_a_hash_and_nothing_else() -> None:
    for pin in (*pins("run").values(), *pins("dev").values()):
        assert len(pin) > 2


def test_the_gateway_runs_with_the_versions_that_it_is_tested_with() -> None:
    assert pins("run").items() <= pins("dev").items()


def test_every_dependency_is_pinned_where_it_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    needed = {
        "run": project["project"]["dependencies"],
        "dev": [each for group in groups.values() for each in group if isinstance(each, str)],
    }
    for kind, requirements in needed.items():
        written = (re.split(r"[^\w.-]", each)[0].lower() for each in requirements)
        names = {re.sub(r"[-_.]+", "-", each) for each in written}
        assert sorted(names - pins(kind).keys()) == []


def test_every_setting_in_k8s_is_one() -> None:
    known = {PREFIX + name.upper() for name in Settings.__dataclass_fields__}
    said = {
        name
        for path in kept()
        if ROOT / "k8s" in path.parents and path.suffix != ".md"
        for name in re.findall(r"PORTICO_[A-Z_]+(?=[=,])", path.read_text())
    }
    assert said
    assert sorted(said - known) == []


def test_every_yaml_file_of_k8s_can_be_read() -> None:
    files = [path for path in kept() if ROOT / "k8s" in path.parents and path.suffix == ".yaml"]
    assert len(files) > 5
    for path in files:
        assert all(yaml.safe_load_all(path.read_text())), path


def test_the_links_of_the_documents_lead_somewhere() -> None:
    links = [
        (path, link)
        for path in kept()
        if path.suffix == ".md"
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text())
        if "://" not in link
    ]
    broken = [f"{path.name}: {link}" for path, link in links if not (path.parent / link).exists()]
    assert broken == []


def test_dev_py_needs_nothing_but_the_standard_library() -> None:
    names = re.findall(r"^(?:import|from) (\w+)", (ROOT / "dev.py").read_text(), re.MULTILINE)
    assert "subprocess" in names
    assert set(names) <= sys.stdlib_module_names


def test_ci_runs_what_everybody_runs() -> None:
    assert "python3 dev.py test\n" in (ROOT / ".ci" / "run").read_text()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


GROUP = re.compile(r"\(\?:((?:[^()\\]|\\.)*)\)[*+?]\+")


def test_a_possessive_group_holds_no_alternatives() -> None:
    """Python 3.11 up to 3.11.4 matches such groups wrongly (fixed in 3.11.5 and 3.12)."""
    for package in ("facade", "gateway"):
        for path in (ROOT / package).rglob("*.py"):
            for group in GROUP.findall(path.read_text(encoding="utf-8")):
                plain = re.sub(r"\[[^\]]*\]|\\.", "", group)
                assert not re.search(r"\||\(\?", plain), f"{path.name}: {group}"
