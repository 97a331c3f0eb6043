"""Flows, their versions and what is wrong with them, as messages."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from facade.expressions.finding import Finding
from facade.flows.document.definition import tree_of
from facade.model.flow import Flow, FlowState, FlowVersion
from gateway.convert.flow_definition import definition_from, definition_to
from gateway.convert.version import timestamp
from gateway.v1 import flow_pb2 as pb

STATES: Mapping[FlowState, "pb.Flow.State.ValueType"] = MappingProxyType(
    {each: pb.Flow.State.Value(f"STATE_{each.name}") for each in FlowState}
)


def flow_to(flow: Flow) -> pb.Flow:
    """A flow, with the definition of its newest version."""
    message = listed_flow_to(flow)
    message.source = flow.versions[-1].source
    return message


def listed_flow_to(flow: Flow) -> pb.Flow:
    """A flow as lists have it: without a definition."""
    return pb.Flow(
        name=str(flow.name),
        uid=flow.uid,
        title=flow.title,
        description=flow.description,
        labels=flow.labels,
        newest_version=flow.versions[-1].name.version,
        published_version=flow.published,
        published_by=flow.published_by,
        state=STATES[flow.state],
        state_description=flow.state_description,
        revision=flow.revision,
        etag=flow.etag,
        create_time=timestamp(flow.create_time),
        update_time=timestamp(flow.update_time),
    )


def values_of(message: pb.Flow) -> dict[str, object]:
    """What is said of a flow; the rest is not the caller's to set. Raises DefinitionInvalid."""
    return {"labels": dict(message.labels), "source": source_of(message)}


def source_of(message: pb.Flow | pb.CheckFlowRequest | pb.TestFlowRequest) -> str:
    """The text of a definition; of a message its JSON. Raises DefinitionInvalid."""
    if not message.HasField("definition"):
        return message.source
    tree = tree_of(definition_from(message.definition))
    return json.dumps(tree, indent=2, ensure_ascii=False)


def version_to(version: FlowVersion, published: str) -> pb.FlowVersion:
    """A version, with its definition; `published` is the id of the one that is."""
    return pb.FlowVersion(
        name=str(version.name),
        title=version.definition.title,
        source=version.source,
        definition=definition_to(version.definition),
        published=version.name.version == published,
        created_by=version.created_by,
        create_time=timestamp(version.create_time),
    )


def listed_version_to(version: FlowVersion, published: str) -> pb.FlowVersion:
    """A version as lists have it: without its definition."""
    message = version_to(version, published)
    message.ClearField("source")
    message.ClearField("definition")
    return message


def finding_to(finding: Finding) -> pb.FlowFinding:
    """One thing that is wrong with a definition."""
    place = finding.place
    return pb.FlowFinding(line=place.line, column=place.column, description=finding.message)
