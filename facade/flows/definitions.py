"""Definitions as they are read of texts, each once; and what stands in them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from facade.errors.definitions import DefinitionInvalid
from facade.flows.document.reading import read_definition
from facade.model.definition import (
    ActionCall,
    BackendWebhook,
    CallAction,
    Choose,
    Definition,
    ForEach,
    Poll,
    RunFlow,
    Step,
    Work,
)
from facade.model.flow import FlowVersion
from facade.stores.flow_rows import KeptVersion

REMEMBERED: Final = 512
"""Definitions that are kept read."""

read: Final = lru_cache(REMEMBERED)(read_definition)
"""Reads a text as `read_definition` does, and each text once."""


def version_of(kept: KeptVersion) -> FlowVersion:
    """A version as its flow has it; the definition is empty where its text is no longer one."""
    return FlowVersion(
        name=kept.name,
        source=kept.source,
        definition=read(kept.source) if is_definition(kept.source) else Definition(),
        created_by=kept.created_by,
        create_time=kept.create_time,
    )


def is_definition(source: str) -> bool:
    """Whether a text can be read: what was written by an older release may have words of it."""
    try:
        read(source)
    except DefinitionInvalid:
        return False
    return True


def calls_in(definition: Definition) -> Iterator[ActionCall]:
    """Every call of an action that a definition has, those of its trigger first."""
    match definition.trigger:
        case BackendWebhook(register=register, unregister=unregister):
            yield register
            if unregister is not None:
                yield unregister
        case Poll(call=call):
            yield call
    for work in works_in(definition):
        if isinstance(work, CallAction):
            yield work.call


def flows_in(definition: Definition) -> Iterator[RunFlow]:
    """Every step that runs another flow."""
    return (each for each in works_in(definition) if isinstance(each, RunFlow))


def works_in(definition: Definition) -> Iterator[Work]:
    """What all steps do, also those in branches, and what is done for each item of a list."""
    for step in (*definition.steps, *definition.output):
        yield from _works(step)


def _works(step: Step) -> Iterator[Work]:
    yield step.work
    match step.work:
        case Choose(branches=branches):
            for branch in branches:
                for each in branch.steps:
                    yield from _works(each)
        case ForEach(work=work):
            yield work
