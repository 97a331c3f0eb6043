"""The handlers of the methods of flows and their versions."""

from typing import Any

import msgspec
from starlette.responses import Response

from facade.app.api.catalog import listed, page_of
from facade.app.api.form import read
from facade.app.api.form.flow import CHECKED, FLOW, FLOW_VERSION
from facade.app.api.route import Asked, Desk
from facade.app.api.told import data, nothing, packed, weight
from facade.model.flow import Flow, FlowName, FlowVersion
from facade.model.flow_names import parse_flow, parse_flow_version


async def create_flow(desk: Desk, asked: Asked) -> Response:
    """Creates a flow and its first version."""
    fields = asked.fields
    given = read.of_form(FLOW, fields["flow"], "flow")
    made = await desk.flows.create(
        FlowName(fields.get("flow_id", ""), asked.identity.tenant),
        given["source"],
        given["labels"],
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
        request_id=fields.get("request_id", ""),
    )
    return data(FLOW.write(made))


async def get_flow(desk: Desk, asked: Asked) -> Response:
    """Gets a flow."""
    return data(FLOW.write(await desk.flows.get(_name(asked))))


async def list_flows(desk: Desk, asked: Asked) -> Response:
    """Lists the flows, page by page."""
    page, tenant = page_of(asked), asked.identity.tenant
    return listed("flows", *await desk.flow_list.page(tenant, page, _packed, weight))


async def update_flow(desk: Desk, asked: Asked) -> Response:
    """Changes a flow."""
    fields = asked.fields
    changed = await desk.flows.update(
        parse_flow(asked.name, "flow.name", asked.identity.tenant),
        read.of_form(FLOW, fields["flow"], "flow"),
        fields.get("update_mask", ()),
        read.etag(fields["flow"]),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(FLOW.write(changed))


async def delete_flow(desk: Desk, asked: Asked) -> Response:
    """Deletes a flow."""
    fields = asked.fields
    etag, force = fields.get("etag", ""), fields.get("force", False)
    await desk.flows.delete(_name(asked), etag, force=force, by=asked.identity)
    return nothing()


async def get_flow_version(desk: Desk, asked: Asked) -> Response:
    """Gets a version of a flow."""
    name = parse_flow_version(asked.name, tenant=asked.identity.tenant)
    version = await desk.flows.version(name)
    published = (await desk.flows.get(name.parent)).published
    return data(_version(version, published))


async def list_flow_versions(desk: Desk, asked: Asked) -> Response:
    """Lists the versions of a flow, page by page."""
    name = parse_flow(asked.name, "parent", asked.identity.tenant)
    published = (await desk.flows.get(name)).published

    def form(version: FlowVersion) -> msgspec.Raw:
        tree = _version(version, published)
        del tree["source"]
        return packed(tree)

    return listed("versions", *await desk.flow_list.versions(name, page_of(asked), form, weight))


async def publish_flow(desk: Desk, asked: Asked) -> Response:
    """Has a version run when its trigger says so."""
    fields = asked.fields
    published = await desk.flows.publish(
        _name(asked),
        fields.get("version", ""),
        fields.get("etag", ""),
        by=asked.identity,
        validate_only=fields.get("validate_only", False),
    )
    return data(FLOW.write(published))


async def suspend_flow(desk: Desk, asked: Asked) -> Response:
    """Lets the triggers of a flow rest."""
    etag = asked.fields.get("etag", "")
    return data(FLOW.write(await desk.flows.suspend(_name(asked), etag, by=asked.identity)))


async def resume_flow(desk: Desk, asked: Asked) -> Response:
    """Lets the triggers of a flow go on."""
    etag = asked.fields.get("etag", "")
    return data(FLOW.write(await desk.flows.resume(_name(asked), etag, by=asked.identity)))


async def check_flow(desk: Desk, asked: Asked) -> Response:
    """Says what is wrong with a definition."""
    source, tenant = asked.fields.get("source", ""), asked.identity.tenant
    if version := asked.fields.get("version", ""):
        name = parse_flow_version(version, "version", tenant)
        source = (await desk.flows.version(name)).source
    found = await desk.flows.check(source, tenant, asked.identity)
    return data(CHECKED.write(None, {"findings": found}))


def _name(asked: Asked) -> FlowName:
    return parse_flow(asked.name, "name", asked.identity.tenant)


def _version(version: FlowVersion, published: str) -> dict[str, Any]:
    return FLOW_VERSION.write(version, {"published": version.name.version == published})


def _packed(flow: Flow) -> msgspec.Raw:
    return packed(FLOW.write(flow, {"source": ""}))
