"""Who calls is not known, may not do it, or comes by a way that is not let in."""

from facade.errors.caller import CallerFault
from facade.errors.fault import Code


class CallerUnknown(CallerFault):
    """Nobody is known by what the caller shows, or it shows nothing."""

    code = Code.UNAUTHENTICATED
    reason = "CALLER_UNKNOWN"
    cause = "The gateway asks who calls, and what the request shows does not say it."
    remedy = (
        "Send `authorization: Bearer` with a key that `portico keys create` made, a token of the "
        "issuer that the operator trusts (`portico` sends what PORTICO_SERVER_TOKEN holds), or "
        "call with a client certificate."
    )


class CallerForbidden(CallerFault):
    """No role of the caller's allows it."""

    code = Code.PERMISSION_DENIED
    reason = "CALLER_FORBIDDEN"
    cause = "No role that was granted to the caller allows the method on that resource."
    remedy = "Ask an admin for a role that does; the message names what is needed."


class CrossSite(CallerFault):
    """A page of another site would act by the browser of someone who can reach the facade."""

    code = Code.PERMISSION_DENIED
    reason = "CROSS_SITE"
    cause = (
        "A web page of another site had a browser send the request (`Sec-Fetch-Site: cross-site`); "
        "it would act with the facade's credentials."
    )
    remedy = "Call from a server, or from a page of the facade's own origin."


class Misdirected(CallerFault):
    """The request names a host that is not this one."""

    code = Code.FAILED_PRECONDITION
    reason = "MISDIRECTED"
    cause = (
        "A facade on loopback without TLS was called by a name that is neither `localhost` nor the "
        "host of `public_url`: a web page could have led it there (DNS rebinding)."
    )
    remedy = "Call by `localhost` or an address; where it has another name, set `--public-url`."


class KeyNotFound(CallerFault):
    """No key has that name."""

    code = Code.NOT_FOUND
    reason = "KEY_NOT_FOUND"
    cause = "No key has that name."
    remedy = "See `portico keys list`."


class KeyExists(CallerFault):
    """A key has that name already."""

    code = Code.ALREADY_EXISTS
    reason = "KEY_EXISTS"
    cause = "A key has that name already; revoked ones keep theirs until they are deleted."
    remedy = "Choose another id."
