"""Codec: the messages of a typed method to arguments, and its answers to messages."""

from collections.abc import Callable
from typing import Any, Final

import orjson

from facade.errors.backend import BackendBadResponse
from facade.errors.caller import InvalidParameters, InvalidRequest
from facade.errors.fault import Details, Violation
from facade.model.call import Argument, Arguments, Outcome, Upload
from facade.model.typed import Field, Kind, Message, Method, Role, TypedService
from facade.transcode.arguments import (
    VALUES,
    argument,
    measure,
    pointer,
    refused,
    too_deep,
    too_many,
)
from gateway.convert.wire import framed, varint
from gateway.typed.json_tree import tree_of
from gateway.typed.misfit import REMEDY, Misfit, bad_answer
from gateway.typed.reading import Readers, content_fields
from gateway.typed.scalar_readers import Crowded, Reading
from gateway.typed.scalar_writers import LENGTH
from gateway.typed.scan import Broken, Found
from gateway.typed.writing import Writers

JSON: Final = "application/json"


class Codecs:
    """Those of one service; what several methods have in common is compiled once."""

    def __init__(self, service: TypedService) -> None:
        """Takes a numbered service; compiles nothing yet."""
        self.service = service
        self.readers = Readers(service)
        self.writers = Writers(service)
        self.placing = Writers(service, by_columns=False)
        """The same, which say the place of what a message cannot say."""

    def of(self, method: Method) -> "Codec":
        """That of a method."""
        return Codec(self, method)


class Codec:
    """What one method of a service takes and gives."""

    def __init__(self, codecs: Codecs, method: Method) -> None:
        """Takes those of the service, and the method."""
        messages = codecs.service.messages
        self._codecs = codecs
        self._name = messages[method.request].name
        self._reader = codecs.readers.of(method.request)
        self._content = content_fields(messages[method.request])
        self._response = response = messages[method.response]
        self._is_plain = bool(response.fields) and response.kind not in (
            Kind.ANSWERS,
            Kind.CONTENT,
        )

    def arguments(self, request: bytes) -> tuple[Arguments, Upload | None]:
        """Reads a request: the arguments in the order of the document, and what is no JSON.

        Raises InvalidRequest for bytes that are no message of the method, and InvalidParameters
        with a JSON pointer into the arguments for each value that JSON or the enum does not have.
        """
        reading = Reading()
        try:
            values, found = self._reader.members(request, reading)
            upload = self._upload(found)
        except Broken:
            raise InvalidRequest(
                f"the request is no message {self._name} in protobuf's wire form, or is nested "
                "too deep; make it with the stubs of this service"
            ) from None
        except Crowded as crowded:
            raise refused(too_many(pointer(*crowded.args))) from None
        if reading.violations:
            raise refused(*reading.violations)
        written = _writer_of(reading)
        return {
            name: (
                Argument(value=value, text=str(value))
                if type(value) is int
                else _bounded(name, written(value))
            )
            for name, value in values.items()
        }, upload

    def answer(self, outcome: Outcome) -> bytes:
        """Writes the message of an answer.

        Raises the outcome's own fault, and BackendBadResponse for what the message cannot say:
        it names the JSON pointer and what to do.
        """
        if outcome.fault is not None:
            raise outcome.fault
        response, json = self._response, outcome.json
        if self._is_plain and json is not None:
            return self._message_of(response.key, json, 0)
        if response.kind is not Kind.ANSWERS:
            return self._message(response, outcome)
        reply = outcome.exchange.reply
        return self._branch(response, outcome, reply.status if reply is not None else 0)

    def item(self, json: bytes) -> bytes:
        """Writes the message of one item of a sequence or a page; raises BackendBadResponse."""
        if self._response.kind is Kind.CONTENT:
            return _content(self._response, JSON, json)
        return self._message_of(self._response.key, json, 0)

    def _message(self, message: Message, outcome: Outcome, level: int = 0) -> bytes:
        if message.kind is Kind.CONTENT:
            if outcome.body is None and outcome.json is None:
                return b""
            if outcome.body is None:
                return _content(message, outcome.content_type or JSON, outcome.json or b"")
            return _content(message, outcome.content_type, outcome.body)
        if outcome.json is not None and message.fields:
            return self._message_of(message.key, outcome.json, level)
        if outcome.body and message.fields:
            raise _other_type(outcome.content_type)
        return b""

    def _branch(self, response: Message, outcome: Outcome, status: int) -> bytes:
        by_status = {each.json.upper(): each for each in response.fields}
        for key in (str(status), f"{status // 100}XX", "DEFAULT"):
            field = by_status.get(key)
            if field is None:
                continue
            if field.type is None and field.ref in self._codecs.service.messages:
                nested = self._codecs.service.messages[field.ref]
                tag = varint(field.number << 3 | LENGTH)
                return framed(tag, self._message(nested, outcome, 1))
            if outcome.json is None:
                raise _other_type(outcome.content_type)
            return self._field(field, outcome.json)
        raise BackendBadResponse(
            f"the answer does not fit its message: the document lists no status {status}; {REMEDY}"
        )

    def _message_of(self, key: str, text: bytes, level: int) -> bytes:
        tree = _read(text)
        try:
            return self._codecs.writers.of(key).write(tree, level)
        except Misfit:  # one in an array does not say where it is
            return self._placed(key, tree, level)

    def _placed(self, key: str, tree: Any, level: int) -> bytes:
        try:
            return self._codecs.placing.of(key).write(tree, level)
        except Misfit as misfit:
            raise bad_answer(misfit) from None

    def _field(self, field: Field, text: bytes) -> bytes:
        tree = _read(text)
        write = self._codecs.placing.elements.put(field, null=None, other=None)
        try:
            return write(tree, 0)
        except Misfit as misfit:
            raise bad_answer(misfit) from None

    def _upload(self, found: Found) -> Upload | None:
        if self._content is None:
            return None
        content_type, data = (found.get(each.number) for each in self._content)
        if content_type is None and data is None:
            return None
        return Upload(content_type=content_type or "", data=data or b"")


