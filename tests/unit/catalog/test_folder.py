"""Documents in folders, with what they refer to."""

from pathlib import Path

import pytest

from facade.catalog.folder import Folder
from facade.errors.caller import InvalidSpec
from facade.model.change import Draft
from facade.spec.bundling.archive import pack, unpack
from facade.spec.limits import Limits

DOCUMENT = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {$ref: %s}}\n"


def filled(top: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = top / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return top


def test_a_file_alone_is_its_text(tmp_path: Path) -> None:
    filled(tmp_path, a="openapi: 3.1.0\n")
    assert Folder(tmp_path).spec("a.yaml") == Draft(spec_text="openapi: 3.1.0\n")


def test_a_file_brings_along_what_it_refers_to_and_nothing_else(tmp_path: Path) -> None:
    filled(
        tmp_path,
        api__root=DOCUMENT % "../common/a.yaml",
        common__a="get: {responses: {default: {$ref: b.yaml}}}",
        common__b="description: fine\n",
        common__c="unused: true\n",
    )
    folder = Folder(tmp_path)
    draft = folder.spec("api/root.yaml")
    assert draft.spec_root == "api/root.yaml"
    assert sorted(unpack(draft.spec_archive)) == ["api/root.yaml", "common/a.yaml", "common/b.yaml"]
    assert {each.name for each in folder.read} == {"root.yaml", "a.yaml", "b.yaml"}


def test_h01_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("description: secret\n")
    top = filled(
        tmp_path / "api",
        a=DOCUMENT % "../secret.yaml",
        b=DOCUMENT % "link.yaml",
        c=DOCUMENT % f"file://{secret}",
        d=DOCUMENT % str(secret),
    )
    (top / "link.yaml").symlink_to(secret)
    for name in ("a.yaml", "b.yaml", "c.yaml", "d.yaml"):
        folder = Folder(top)
        assert folder.spec(name).spec_text == (top / name).read_text()
        assert secret not in folder.read


def test_a_folder_and_a_zip_are_documents_too(tmp_path: Path) -> None:
    filled(
        tmp_path, api__openapi=DOCUMENT % "a.yaml", api__a="get: {}", api__other="openapi: 3.1.0"
    )
    assert Folder(tmp_path).spec("api").spec_root == "openapi.yaml"
    assert Folder(tmp_path).spec("api", "other.yaml").spec_text == "openapi: 3.1.0"
    packed = pack({"x.yaml": b"openapi: 3.1.0"})
    (tmp_path / "api.zip").write_bytes(packed)
    assert Folder(tmp_path).spec("api.zip", "x") == Draft(spec_archive=packed, spec_root="x")
    with pytest.raises(InvalidSpec):
        Folder(tmp_path).spec("api/a.yaml", "a.yaml")
    with pytest.raises(FileNotFoundError):
        Folder(tmp_path).spec("gone.yaml")


def test_a_file_outside_has_its_own_folder(tmp_path: Path) -> None:
    filled(tmp_path, api__a=DOCUMENT % "b.yaml", api__b="get: {}", here__c="x: 1")
    draft = Folder(tmp_path / "here").spec("../api/a.yaml")
    assert (sorted(unpack(draft.spec_archive)), draft.spec_root) == (["a.yaml", "b.yaml"], "a.yaml")


def test_documents_are_found_below_but_not_where_nobody_keeps_their_own(tmp_path: Path) -> None:
    plain = "openapi: 3.1.0\n"
    filled(tmp_path, b__x=plain, a=plain, c="x: 1", node_modules__d=plain, **{".git__e": plain})
    assert Folder(tmp_path).documents() == ["a.yaml", "b/x.yaml"]


def test_h04_files_are_counted_and_weighed(tmp_path: Path) -> None:
    filled(tmp_path, a=DOCUMENT % "b.yaml", b="get: {$ref: c.yaml}", c="responses: {}")
    for limits in (Limits(files=2), Limits(size=100)):
        with pytest.raises(InvalidSpec):
            Folder(tmp_path, limits).spec("a.yaml")
        with pytest.raises(InvalidSpec):
            Folder(tmp_path, limits).documents()
