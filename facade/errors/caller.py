"""What the caller did wrong: nothing was sent, and a retry does not help."""

from facade.errors.fault import Code, Fault


class CallerFault(Fault):
    """The request was wrong: nothing was sent, a retry does not help."""


class InvalidRequest(CallerFault):
    """A field of the request itself is wrong."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_REQUEST"
    cause = "A field of the request is missing, malformed or contradicts another."
    remedy = "Correct the fields that BadRequest names."


class InvalidParameters(CallerFault):
    """An argument of an action does not fit its schema, is missing, or is unknown."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_PARAMETERS"
    cause = "Arguments are missing, unknown, of the wrong type, or cannot be sent as they are."
    remedy = "Correct the arguments that BadRequest names; ListActions shows their schemas."


class InvalidSpec(CallerFault):
    """The OpenAPI document cannot be read."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_SPEC"
    cause = "The OpenAPI document cannot be read, or `strict` was asked for and it has errors."
    remedy = (
        "Mend the places that BadRequest names; `portico lint FILE` shows them with their lines."
    )


class RequestTooLarge(CallerFault):
    """The request is larger than its method takes."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "REQUEST_TOO_LARGE"
    cause = "The request message, or the upload, is larger than the method's limit."
    remedy = "Send less at once."


class ConnectorNotFound(CallerFault):
    """No connector has that name."""

    code = Code.NOT_FOUND
    reason = "CONNECTOR_NOT_FOUND"
    cause = "No connector has that name."
    remedy = "See `portico get connectors`; ResourceInfo may name what was meant."


class VersionNotFound(CallerFault):
    """The connector has no such version, or none is live."""

    code = Code.NOT_FOUND
    reason = "VERSION_NOT_FOUND"
    cause = "The connector has no such version, or `live` was asked for and none is promoted."
    remedy = "See `portico get versions CONNECTOR`; promote one for `live` to answer."


class ActionNotFound(CallerFault):
    """The version has no such action."""

    code = Code.NOT_FOUND
    reason = "ACTION_NOT_FOUND"
    cause = "The version's document has no operation with that id or alias."
    remedy = "See `portico get actions CONNECTOR`; ResourceInfo may name what was meant."


class RouteNotFound(CallerFault):
    """The HTTP face has no such path, or the path has no such method; or gRPC has none."""

    code = Code.NOT_FOUND
    reason = "ROUTE_NOT_FOUND"
    cause = (
        "The HTTP face has no such path, or the path has no such method (405 with `Allow`); or no "
        "version that the caller has serves such a method over gRPC (UNIMPLEMENTED)."
    )
    remedy = (
        "See `/docs` for every path and method, `grpcurl ADDRESS list` for those of typed "
        "services; check the spelling and the version."
    )


class ConnectorExists(CallerFault):
    """A connector has that name already."""

    code = Code.ALREADY_EXISTS
    reason = "CONNECTOR_EXISTS"
    cause = "A connector has that name already."
    remedy = "Choose another id, or update the one that is there."


class VersionExists(CallerFault):
    """The connector has a version with that id already."""

    code = Code.ALREADY_EXISTS
    reason = "VERSION_EXISTS"
    cause = "The connector has a version with that id already; versions are immutable."
    remedy = "Choose another version id."


class EtagMismatch(CallerFault):
    """The resource changed since the caller read it."""

    code = Code.ABORTED
    reason = "ETAG_MISMATCH"
    cause = "The resource changed since it was read: the etag is not the current one."
    remedy = "Read it again, and repeat the change with the new etag."


class VersionInUse(CallerFault):
    """The version's state forbids the change."""

    code = Code.FAILED_PRECONDITION
    reason = "VERSION_IN_USE"
    cause = "The version serves `live` calls."
    remedy = "Promote another version first."


class VersionImmutable(CallerFault):
    """Document, authentication and variables of a version never change."""

    code = Code.FAILED_PRECONDITION
    reason = "VERSION_IMMUTABLE"
    cause = "Only labels and notes of a version can be updated."
    remedy = "Create a new version and promote it."


class HasChildren(CallerFault):
    """The resource still has children."""

    code = Code.FAILED_PRECONDITION
    reason = "HAS_CHILDREN"
    cause = "The resource still has children."
    remedy = "Delete the children first, or set `force`."