def _read(text: bytes) -> Any:
    try:
        return tree_of(text)
    except Misfit as misfit:
        raise bad_answer(misfit) from None


def _writer_of(reading: Reading) -> Callable[[Any], Argument]:
    """What makes an argument of a value that was read: the quickest that writes it as Python."""
    if reading.exponents:
        return argument
    return _fraction if reading.fractions else _integer


def _integer(value: Any) -> Argument:
    """Of values without a fraction, which are what a reader of their JSON would make."""
    return Argument(value=value, text=orjson.dumps(value).decode())


def _fraction(value: Any) -> Argument:
    text = orjson.dumps(value).decode()
    return Argument(value=VALUES.decode(text), text=text)


def _bounded(name: str, written: Argument) -> Argument:
    """The same, unless it is larger than arguments may be."""
    try:
        measure(written.text)
    except InvalidParameters as fault:
        deep = fault.details.violations[0].description == too_deep("").description
        place = pointer((name,))
        raise refused(too_deep(place) if deep else too_many(place)) from None
    return written


def _content(message: Message, content_type: str, data: bytes) -> bytes:
    numbers = {each.role: each.number for each in message.fields}
    said = framed(varint(numbers[Role.CONTENT_TYPE] << 3 | LENGTH), content_type.encode())
    return said + framed(varint(numbers[Role.DATA] << 3 | LENGTH), data)


def _other_type(content_type: str) -> BackendBadResponse:
    said = content_type[:100] or "no media type"
    wrong = f"is of another media type than its message has: {said}"
    return BackendBadResponse(
        f"the answer {wrong}; {REMEDY}",
        details=Details(violations=(Violation(field="", description=f"{wrong}; {REMEDY}"),)),
    )
