"""The law that ties a typed service's text to its descriptors: protoc makes these of it."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from facade.model.typed import (
    Enum,
    EnumValue,
    Field,
    Http,
    Message,
    Method,
    Role,
    Scalar,
    Streaming,
    TypedService,
    WellKnown,
    upper_snake,
)
from facade.spec.typed.proto import proto_text
from gateway.typed.descriptors import file_proto, pool_of
from tests.protoc import buffed, compiled
from tests.typed import PACKAGE, PETS

PACKAGES = (PACKAGE, "petstore.live", "connectors.google.v1", "a.google.v2")
TYPES = ("Pet", "RoomsEntry", "GetPet", "A", "Tag2", "HTTPCode", "PetRooms", "Google")
METHODS = ("Pet", "GetPet", "ListPets", "A")
FIELDS = ("rooms", "pet", "tag_2", "a", "google", "pet_rooms", "is_set", "http_code")
JSONS = (
    st.sampled_from(
        ("pet", "_pet", "_a", "either_of", "petRooms", "tag-2", "", "[a]", "x\0", "é", 'a"\\b')
    )
    | st.text()
)
NUMBERS = st.integers(1, 18_999)
COMMENTS = st.text() | st.text(string.ascii_letters + " -\n\t/*", max_size=300)


@st.composite
def services(draw: st.DrawFn) -> TypedService:
    """Services whose names are what a numbered one's are: distinct, in the style of proto."""
    names = draw(st.lists(st.sampled_from(TYPES), min_size=1, unique=True))
    middle = draw(st.integers(1, len(names)))
    enums = {name: draw(enumerations(name)) for name in names[middle:]}
    messages = {name: draw(described(name, tuple(names), tuple(enums))) for name in names[:middle]}
    methods = draw(st.lists(st.sampled_from(METHODS), unique=True))
    return TypedService(
        name="PetstoreService",
        comment=draw(COMMENTS),
        messages=messages,
        enums=enums,
        methods=tuple(draw(called(name, tuple(messages))) for name in methods),
    )


@st.composite
def enumerations(draw: st.DrawFn, name: str) -> Enum:
    numbers = draw(st.lists(NUMBERS, unique=True, min_size=1, max_size=6))
    kept = draw(st.integers(1, len(numbers)))
    prefix = upper_snake(name)
    values = tuple(
        EnumValue(key=str(each), name=f"{prefix}_N{each}", number=each, comment=draw(COMMENTS))
        for each in numbers[:kept]
    )
    reserved = tuple((each, each) for each in sorted(numbers[kept:]))
    return Enum(key=name, name=name, values=values, reserved=reserved, comment=draw(COMMENTS))


@st.composite
def described(
    draw: st.DrawFn, name: str, types: tuple[str, ...], enums: tuple[str, ...]
) -> Message:
    names = draw(st.lists(st.sampled_from(FIELDS), unique=True))
    numbers = draw(st.lists(NUMBERS, unique=True, min_size=len(names), max_size=len(names) + 3))
    fields = tuple(
        draw(shaped(field, number, types, enums))
        for field, number in zip(names, numbers, strict=False)
    )
    return Message(
        key=name,
        name=name,
        fields=fields,
        reserved=tuple((each, each) for each in sorted(numbers[len(names) :])),
        comment=draw(COMMENTS),
        deprecated=draw(st.booleans()),
    )


@st.composite
def shaped(
    draw: st.DrawFn, name: str, number: int, types: tuple[str, ...], enums: tuple[str, ...]
) -> Field:
    what: Any = draw(st.sampled_from((*Scalar, *WellKnown, *types)))
    form = draw(st.sampled_from(("one", "optional", "repeated", "keyed", "either", "other")))
    single = isinstance(what, Scalar) or what is WellKnown.NULL or what in enums
    return Field(
        key=name,
        name=name,
        number=number,
        json=draw(JSONS),
        role=draw(st.sampled_from((Role.MEMBER, Role.OTHER))),
        type=what if isinstance(what, Scalar | WellKnown) else None,
        ref="" if isinstance(what, Scalar | WellKnown) else what,
        repeated=form == "repeated",
        keyed=form == "keyed",
        optional=form == "optional" and single,
        oneof=f"{form}_of" if form in ("either", "other") else "",
        comment=draw(COMMENTS),
        deprecated=draw(st.booleans()),
    )


@st.composite
def called(draw: st.DrawFn, name: str, messages: tuple[str, ...]) -> Method:
    verbs = st.sampled_from(("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "x-y"))
    body = st.sampled_from(("", "pet", "*"))
    paths = st.sampled_from(("/", "/pets/{pet}", '/"\\', "/é:x"))
    http = st.builds(Http, method=verbs, path=paths, body=body, response_body=body)
    return Method(
        key=name,
        name=name,
        action=name,
        request=draw(st.sampled_from(messages)),
        response=draw(st.sampled_from(messages)),
        streaming=draw(st.sampled_from(Streaming)),
        http=draw(st.none() | http),
        idempotency=draw(st.sampled_from(("", "NO_SIDE_EFFECTS", "IDEMPOTENT"))),
        comment=draw(COMMENTS),
        deprecated=draw(st.booleans()),
    )


def check(service: TypedService, package: str, folder: Path) -> None:
    file = file_proto(service, package)
    made = compiled(proto_text(service, package), file.name, folder)
    assert str(file) == str(made)
    assert file.SerializeToString(deterministic=True) == made.SerializeToString(deterministic=True)
    pool = pool_of(service, package)
    assert pool.FindServiceByName(f"{package}.{service.name}").file.package == package


@pytest.mark.parametrize("package", PACKAGES)
def test_protoc_makes_the_descriptors_of_the_text(package: str, tmp_path: Path) -> None:
    check(PETS, package, tmp_path)


@given(services(), st.sampled_from(PACKAGES))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_protoc_makes_the_descriptors_of_any_services_text(
    tmp_path: Path, service: TypedService, package: str
) -> None:
    check(service, package, tmp_path)


@pytest.mark.parametrize("command", [("format", "-d"), ("lint",)])
@given(services(), st.sampled_from(PACKAGES))
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(PETS, PACKAGE)
@example(PETS, "petstore.live")
def test_buf_finds_nothing_in_the_text(
    tmp_path: Path, command: tuple[str, ...], service: TypedService, package: str
) -> None:
    name = file_proto(service, package).name
    with TemporaryDirectory(dir=tmp_path) as folder:
        compiled(proto_text(service, package), name, Path(folder))
        assert buffed(Path(folder), *command) == ""
