"""A zip of a document's files, and which of them is the document."""

import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from posixpath import normpath
from typing import Final

from facade.errors.caller import InvalidSpec
from facade.errors.fault import Details, Violation
from facade.spec.limits import DEFAULT, Limits
from facade.spec.load import decode, read_tree

RATIO: Final = 200
"""Unpacked bytes for each packed one, once there are more than `RATIO_FROM`."""
RATIO_FROM: Final = 1024 * 1024
SUFFIXES: Final = (".yaml", ".yml", ".json")
USUAL: Final = tuple(f"{stem}{each}" for stem in ("openapi", "swagger") for each in SUFFIXES)
"""What a document is called where nobody says which of several files it is."""

_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED: Final = 0x1
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
_CERTAIN: Final = re.compile(
    rb"(?:\A[\xef\xbb\xbf\s]*\{\s*|^)[\"']?(?:openapi|swagger)[\"']?\s*:", re.MULTILINE
)
_POSSIBLE: Final = re.compile(rb"[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\.")


def unpack(data: bytes, limits: Limits = DEFAULT) -> dict[str, bytes]:
    """The files of a zip by their paths, which stay within its root.

    Raises InvalidSpec for a damaged, encrypted or exploding archive, for links, for
    paths that are absolute or leave the root, for names that stand twice, and beyond
    the limits.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _members(archive, len(data), limits)
    except _DAMAGED:
        raise refusal("spec_archive", "cannot be read as a zip archive") from None


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of files by their paths; the same bytes for the same files."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def root_among(files: Mapping[str, bytes], wanted: str = "") -> str:
    """The file that is the document: the wanted one, one of a usual name, or the only one.

    Raises InvalidSpec where that is none, or several.
    """
    if wanted:
        name = normpath(wanted)
        if name in files:
            return name
        raise refusal("spec_root", f"`{wanted[:200]}` is not among the files")
    documents = sorted(documents_among(files), key=_rank)
    if not documents:
        raise refusal("spec_archive", "none of its files is an OpenAPI document")
    if len(documents) > 1 and _rank(documents[0])[:3] == _rank(documents[1])[:3]:
        some = ", ".join(f"`{each[:200]}`" for each in documents[:5])
        raise refusal("spec_root", f"must say which of several documents it is: {some}")
    return documents[0]


def documents_among(files: Mapping[str, bytes]) -> list[str]:
    """The files that look like whole OpenAPI documents, in order of their names."""
    return sorted(
        name for name, data in files.items() if name.endswith(SUFFIXES) and _is_document(data)
    )


def _is_document(data: bytes) -> bool:
    """Whether the outermost object of a file has a document's field."""
    if _CERTAIN.search(data) or not _POSSIBLE.search(data):
        return _CERTAIN.search(data) is not None
    try:
        tree, _ = read_tree(decode(data)[0])
    except InvalidSpec:
        return False
    return isinstance(tree, dict) and ("openapi" in tree or "swagger" in tree)


def refusal(field: str, description: str) -> InvalidSpec:
    """The fault of files that make no document."""
    description = "".join(each if each.isprintable() else "\ufffd" for each in description)
    violation = Violation(field=field, description=description)
    return InvalidSpec(f"{field}: {description}", details=Details(violations=(violation,)))


def _rank(name: str) -> tuple[bool, int, int, str]:
    """Usual names go first, the nearest to the root, in the order of `USUAL`."""
    last = name.rpartition("/")[2].lower()
    usual = last in USUAL
    return not usual, name.count("/") if usual else 0, USUAL.index(last) if usual else 0, name


def _members(archive: zipfile.ZipFile, packed: int, limits: Limits) -> dict[str, bytes]:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) > limits.files:
        raise refusal("spec_archive", f"holds more than {limits.files} files")
    files: dict[str, bytes] = {}
    left = min(limits.size, max(RATIO_FROM, packed * RATIO))
    for member in members:
        name = _checked(member)
        if name in files:
            raise refusal("spec_archive", f"`{name[:200]}` stands twice in it")
        with archive.open(member) as opened:
            files[name] = opened.read(left + 1)
        left -= len(files[name])
        if left < 0:
            raise refusal("spec_archive", f"unpacks to more than {limits.size} bytes, or explodes")
    return files


def _checked(member: zipfile.ZipInfo) -> str:
    """The path of a member; raises InvalidSpec where it must not be unpacked."""
    name = normpath(member.filename)
    shown = f"`{member.filename[:200]}`"
    if name.startswith(("/", "\\", "../")) or name == ".." or ":" in name.partition("/")[0]:
        raise refusal("spec_archive", f"{shown} leads out of the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise refusal("spec_archive", f"{shown} is a link; only files are taken")
    if member.flag_bits & _ENCRYPTED:
        raise refusal("spec_archive", f"{shown} is encrypted")
    if member.compress_type not in _METHODS:
        raise refusal("spec_archive", f"{shown} is compressed by another method than deflate")
    return name
