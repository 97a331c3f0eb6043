"""Artifact: what is made of a version for those who would call it as a typed service."""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """What an artifact is."""

    PROTO = "PROTO"
    """The text of the .proto file."""
    DESCRIPTOR_SET = "DESCRIPTOR_SET"
    """A google.protobuf.FileDescriptorSet, with the files that it needs."""
    BUF_MODULE = "BUF_MODULE"
    """A zip of a folder that buf takes as its input."""
    PYTHON_WHEEL = "PYTHON_WHEEL"
    """Stubs for Python, as a wheel that pip installs."""
    ENVOY = "ENVOY"
    """A zip of a folder that Envoy runs in, with a report of what it can carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file: the same version always gives the same bytes."""

    file_name: str
    content_type: str
    """Its media type."""
    data: bytes