class ConnectionIncomplete(CallerFault):
    """A variable, a server or a secret that the call needs is not configured."""

    code = Code.FAILED_PRECONDITION
    reason = "CONNECTION_INCOMPLETE"
    cause = (
        "The version, or the connection, lacks a server address, a variable or a secret that the "
        "call needs."
    )
    remedy = (
        "Configure what BadRequest names in the connection, or in a new version; or provide the "
        "secret."
    )


class TokenRefused(CallerFault):
    """No token could be had for the version's credential."""

    code = Code.FAILED_PRECONDITION
    reason = "TOKEN_REFUSED"
    cause = "The authorization server gave no token for the version's credential."
    remedy = "Look at the client, the secret and the scopes of the credential; then retry."


class RequestIdReused(CallerFault):
    """The request_id was used for another call."""

    code = Code.INVALID_ARGUMENT
    reason = "REQUEST_ID_REUSED"
    cause = "A call with other arguments had this request_id in the last 24 hours."
    remedy = "Use a request_id of its own for each call."


class NotCached(CallerFault):
    """The cache alone was to answer, and cannot."""

    code = Code.FAILED_PRECONDITION
    reason = "NOT_CACHED"
    cause = "The cache alone was to answer (`cache_use` ONLY), and has no usable answer."
    remedy = "Call without ONLY, or change the version's cache policy."


class SecretNotFound(CallerFault):
    """No secret has that name."""

    code = Code.NOT_FOUND
    reason = "SECRET_NOT_FOUND"
    cause = "No secret has that name."
    remedy = "See `portico secret list`."


class SecretExists(CallerFault):
    """A secret has that name already."""

    code = Code.ALREADY_EXISTS
    reason = "SECRET_EXISTS"
    cause = "A secret has that name already."
    remedy = "Choose another id, or update the one that is there."


class TraceNotFound(CallerFault):
    """No trace with that id is kept."""

    code = Code.NOT_FOUND
    reason = "TRACE_NOT_FOUND"
    cause = "This process keeps no trace with that id: it was never here, or others came after it."
    remedy = (
        "Ask the process that took the call, soon; keep more with `--traces`, or send spans to a "
        "collector with OTEL_EXPORTER_OTLP_ENDPOINT, which then keeps those that are sampled."
    )


class KeyRingMissing(CallerFault):
    """Secrets cannot be kept or read: there is no key for them."""

    code = Code.FAILED_PRECONDITION
    reason = "KEY_RING_MISSING"
    cause = "The operator gave no key that secrets are sealed with, or not the one of this secret."
    remedy = (
        "Set PORTICO_KEY_RING or `--key-ring`; keep old keys in it until `portico secret rotate`."
    )


class ActionUnsupported(CallerFault):
    """The operation stands in the document but cannot be called."""

    code = Code.UNIMPLEMENTED
    reason = "ACTION_UNSUPPORTED"
    cause = "The operation was set aside: its description has an error that forbids calling it."
    remedy = "Mend the document at the places that BadRequest names and publish a new version."


class VersionBreaking(CallerFault):
    """The version breaks those who call the one that serves traffic."""

    code = Code.FAILED_PRECONDITION
    reason = "VERSION_BREAKING"
    cause = "Calls that work by the version that serves traffic would not by this one."
    remedy = (
        "Look at what breaks with `portico diff`; promote with `allow_breaking` (`--allow-breaking`"
        ") once callers are ready."
    )


class EntityNotFound(CallerFault):
    """The version has no such entity type."""

    code = Code.NOT_FOUND
    reason = "ENTITY_NOT_FOUND"
    cause = "The version's document has no path from which that entity type is derived."
    remedy = "See `portico entity types CONNECTOR`."


class EgressDenied(CallerFault):
    """The address is not one that calls may go to."""

    code = Code.PERMISSION_DENIED
    reason = "EGRESS_DENIED"
    cause = (
        "The backend's address is not public and the operator has not allowed it, or it is of a "
        "host that the connection does not allow."
    )
    remedy = (
        "Allow it with `--egress-allow` (or PORTICO_EGRESS_ALLOW), by network or host; for "
        "ExecuteHttpRequest, name the host in the connection's `allowed_hosts`, too."
    )
