"""Whether a call goes out with an Authorization field (RFC 9111 section 3.5)."""

from facade.model.call import Plan
from facade.model.credential import ApiKey, Credential, CustomHeaders, MutualTls
from facade.model.said import Fields

FIELD = "authorization"


def is_authorized(plan: Plan, fields: Fields, who: str) -> bool:
    """Whether a plan has the field, or one of the credentials that sign it may put it there."""
    if FIELD in fields or not who:
        return FIELD in fields
    version = plan.version
    held = version.credentials
    if version.destination.indirect:
        held = (version.destination.credential,) if version.destination.credential else ()
    passed = (each.header for each in version.passthrough if each.metadata in plan.metadata)
    return any(name.lower() == FIELD for name in passed) or any(
        _authorizes(each, plan) for each in held
    )


def _authorizes(credential: Credential, plan: Plan) -> bool:
    match credential.kind:
        case MutualTls():
            return False
        case CustomHeaders(headers=headers):
            return any(name.lower() == FIELD for name in headers)
        case ApiKey():
            return _place(credential, plan) in {FIELD, ""}
    return True


def _place(credential: Credential, plan: Plan) -> str:
    """The name of the field, parameter or cookie that a key goes to; empty: Authorization."""
    for requirement in plan.action.security or ():
        for scheme in requirement:
            if scheme.name == credential.scheme:
                return scheme.parameter.lower()
    return credential.parameter.lower()
