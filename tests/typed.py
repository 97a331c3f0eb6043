"""A typed service by hand, with an example of every kind of message, enum, field and method."""

from typing import Any

from facade.model.typed import (
    Enum,
    EnumValue,
    Field,
    Http,
    Kind,
    Message,
    Method,
    Role,
    Scalar,
    Streaming,
    TypedService,
    WellKnown,
)

PACKAGE = "petstore.v1"
PET = "/components/schemas/Pet"
OWNER = "/components/schemas/Owner"
PERSON = "/components/schemas/Person"
SHOP = "/components/schemas/Shop"
TAG = "/components/schemas/Tag"
COUNT = "/components/schemas/Count"
STATUS = f"{PET}/status"
LEGS = f"{PET}/legs"
SORT = "listPets:request/sort"

_STATUS = Enum(
    key=STATUS,
    name="PetStatus",
    comment="Whether it can be bought.",
    values=(
        EnumValue(key='"available"', name="PET_STATUS_AVAILABLE", number=1),
        EnumValue(key='"on hold"', name="PET_STATUS_ON_HOLD", number=2, comment="Someone asks."),
        EnumValue(key='"sold"', name="PET_STATUS_SOLD", number=4),
    ),
    reserved=((3, 3),),
)
_LEGS = Enum(
    key=LEGS,
    name="PetLegs",
    values=(
        EnumValue(key="2", name="PET_LEGS_2", number=1),
        EnumValue(key="-4", name="PET_LEGS_MINUS_4", number=2),
    ),
)
_SORT = Enum(
    key=SORT,
    name="ListPetsRequestSort",
    values=(
        EnumValue(key='"name"', name="LIST_PETS_REQUEST_SORT_NAME", number=1),
        EnumValue(key='"-name"', name="LIST_PETS_REQUEST_SORT_MINUS_NAME", number=2),
    ),
)


def _is(number: int, name: str, what: Scalar | WellKnown | str, **more: Any) -> Field:
    """One field of a message; what it is, is a type or the key of a message or an enum."""
    scalar = isinstance(what, Scalar | WellKnown)
    known: dict[str, Any] = {"type": what} if scalar else {"ref": what}
    known |= {"json": name, "key": f"{name}:{what}:{more.get('role', '')}", "number": number}
    alone = not {"repeated", "keyed", "oneof"} & more.keys()
    known["optional"] = alone and (isinstance(what, Scalar) or what is WellKnown.NULL)
    return Field(name=name, **known | more)


