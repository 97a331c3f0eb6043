"""What breaks stubs, told by Portico and by `buf breaking` of the same descriptors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from msgspec import structs

from facade.catalog.artifacts import third_party
from facade.model.typed import TypedService
from facade.spec.typed.breaking import breaking
from facade.spec.typed.module import module
from facade.spec.typed.numbers import numbered
from facade.spec.typed.service import typed
from gateway.typed.descriptors import file_proto, imported
from tests.documents import Tree, answering, document, query, sending, spec, with_parameters
from tests.typed_breaks import CAT, INTEGER, PAIRS, STRING, holding, linked

RULES = json.dumps({"version": "v2", "breaking": {"use": ["FILE"]}})
"""All that buf knows, but that a message may go to another file."""

SAFE = [
    (document(), document({"summary": "other words"})),
    (with_parameters(query()), with_parameters(query("a"), query())),
    (sending(STRING), sending({**STRING, "minLength": 1})),
    (linked("Cat", CAT), linked("Cat", {**CAT, "properties": {"age": INTEGER, "name": STRING}})),
    (holding({**STRING, "enum": ["a"]}), holding({**STRING, "enum": ["b", "a"]})),
    (answering(CAT), answering({**CAT, "required": ["name"]})),
]


def service(tree: Tree) -> TypedService:
    return structs.replace(typed(spec(tree)), name="ThingsService")


def write(found: TypedService, path: Path) -> Path:
    file = file_proto(found, "things.v1")
    path.write_bytes(FileDescriptorSet(file=[*imported(file), file]).SerializeToString())
    return path


def exported(found: TypedService, path: Path) -> Path:
    path.write_bytes(module(found, "things.v1", third_party()))
    return path


def broken(old: TypedService, new: TypedService, folder: Path) -> list[str]:
    """The rules of buf that do not hold."""
    paths = write(new, folder / "new.binpb"), write(old, folder / "old.binpb")
    return compared(*paths, "--config", RULES)


def compared(new: Path, old: Path, *options: str) -> list[str]:
    """What buf finds in two of its inputs."""
    buf = Path(sys.executable).parent / "buf"
    said = subprocess.run(  # noqa: S603 - our own tool
        [buf, "breaking", new, "--against", old, "--error-format", "json", *options],
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert said.returncode in (0, 100), said.stderr
    return [json.loads(line)["type"] for line in said.stdout.splitlines()]


def both(old: Tree, new: Tree, folder: Path) -> tuple[bool, bool]:
    """Whether anything breaks, by Portico's rules and by buf's."""
    before, known = numbered(service(old), {})
    after, _ = numbered(service(new), known)
    return any(breaking(before, after)), bool(broken(before, after, folder))


@pytest.mark.parametrize(("old", "new"), [pair[1:] for pair in PAIRS])
def test_what_breaks_stubs_breaks_them_for_buf_too(old: Tree, new: Tree, tmp_path: Path) -> None:
    assert both(old, new, tmp_path) == (True, True)


@pytest.mark.parametrize(("old", "new"), SAFE)
def test_what_is_safe_is_safe_for_buf_too(old: Tree, new: Tree, tmp_path: Path) -> None:
    assert both(old, new, tmp_path) == (False, False)


@pytest.mark.parametrize(("old", "new"), [*(pair[1:] for pair in PAIRS), *SAFE])
def test_modules_that_are_exported_break_where_the_verdict_says_so(
    old: Tree, new: Tree, tmp_path: Path
) -> None:
    before, known = numbered(service(old), {})
    after, _ = numbered(service(new), known)
    files = exported(after, tmp_path / "new.zip"), exported(before, tmp_path / "old.zip")
    assert bool(compared(*files)) == any(breaking(before, after))
