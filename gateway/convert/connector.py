"""Connectors, as messages and back."""

from datetime import UTC, datetime

from facade.model.names import ConnectorName
from facade.model.version import Connector
from gateway.convert.version import timestamp
from gateway.v1 import version_pb2 as pb


def connector_to(connector: Connector) -> pb.Connector:
    """A connector; its versions are listed apart."""
    return pb.Connector(
        name=str(connector.name),
        title=connector.title,
        description=connector.description,
        labels=connector.labels,
        etag=connector.etag,
        create_time=timestamp(connector.create_time),
        update_time=timestamp(connector.update_time),
        live_versions=[str(each.name) for each in connector.live],
    )


def connector_from(message: pb.Connector, name: ConnectorName) -> Connector:
    """What is said of a connector; its times and etag are the catalog's to set."""
    unset = datetime.fromtimestamp(0, UTC)
    return Connector(
        name=name,
        title=message.title,
        description=message.description,
        labels=dict(message.labels),
        create_time=unset,
        update_time=unset,
    )
