"""protoc and buf: what the one makes of a .proto text, and what the other says of it."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

GOOGLEAPIS = Path(__file__).resolve().parents[1] / ".googleapis"


def compiled(text: str, name: str, folder: Path, *options: str) -> FileDescriptorProto:
    """What protoc makes of a text, which is laid down in a folder of .proto files."""
    protoc = importlib.import_module("grpc_tools.protoc")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    sources = (folder, GOOGLEAPIS, Path(str(protoc.__file__)).parent / "_proto")
    made = folder / "made.binpb"
    assert protoc.main(["", *(f"-I{each}" for each in sources), f"-o{made}", *options, name]) == 0
    return FileDescriptorSet.FromString(made.read_bytes()).file[0]


def buffed(folder: Path, *command: str) -> str:
    """What buf says of the .proto files in a folder, by its default rules."""
    shutil.copytree(GOOGLEAPIS / "google", folder / "google", dirs_exist_ok=True)
    (folder / "buf.yaml").write_text("version: v2\n")
    buf = Path(sys.executable).parent / "buf"
    done = subprocess.run(  # noqa: S603 - the command stands in this file
        [buf, *command, folder, "--exclude-path", folder / "google"],
        env={"HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
