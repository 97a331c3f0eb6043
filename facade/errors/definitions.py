"""What is wrong with what a flow says, before anything of it runs."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code


class DefinitionInvalid(CallerFault):
    """The definition of a flow cannot be read, or cannot work."""

    code = Code.INVALID_ARGUMENT
    reason = "DEFINITION_INVALID"
    cause = (
        "The definition of a flow cannot be read, has fields that it must not have, or speaks of "
        "actions, steps or fields that are not there."
    )
    remedy = (
        "Mend the places that BadRequest names, by line and column; docs/flows.md has every field."
    )