_PET = Message(
    key=PET,
    name="Pet",
    comment="A pet of the shop.\n\nIts `id` never changes; /* all else */ may, as the shop wants.",
    reserved=((4, 5), (7, 7)),
    fields=(
        _is(1, "id", Scalar.INT64, comment="Given by the shop."),
        _is(2, "name", Scalar.STRING),
        _is(3, "weight", Scalar.DOUBLE, deprecated=True),
        _is(6, "is_vaccinated", Scalar.BOOL, json="isVaccinated"),
        _is(8, "status", STATUS, oneof="status_or_other"),
        _is(
            9,
            "status_other",
            Scalar.STRING,
            json="status",
            role=Role.OTHER,
            oneof="status_or_other",
        ),
        _is(10, "legs", LEGS, oneof="legs_or_other"),
        _is(11, "legs_other", Scalar.STRING, json="legs", role=Role.OTHER, oneof="legs_or_other"),
        _is(12, "nick_name", Scalar.STRING, json="nick-name", oneof="nick_name_or_null"),
        _is(
            13,
            "nick_name_null",
            WellKnown.NULL,
            json="nick-name",
            role=Role.NULL,
            oneof="nick_name_or_null",
        ),
        _is(14, "tags", Scalar.STRING, repeated=True),
        _is(15, "tags_null", WellKnown.NULL, json="tags", role=Role.NULL),
        _is(16, "visits", Scalar.INT32, repeated=True),
        _is(17, "labels", Scalar.STRING, keyed=True),
        _is(18, "rooms", PET, keyed=True, comment="By the room's name."),
        _is(19, "owner", OWNER),
        _is(20, "friends", PET, repeated=True),
        _is(21, "grid", f"{PET}/grid/items", repeated=True),
        _is(22, "photo", Scalar.BYTES),
        _is(23, "seed", Scalar.UINT64),
        _is(24, "rank", Scalar.UINT32),
        _is(25, "speed", Scalar.FLOAT),
        _is(26, "extra", WellKnown.STRUCT),
        _is(27, "anything", WellKnown.VALUE),
        _is(28, "point", WellKnown.LIST),
        _is(29, "mark", TAG, oneof="mark_or_null"),
        _is(30, "mark_null", WellKnown.NULL, json="mark", role=Role.NULL, oneof="mark_or_null"),
        _is(
            31, "additional_properties", WellKnown.VALUE, json="", role=Role.ADDITIONAL, keyed=True
        ),
    ),
)
_ROW = Message(
    key=f"{PET}/grid/items",
    name="PetGridItem",
    kind=Kind.WHOLE,
    fields=(_is(1, "items", Scalar.DOUBLE, json="", role=Role.WHOLE, repeated=True),),
)
_OWNER = Message(
    key=OWNER,
    name="Owner",
    kind=Kind.CHOICE,
    discriminator="kind",
    fields=(
        _is(1, "person", PERSON, role=Role.BRANCH, oneof="kind"),
        _is(2, "shop", SHOP, json="SHOP", role=Role.BRANCH, oneof="kind"),
    ),
)
_PERSON = Message(
    key=PERSON,
    name="Person",
    fields=(_is(1, "kind", Scalar.STRING), _is(2, "email", Scalar.STRING)),
)
_SHOP = Message(
    key=SHOP,
    name="Shop",
    deprecated=True,
    fields=(
        _is(1, "kind", Scalar.STRING),
        _is(2, "staff", Scalar.INT32),
        _is(3, "additional_properties", Scalar.INT64, json="", role=Role.ADDITIONAL, keyed=True),
    ),
)
_TAG = Message(
    key=TAG,
    name="Tag",
    kind=Kind.CHOICE,
    comment="A text, a number, or one of the others.",
    fields=tuple(
        _is(number, f"{word}_value", what, json=word, role=Role.BRANCH, oneof="value")
        for number, (word, what) in enumerate(
            (
                ("string", Scalar.STRING),
                ("number", Scalar.INT64),
                ("boolean", Scalar.BOOL),
                ("object", PERSON),
                ("array", f"{PET}/grid/items"),
                ("null", WellKnown.NULL),
            ),
            start=1,
        )
    ),
)
_COUNT = Message(
    key=COUNT,
    name="Count",
    kind=Kind.WHOLE,
    fields=(
        _is(1, "value", Scalar.INT64, json="", role=Role.WHOLE, oneof="value_or_null"),
        _is(2, "value_null", WellKnown.NULL, json="", role=Role.NULL, oneof="value_or_null"),
    ),
)
_ID = _is(1, "pet_id", Scalar.INT64, json="petId")


def _content(number: int, prefix: str, data: str) -> tuple[Field, ...]:
    return (
        _is(number, f"{prefix}content_type", Scalar.STRING, json="", role=Role.CONTENT_TYPE),
        _is(number + 1, data, Scalar.BYTES, json="", role=Role.DATA),
    )


def _whole(key: str, name: str, field: Field) -> Message:
    return Message(key=key, name=name, kind=Kind.WHOLE, fields=(field,))


def _request(action: str, *fields: Field, comment: str = "") -> Message:
    name = f"{action[0].upper()}{action[1:]}Request"
    return Message(key=f"{action}:request", name=name, fields=fields, comment=comment)


def _branch(status: str, ref: str, number: int) -> Field:
    name = f"status_{status.lower()}"
    return _is(number, name, ref, json=status, role=Role.BRANCH, oneof="status")


