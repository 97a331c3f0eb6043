"""What is wrong with connections, their subjects, and what is asked of them."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code


class ConnectionNotFound(CallerFault):
    """No connection has that name."""

    code = Code.NOT_FOUND
    reason = "CONNECTION_NOT_FOUND"
    cause = "No connection has that name."
    remedy = "See `portico connection list`; ResourceInfo may name what was meant."


class ConnectionExists(CallerFault):
    """A connection has that name already."""

    code = Code.ALREADY_EXISTS
    reason = "CONNECTION_EXISTS"
    cause = "A connection has that name already."
    remedy = "Choose another id, or update the one that is there."


class ConnectionLocked(CallerFault):
    """The connection is locked: nothing of it may change."""

    code = Code.FAILED_PRECONDITION
    reason = "CONNECTION_LOCKED"
    cause = "The connection is locked, for the reason that the message gives; calls go on."
    remedy = "Unlock it, if that reason no longer holds."


class SubjectNotFound(CallerFault):
    """The connection has no such subject."""

    code = Code.NOT_FOUND
    reason = "SUBJECT_NOT_FOUND"
    cause = "The connection has no such subject."
    remedy = "See `portico subject list CONNECTION`."


class SubjectExists(CallerFault):
    """The connection has a subject with that name, or that external id, already."""

    code = Code.ALREADY_EXISTS
    reason = "SUBJECT_EXISTS"
    cause = "The connection has a subject with that name, or that external id, already."
    remedy = "Use the one that is there, or delete it first."


class AuthorizationRequired(CallerFault):
    """Somebody must consent first."""

    code = Code.FAILED_PRECONDITION
    reason = "AUTHORIZATION_REQUIRED"
    cause = "The end user, or the owner of the connection, has not consented, or no longer does."
    remedy = "Have them open the URL that the error carries (`authorizationUrl`), then retry."


class ConnectorInstanceMissing(CallerFault):
    """The connector has no connection through which a subject could come."""

    code = Code.FAILED_PRECONDITION
    reason = "CONNECTOR_INSTANCE_MISSING"
    cause = "The connector has no instance (connection) yet through which a client could come."
    remedy = "Create the instance first."
