"""Comments in descriptors: where protoc has them, and beside a file that pools have read."""

from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, SourceCodeInfo

from facade.spec.typed.naming import file_of
from facade.spec.typed.proto import proto_text
from gateway.typed.descriptors import file_proto, pool_of
from gateway.typed.source_info import source_info
from tests.protoc import compiled
from tests.typed import PACKAGE, PETS

LINT = " buf:lint:ignore "


def comments(info: SourceCodeInfo) -> dict[tuple[int, ...], str]:
    """What is said of each part that something is said of, but to buf."""
    said = {
        tuple(each.path): "".join(
            line
            for line in each.leading_comments.splitlines(keepends=True)
            if not line.startswith(LINT)
        )
        for each in info.location
    }
    return {path: text for path, text in said.items() if text}


def test_they_are_those_that_protoc_finds_in_the_text(tmp_path: Path) -> None:
    text, name = proto_text(PETS, PACKAGE), file_of(PACKAGE)
    read = compiled(text, name, tmp_path, "--include_source_info").source_code_info
    made = FileDescriptorProto.FromString(source_info(PETS)).source_code_info
    assert comments(made) == comments(read)
    assert len(comments(made)) > 10
    assert " Someone asks.\n" in comments(made).values()


def test_behind_the_bytes_of_a_file_they_are_part_of_it() -> None:
    kept = pool_of(PETS, PACKAGE).FindFileByName(file_of(PACKAGE)).serialized_pb
    whole = FileDescriptorProto.FromString(kept + source_info(PETS))
    assert whole.source_code_info.location
    whole.ClearField("source_code_info")
    assert whole == file_proto(PETS, PACKAGE)