_REQUESTS = (
    _request("getPet", _ID),
    _request(
        "listPets",
        _is(1, "limit", Scalar.INT32, comment="How many at most.\n\nFrom 1 to 100."),
        _is(2, "after", Scalar.INT64),
        _is(3, "status", STATUS, repeated=True),
        _is(5, "sort", SORT, optional=True),
        comment="Which pets, and how many.",
    ),
    _request("addPet", _is(1, "body", PET)),
    _request("replacePet", _ID, _is(2, "body", PET)),
    _request("changePet", _ID, _is(2, "body", PET)),
    _request("deletePet", _ID),
    _request("peekPet", _ID),
    _request("putPhoto", _ID, *_content(2, "body_", "body")),
    _request("getPhoto", _ID),
    _request("countPets"),
    _request("getNames"),
    _request("getStock"),
    _request("buyPet", _ID),
    _request("watchPets"),
)
_ANSWERS = (
    _whole(
        "listPets:response",
        "ListPetsResponse",
        _is(1, "items", PET, json="", role=Role.WHOLE, repeated=True),
    ),
    Message(key="deletePet:response", name="DeletePetResponse"),
    Message(key="peekPet:response", name="PeekPetResponse"),
    Message(key="putPhoto:response", name="PutPhotoResponse"),
    Message(
        key="getPhoto:response",
        name="GetPhotoResponse",
        kind=Kind.CONTENT,
        fields=_content(1, "", "data"),
    ),
    _whole(
        "getNames:response",
        "GetNamesResponse",
        _is(1, "value", Scalar.STRING, json="", role=Role.WHOLE),
    ),
    _whole(
        "getStock:response",
        "GetStockResponse",
        _is(1, "value", Scalar.INT64, json="", role=Role.WHOLE, keyed=True),
    ),
    Message(
        key="buyPet:response",
        name="BuyPetResponse",
        kind=Kind.ANSWERS,
        fields=(
            _branch("200", PET, 1),
            _branch("202", "buyPet:response/202", 2),
            _branch("2XX", COUNT, 3),
        ),
    ),
    Message(key="buyPet:response/202", name="BuyPetAccepted"),
)


def _method(
    action: str,
    response: str,
    http: Http | None,
    *,
    streaming: Streaming = Streaming.NONE,
    idempotency: str = "",
    comment: str = "",
) -> Method:
    """One method of an action; that of its pages is named after it."""
    name = f"{action[0].upper()}{action[1:]}"
    return Method(
        key=action if streaming is Streaming.NONE else f"{action}:{streaming}",
        name=f"Stream{name}" if streaming is Streaming.PAGES else name,
        action=action,
        request=f"{action}:request",
        response=response,
        streaming=streaming,
        http=http,
        http_reason="" if http else "It has the path of the method that answers one page.",
        idempotency=idempotency,
        comment=comment,
        deprecated=action == "peekPet",
    )


_ONE = "/pets/{pet_id}"
_SAFE = "NO_SIDE_EFFECTS"
_METHODS = (
    _method("getPet", PET, Http(method="GET", path=_ONE), idempotency=_SAFE, comment="One pet."),
    _method(
        "listPets",
        "listPets:response",
        Http(method="GET", path="/pets", response_body="items"),
        idempotency=_SAFE,
        comment="Pets, page by page.\n\n - the oldest first\n - those that are sold, too",
    ),
    _method("listPets", PET, None, streaming=Streaming.PAGES, idempotency=_SAFE),
    _method("addPet", PET, Http(method="POST", path="/pets", body="body")),
    _method(
        "replacePet", PET, Http(method="PUT", path=_ONE, body="body"), idempotency="IDEMPOTENT"
    ),
    _method("changePet", PET, Http(method="PATCH", path=_ONE, body="body")),
    _method("deletePet", "deletePet:response", Http(method="DELETE", path=_ONE)),
    _method("peekPet", "peekPet:response", Http(method="HEAD", path=_ONE)),
    _method("putPhoto", "putPhoto:response", None),
    _method("getPhoto", "getPhoto:response", Http(method="GET", path=f"{_ONE}/photo")),
    _method("countPets", COUNT, Http(method="GET", path="/pets:count")),
    _method("getNames", "getNames:response", Http(method="GET", path="/names")),
    _method("getStock", "getStock:response", Http(method="GET", path="/stock")),
    _method("buyPet", "buyPet:response", Http(method="POST", path=f"{_ONE}/buy")),
    _method("watchPets", PET, Http(method="GET", path="/watch"), streaming=Streaming.ITEMS),
)

PETS = TypedService(
    name="PetstoreService",
    comment="A shop of pets.",
    messages={
        message.key: message
        for message in (
            *_REQUESTS,
            *_ANSWERS,
            *(_PET, _ROW, _OWNER, _PERSON, _SHOP, _TAG, _COUNT),
        )
    },
    enums={enum.key: enum for enum in (_STATUS, _LEGS, _SORT)},
    methods=_METHODS,
)
