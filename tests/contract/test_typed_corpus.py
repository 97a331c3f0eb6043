"""Real documents as typed services: numbers, descriptors and text of each, in any order.

A small choice of them; all with `--corpus all`. With `-s` what became of each is printed.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec import structs

from facade.errors.caller import InvalidSpec
from facade.model.names import VersionName
from facade.model.typed import Kind, Message, TypedService
from facade.spec.document import Document, escape
from facade.spec.load import load
from facade.spec.mapping import CATALOGUE
from facade.spec.spec import Spec
from facade.spec.typed.naming import package_of, same, service_of
from facade.spec.typed.notes import CLOSE, OPAQUE
from facade.spec.typed.numbers import numbered
from facade.spec.typed.proto import proto_text
from facade.spec.typed.schemas import Types
from facade.spec.typed.service import typed
from gateway.typed.descriptors import file_proto, pool_of
from tests.protoc import buffed, compiled

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()
MANIFEST = CORPUS / "MANIFEST.tsv"
LARGEST = 12_000
"""Bytes of a document that is looked at always; what is larger is no other in kind."""
FEWEST = 40
AT = "/components/schemas"


class Fidelity(NamedTuple):
    """How many schemas became types how well: by the worst that is said of any part of them."""

    name: str
    exact: int
    approximate: int
    opaque: int
    methods: int
    messages: int
    fields: int


@pytest.fixture
def rows(pytestconfig: pytest.Config) -> list[dict[str, str]]:
    """The documents that the run is about."""
    if not MANIFEST.exists():
        pytest.skip("the corpus is absent")
    with MANIFEST.open(encoding="utf-8") as lines:
        found = [*csv.DictReader(lines, delimiter="\t")]
    whole = pytestconfig.getoption("corpus") == "all"
    return [each for each in found if whole or int(each["bytes"]) <= LARGEST]


def documents(rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Document]]:
    for row in rows:
        path = CORPUS / row["file"]
        try:
            yield row["file"], load(path.read_bytes())[0]
        except (InvalidSpec, FileNotFoundError):
            continue


def backwards(tree: Any) -> Any:
    """The same document with the members of every object in the opposite order."""
    if isinstance(tree, Mapping):
        return {key: backwards(tree[key]) for key in reversed([*tree])}
    return [backwards(each) for each in tree] if isinstance(tree, list) else tree


def check_message(message: Message, service: TypedService) -> None:
    oneofs = {each.oneof for each in message.fields if each.oneof}
    names = [*(each.name for each in message.fields), *oneofs]
    assert len(set(map(same, names))) == len(names)
    assert len({each.key for each in message.fields}) == len(message.fields)
    for each in message.fields:
        assert each.number
        assert (each.type is None) is bool(each.ref)
        assert not each.ref or each.ref in service.messages or each.ref in service.enums
        assert each.repeated + each.keyed + bool(each.oneof) + each.optional <= 1
        assert each.oneof or message.kind not in {Kind.CHOICE, Kind.ANSWERS}


def check(service: TypedService) -> None:
    types = [each.name for each in service.messages.values()]
    types += [each.name for each in service.enums.values()]
    assert len({same(each) for each in (*types, service.name)}) == len(types) + 1
    assert len({same(each.name) for each in service.methods}) == len(service.methods)
    for key, message in service.messages.items():
        assert key == message.key
        check_message(message, service)
    for method in service.methods:
        assert {method.request, method.response} <= service.messages.keys()
        assert (method.http is None) is bool(method.http_reason)
    assert {each.code for each in service.notes} <= CATALOGUE.keys()


def laid_out(service: TypedService) -> dict[str, Any]:
    """All that goes over the wire, and every name, whatever the order."""
    found: dict[str, Any] = {
        key: (
            each.name,
            each.kind,
            each.reserved,
            {structs.replace(one, comment="") for one in each.fields},
        )
        for key, each in service.messages.items()
    }
    found |= {
        key: (each.name, each.reserved, {(one.name, one.number) for one in each.values})
        for key, each in service.enums.items()
    }
    return found | {each.key: (each.name, each.request, each.response) for each in service.methods}


def check_turned(document: Document, service: TypedService, known: Any) -> None:
    """The same document in another order is the same service, and the ledger is none the wiser."""
    turned = Spec(Document(backwards(document.tree), document.version))
    again, later = numbered(structs.replace(typed(turned), name=service.name), known)
    assert later is known
    assert laid_out(again) == laid_out(service)


def fidelity(name: str, document: Document, service: TypedService) -> Fidelity:
    named = document.tree.get("components", {}).get("schemas")
    pointers = [f"{AT}/{escape(str(each))}" for each in named] if isinstance(named, dict) else []
    made = Types(document)
    for pointer in pointers:
        made.of(pointer, "x", "X")
    worst = dict.fromkeys(pointers, "exact")
    for each in made.notes:
        assert each.code in CLOSE or each.code in OPAQUE
        owner = "/".join(each.pointer.split("/")[:4])
        if worst.get(owner) in {"exact", "approximate"}:
            worst[owner] = "opaque" if each.code in OPAQUE else "approximate"
    counts = Counter(worst.values())
    sizes = (len(service.methods), len(service.messages))
    fields = sum(len(each.fields) for each in service.messages.values())
    return Fidelity(name, counts["exact"], counts["approximate"], counts["opaque"], *sizes, fields)


def looked_at(name: str, document: Document, version: VersionName, folder: Path) -> Fidelity:
    """Makes all of one document that there is to be made of it, and holds it to itself."""
    package, own = package_of(version), service_of(version.connector)
    service, known = numbered(structs.replace(typed(Spec(document)), name=own), {})
    check(service)
    check_turned(document, service, known)
    file = file_proto(service, package)
    assert compiled(proto_text(service, package), file.name, folder) == file, name
    served = pool_of(service, package).FindServiceByName(f"{package}.{own}")
    assert len(served.methods) == len(service.methods)
    return fidelity(name, document, service)


def table(found: Iterable[Fidelity]) -> str:
    listed = [Fidelity._fields, *found]
    return "\n".join("{:50.50}{:>12}{:>12}{:>9}{:>9}{:>10}{:>8}".format(*each) for each in listed)


@pytest.mark.timeout(1200)
def test_real_documents_are_services_the_same_in_any_order_for_protoc_and_buf(
    rows: list[dict[str, str]], tmp_path: Path
) -> None:
    found = []
    for at, (name, document) in enumerate(documents(rows)):
        version = VersionName(f"shop{at}", "live")
        found.append(looked_at(name, document, version, tmp_path))
    totals = Fidelity("all", *map(sum, zip(*(each[1:] for each in found), strict=True)))
    print(table([*found, totals]))  # noqa: T201 - the figures of docs/typed.md
    assert len(found) > FEWEST
    assert totals.opaque < 0.2 * sum(totals[1:4])
    assert buffed(tmp_path, "lint") == ""
    assert buffed(tmp_path, "format", "-d") == ""
