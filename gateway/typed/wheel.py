"""Wheels of Python stubs (packaging.python.org, binary distribution format)."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib import metadata
from typing import Final

from facade.model.names import VersionName
from facade.spec.typed.archive import zipped
from facade.spec.typed.layout import ANNOTATIONS

NUMBERS: Final = re.compile(r"v?(\d+(?:-\d+)*)")
"""Ids of versions that are a version for pip: `v1`, `v2-1`, `v2026-11-23`."""
MADE_FOR: Final = {
    "protobuf": re.compile(rb"^# Protobuf Python Version: ([\d.]+)$", re.MULTILINE),
    "grpcio": re.compile(rb"^GRPC_GENERATED_VERSION = '([\d.]+)'$", re.MULTILINE),
}
"""Where generated modules say which release they need at least."""
DEPENDS: Final = {ANNOTATIONS.encode(): "googleapis-common-protos>=1.56"}
"""What else they need if they name a file."""

WHEEL: Final = """\
Wheel-Version: 1.0
Generator: portico
Root-Is-Purelib: true
Tag: py3-none-any
"""


def wheel(name: VersionName, package: str, modules: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The file name of a wheel, and the wheel; equal modules give equal bytes.

    `package` is the protobuf package; `modules` are by their paths.
    """
    distribution, release = f"{name.connector.replace('-', '_')}_grpc", _release(name.version)
    info = f"{distribution}-{release}.dist-info"
    files = {
        **dict.fromkeys(_inits(modules), b""),
        f"{distribution}/py.typed": b"",
        **modules,
        f"{info}/METADATA": _metadata(distribution, release, package, modules).encode(),
        f"{info}/WHEEL": WHEEL.encode(),
    }
    files = dict(sorted(files.items()))  # RECORD is last, as PEP 427 recommends
    record = f"{info}/RECORD"
    lines = [f"{path},{_hash(content)},{len(content)}\n" for path, content in files.items()]
    files[record] = "".join([*lines, f"{record},,\n"]).encode()
    return f"{distribution}-{release}-py3-none-any.whl", zipped(files)


def _release(version: str) -> str:
    """A version's id as pip has versions (PEP 440): `v2-1` is 2.1, `live` is 0+live."""
    numbers = NUMBERS.fullmatch(version)
    parts = (numbers[1] if numbers else version).split("-")
    said = ".".join(str(int(each)) if each.isdigit() else each for each in parts if each)
    return said if numbers else f"0+{said}"


def _inits(modules: Mapping[str, bytes]) -> Iterator[str]:
    """The files that make packages of the folders."""
    for path in modules:
        folders = path.split("/")[:-1]
        for depth in range(1, len(folders) + 1):
            yield "/".join((*folders[:depth], "__init__.py"))


def _metadata(distribution: str, release: str, package: str, modules: Mapping[str, bytes]) -> str:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {distribution.replace('_', '-')}",
        f"Version: {release}",
        f"Summary: gRPC stubs of {package}, made by Portico",
        f"Requires-Python: {metadata.metadata('protobuf')['Requires-Python']}",
        *(f"Requires-Dist: {each}" for each in _needed(modules)),
    ]
    return "\n".join(lines) + "\n"


def _needed(modules: Mapping[str, bytes]) -> Iterator[str]:
    text = b"\n".join(modules.values())
    for name, said in MADE_FOR.items():
        least = found[1].decode() if (found := said.search(text)) else "0"
        # code of one major release runs with the next one, too (protobuf.dev, cross-version)
        most = f",<{int(least.split('.')[0]) + 2}" if name == "protobuf" else ""
        yield f"{name}>={least}{most}"
    yield from (each for file, each in DEPENDS.items() if file in text)


def _hash(content: bytes) -> str:
    """As RECORD has it."""
    return f"sha256={urlsafe_b64encode(sha256(content).digest()).rstrip(b'=').decode()}"
