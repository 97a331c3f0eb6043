"""Policies and serializations, as messages and back."""

from collections.abc import Iterable, Iterator

from facade.errors.fault import Code, Violation
from facade.model.version import (
    DeepObjectArrays,
    ErrorRule,
    LabelDelimiter,
    Policy,
    ResponseValidation,
    Serialization,
)
from gateway.v1 import version_pb2 as pb

_CODES = {each.value: each for each in Code}

_VALIDATION = {
    ResponseValidation.OFF: pb.RESPONSE_VALIDATION_OFF,
    ResponseValidation.WARN: pb.RESPONSE_VALIDATION_WARN,
    ResponseValidation.ENFORCE: pb.RESPONSE_VALIDATION_ENFORCE,
}
_VALIDATIONS = {
    pb.RESPONSE_VALIDATION_UNSPECIFIED: ResponseValidation.WARN,
    **{number: each for each, number in _VALIDATION.items()},
}

_ARRAYS = {
    DeepObjectArrays.BRACKETS: pb.Serialization.DEEP_OBJECT_ARRAYS_BRACKETS,
    DeepObjectArrays.INDICES: pb.Serialization.DEEP_OBJECT_ARRAYS_INDICES,
    DeepObjectArrays.REPEAT: pb.Serialization.DEEP_OBJECT_ARRAYS_REPEAT,
}
_ARRAYS_BACK = {
    pb.Serialization.DEEP_OBJECT_ARRAYS_UNSPECIFIED: DeepObjectArrays.BRACKETS,
    **{number: each for each, number in _ARRAYS.items()},
}

_LABEL = {
    LabelDelimiter.BY_EDITION: pb.Serialization.LABEL_DELIMITER_UNSPECIFIED,
    LabelDelimiter.COMMA: pb.Serialization.LABEL_DELIMITER_COMMA,
    LabelDelimiter.DOT: pb.Serialization.LABEL_DELIMITER_DOT,
}
_LABELS = {number: each for each, number in _LABEL.items()}


def policy_to(policy: Policy) -> pb.Policy:
    """A policy as a message."""
    message = pb.Policy(
        response_validation=_VALIDATION[policy.response_validation],
        success_statuses=policy.success_statuses,
        error_rules=[
            pb.ErrorRule(
                http_status=rule.status,
                pointer=rule.pointer,
                equals=rule.equals,
                code=int(rule.code),
                message_pointer=rule.message_pointer,
            )
            for rule in policy.error_rules
        ],
    )
    message.timeout.FromNanoseconds(round(policy.timeout * 1_000_000_000))
    return message


def policy_from(message: pb.Policy, field: str, problems: list[Violation]) -> Policy:
    """A policy, what it cannot say added to the problems by its field below `field`."""
    validation = _VALIDATIONS.get(message.response_validation)
    if validation is None:
        problems.append(unknown(f"{field}.response_validation", message.response_validation))
    timeout = Policy().timeout
    if message.HasField("timeout"):
        timeout = message.timeout.seconds + message.timeout.nanos / 1_000_000_000
    return Policy(
        timeout=timeout,
        success_statuses=tuple(message.success_statuses),
        error_rules=tuple(_rules(message.error_rules, f"{field}.error_rules", problems)),
        response_validation=validation or ResponseValidation.WARN,
    )


def _rules(
    messages: Iterable[pb.ErrorRule], field: str, problems: list[Violation]
) -> Iterator[ErrorRule]:
    for number, message in enumerate(messages):
        code = _CODES.get(message.code)
        if code is None:
            problems.append(unknown(f"{field}[{number}].code", message.code))
        yield ErrorRule(
            status=message.http_status,
            pointer=message.pointer,
            equals=message.equals,
            code=Code.UNKNOWN if code is None else code,
            message_pointer=message.message_pointer,
        )


def serialization_to(serialization: Serialization) -> pb.Serialization | None:
    """A serialization as a message; None where it is the default."""
    if serialization == Serialization():
        return None
    return pb.Serialization(
        deep_object_arrays=_ARRAYS[serialization.deep_object_arrays],
        label_delimiter=_LABEL[serialization.label],
    )


def serialization_from(
    message: pb.Serialization, field: str, problems: list[Violation]
) -> Serialization:
    """A serialization, what it cannot say added to the problems by its field below `field`."""
    arrays = _ARRAYS_BACK.get(message.deep_object_arrays)
    if arrays is None:
        problems.append(unknown(f"{field}.deep_object_arrays", message.deep_object_arrays))
    label = _LABELS.get(message.label_delimiter)
    if label is None:
        problems.append(unknown(f"{field}.label_delimiter", message.label_delimiter))
    return Serialization(
        deep_object_arrays=arrays or DeepObjectArrays.BRACKETS,
        label=label or LabelDelimiter.BY_EDITION,
    )


def unknown(field: str, number: int) -> Violation:
    """Says that an enum has no such number."""
    return Violation(field=field, description=f"{number} is none of its values")
