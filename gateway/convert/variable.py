"""Backend variables, as messages and back."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from facade.errors.fault import Violation
from facade.model.action import Location
from facade.model.version import Comparison, Condition, Variable, VariableType
from gateway.convert.mirror import fill, member_of
from gateway.convert.policy import unknown
from gateway.v1 import version_pb2 as pb

_LOCATIONS = MappingProxyType(
    {
        Location.HEADER: pb.BackendVariable.LOCATION_HEADER,
        Location.QUERY: pb.BackendVariable.LOCATION_QUERY,
        Location.PATH: pb.BackendVariable.LOCATION_PATH,
        Location.BODY: pb.BackendVariable.LOCATION_BODY,
        Location.COOKIE: pb.BackendVariable.LOCATION_COOKIE,
        None: pb.BackendVariable.LOCATION_SERVER,
    }
)

_TYPE = pb.BackendVariable.DESCRIPTOR.enum_types_by_name["Type"]

_PLACES = MappingProxyType(
    {
        pb.BackendVariable.LOCATION_UNSPECIFIED: Location.HEADER,
        **{number: location for location, number in _LOCATIONS.items()},
    }
)


def variable_to(variable: Variable) -> pb.BackendVariable:
    """A variable."""
    message = pb.BackendVariable(key=variable.name, location=_LOCATIONS[variable.location])
    fill(message, variable)
    if variable.value is not None:
        message.value = variable.value
    if variable.required_when is not None:
        message.required_when.CopyFrom(_condition_to(variable.required_when))
    return message


def variables_from(
    messages: Iterable[pb.BackendVariable], field: str, problems: list[Violation]
) -> Iterator[Variable]:
    """The variables, what they cannot say added to the problems by its field below `field`."""
    for number, message in enumerate(messages):
        place = f"{field}[{number}]"
        if message.location not in _PLACES:
            problems.append(unknown(f"{place}.location", message.location))
        if message.required and message.HasField("required_when"):
            wrong = "give `required` or `required_when`, not both"
            problems.append(Violation(field=f"{place}.required", description=wrong))
        kind = member_of(message.type, _TYPE, VariableType.STRING)
        if not isinstance(kind, VariableType):
            problems.append(unknown(f"{place}.type", message.type))
            kind = VariableType.STRING
        when = f"{place}.required_when"
        yield Variable(
            name=message.key,
            location=_PLACES.get(message.location),
            value=message.value if message.HasField("value") else None,
            secret=message.secret if message.HasField("secret") else None,
            required=message.required,
            required_when=_condition_from(message.required_when, when, problems)
            if message.HasField("required_when")
            else None,
            type=kind,
            pattern=message.pattern,
            choices=tuple(message.choices),
            title=message.title,
            overridable=message.overridable,
        )


def _condition_to(condition: Condition) -> pb.VariableCondition:
    kind = pb.VariableCondition
    return kind(
        operator=kind.OPERATOR_OR if condition.any_of else kind.OPERATOR_AND,
        comparisons=[
            kind.Comparison(variable=each.variable, value=each.equals, negated=each.negated)
            for each in condition.comparisons
        ],
        conditions=[_condition_to(each) for each in condition.conditions],
    )


def _condition_from(
    message: pb.VariableCondition, field: str, problems: list[Violation]
) -> Condition:
    if message.operator not in pb.VariableCondition.Operator.values():
        problems.append(unknown(f"{field}.operator", message.operator))
    return Condition(
        any_of=message.operator == pb.VariableCondition.OPERATOR_OR,
        comparisons=tuple(
            Comparison(variable=each.variable, equals=each.value, negated=each.negated)
            for each in message.comparisons
        ),
        conditions=tuple(
            _condition_from(each, f"{field}.conditions[{number}]", problems)
            for number, each in enumerate(message.conditions)
        ),
    )
