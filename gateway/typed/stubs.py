"""Python stubs of a typed service: what protoc makes of its text, in a package of their own.

protoc names the package of a module after the folder of its .proto file: `calendar/v1`, which the
standard library's `calendar`, or a vendor's own client, would hide. So it is `calendar_grpc.v1`.
"""

import asyncio
import contextlib
import importlib.util
import keyword
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from facade.errors.service import FormatUnavailable

COMPILER: Final = "grpc_tools"
SECONDS: Final = 60.0
"""How long protoc may take."""
KINDS: Final = ("python", "pyi", "grpc_python")


def packages(file: str) -> tuple[str, str]:
    """The packages that a .proto file's modules are in: as protoc has it, and of their own."""
    folder = PurePosixPath(file).parent
    connector, version = folder.parts[-2:]
    tail = "_" if keyword.iskeyword(version) else ""
    return ".".join(folder.parts), f"{connector}_grpc.{version}{tail}"


async def stubs(
    file: str, files: Mapping[str, bytes], compiler: str = COMPILER
) -> Mapping[str, bytes]:
    """The modules of a .proto file, by their paths: messages, their types, the service's stubs.

    `files` has it, and what it needs beside protobuf's own. Raises FormatUnavailable where the
    compiler is not installed, takes too long, or has no room for its files.
    """
    if importlib.util.find_spec(compiler) is None:
        raise FormatUnavailable("what makes Python stubs is not installed: grpcio-tools")
    try:
        with TemporaryDirectory() as folder:
            top = Path(folder)
            await asyncio.to_thread(_lay, top, files)
            await _protoc(top, file, compiler)
            return await asyncio.to_thread(_moved, top, file)
    except OSError:
        raise FormatUnavailable("there is no folder for temporary files: TMPDIR") from None


def _lay(top: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(content)


async def _protoc(top: Path, file: str, compiler: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", f"{compiler}.protoc", "-I."),
        *(f"--{kind}_out=." for kind in KINDS),
        file,
        cwd=top,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            status = await process.wait()
    except TimeoutError:
        raise FormatUnavailable(f"protoc takes longer than {SECONDS:.0f} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if status:
        raise RuntimeError(f"protoc ended with {status} on a text of ours")


def _moved(top: Path, file: str) -> Mapping[str, bytes]:
    """The modules, with the names of the package that is their own."""
    theirs, own = packages(file)
    name = PurePosixPath(file).stem
    renamed = {
        f"from {theirs} import {name}_pb2": f"from {own} import {name}_pb2",
        f"'{theirs}.{name}_pb2'": f"'{own}.{name}_pb2'",
    }
    modules = {}
    for path in sorted((top / file).parent.glob(f"{name}_pb2*.py*")):
        text = path.read_text(encoding="utf-8")
        for old, new in renamed.items():
            text = text.replace(old, new, 1)
        modules[f"{own.replace('.', '/')}/{path.name}"] = text.encode()
    return modules
