"""Zips of documents, and those that are none."""

import stat
import zipfile
from io import BytesIO

import pytest

from facade.errors.caller import InvalidSpec
from facade.spec.bundling.archive import documents_among, pack, root_among, unpack
from facade.spec.limits import Limits

DOCUMENT = b"openapi: 3.1.0\n"


def zipped(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED
) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


def info(name: str, mode: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    return made


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(InvalidSpec) as caught:
        unpack(data, limits or Limits())
    (violation,) = caught.value.details.violations
    assert violation.field == "spec_archive"
    assert violation.description.isprintable()
    return violation.description


def test_files_come_out_as_they_went_in_and_the_same_files_make_the_same_zip() -> None:
    files = {"b/{id}.yaml": b"b", "a.yaml": DOCUMENT, "é.md": b""}
    assert unpack(pack(files)) == files
    assert pack(files) == pack(dict(reversed(files.items())))
    assert unpack(zipped(("./x/", b""), ("./x/a.yaml", b"1"))) == {"x/a.yaml": b"1"}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("../a", b"")], "leads out"),
        ([("x/../../a", b"")], "leads out"),
        ([("/etc/passwd", b"")], "leads out"),
        ([("C:/a", b"")], "leads out"),
        ([("\\\\host\\a", b"")], "leads out"),
        ([(info("a", stat.S_IFLNK | 0o777), b"/etc/passwd")], "is a link"),
        ([("a", b"1"), ("./a", b"2")], "stands twice"),
        ([("../\n\x1b[31m", b"")], "leads out"),
    ],
)
def test_h01_a_member_that_is_no_file_of_the_archive_is_refused(
    members: list[tuple[str | zipfile.ZipInfo, bytes]], words: str
) -> None:
    assert words in refused(zipped(*members))


def test_h04_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped(("a", b"\0" * 64 * 2**20), method=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**17
    assert "explodes" in refused(bomb)
    tight = zipped(("a", b"\0" * 2**20 * 2), method=zipfile.ZIP_DEFLATED)
    assert "explodes" in refused(tight)
    assert "unpacks to more than 10 bytes" in refused(zipped(("a", b"x" * 11)), Limits(size=10))


def test_h04_files_are_counted() -> None:
    many = zipped(*((str(number), b"") for number in range(11)))
    assert "more than 10 files" in refused(many, Limits(files=10))


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"openapi: 3.1.0", zipped(("a", b"xyz"))[:-9]],
    ids=["empty", "begun", "a document", "cut"],
)
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    assert "cannot be read as a zip" in refused(data)


def test_damaged_encrypted_and_oddly_packed_members_are_refused() -> None:
    plain = zipped(("a.yaml", b"openapi"))
    assert "cannot be read" in refused(plain.replace(b"openapi", b"OPENAPI"))
    flagged = bytearray(plain)
    flagged[plain.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in refused(bytes(flagged))
    assert "another method" in refused(zipped(("a", b"x" * 99), method=zipfile.ZIP_BZIP2))


@pytest.mark.parametrize(
    ("names", "wanted", "root"),
    [
        (["a.yaml"], "", "a.yaml"),
        (["a.yaml", "openapi.yml"], "", "openapi.yml"),
        (["swagger.json", "openapi.json"], "", "openapi.json"),
        (["x/openapi.json", "openapi.yaml", "y/openapi.yaml"], "", "openapi.yaml"),
        (["x/y/openapi.yaml", "z/OpenAPI.yaml"], "", "z/OpenAPI.yaml"),
        (["a.yaml", "b.yaml"], "./b.yaml", "b.yaml"),
    ],
)
def test_the_root_is_the_wanted_file_the_usual_one_or_the_only_one(
    names: list[str], wanted: str, root: str
) -> None:
    assert root_among({**dict.fromkeys(names, DOCUMENT), "z.yaml": b"type: object"}, wanted) == root


@pytest.mark.parametrize(
    ("files", "wanted", "field"),
    [
        ({}, "", "spec_archive"),
        ({"a.md": DOCUMENT, "b.yaml": b"type: object"}, "", "spec_archive"),
        ({"a.yaml": DOCUMENT, "b.yaml": DOCUMENT}, "", "spec_root"),
        ({"a/openapi.yaml": DOCUMENT, "b/openapi.yaml": DOCUMENT}, "", "spec_root"),
        ({"a.yaml": DOCUMENT}, "b.yaml", "spec_root"),
        ({"a.yaml": DOCUMENT}, "../a.yaml", "spec_root"),
    ],
)
def test_a_root_that_is_not_plain_is_asked_for(
    files: dict[str, bytes], wanted: str, field: str
) -> None:
    with pytest.raises(InvalidSpec) as caught:
        root_among(files, wanted)
    assert [each.field for each in caught.value.details.violations] == [field]


def test_documents_are_told_from_parts_whatever_their_layout() -> None:
    files = {
        "first.json": b'{"openapi":"3.0.3"}',
        "later.json": b'{"info":{},"swagger":"2.0"}',
        "pretty.json": b'{\n  "info": {},\n  "openapi": "3.1.0"\n}',
        "plain.yaml": b"info: {}\nopenapi: 3.1.0\n",
        "part.json": b'{"type":"object","x-of":{"openapi":"3.0.3"}}',
        "part.yaml": b"type: object\nx-of:\n  openapi: 3.0.3\n",
        "text.md": b"openapi: 3.1.0\n",
    }
    assert documents_among(files) == ["first.json", "later.json", "plain.yaml", "pretty.json"]
