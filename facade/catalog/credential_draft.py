"""Credentials of a connector file, as nouns of the model."""

import msgspec
from msgspec import UNSET

from facade.catalog.credential_form import (
    ApiKeyForm,
    CredentialForm,
    FacadeCredentialForm,
    OAuth2Form,
    PassthroughForm,
)
from facade.catalog.finding import Findings
from facade.catalog.form import Form, noun_of
from facade.model.action import Location
from facade.model.credential import (
    ApiKey,
    AwsSigV4,
    Basic,
    Bearer,
    ClientAuthentication,
    Credential,
    CustomHeaders,
    Digest,
    Grant,
    Kind,
    MutualTls,
    OAuth2,
    Passthrough,
)

GRANTS = {
    "clientCredentials": Grant.CLIENT_CREDENTIALS,
    "password": Grant.PASSWORD,
    "refreshToken": Grant.REFRESH_TOKEN,
    "jwtBearer": Grant.JWT_BEARER,
    "tokenExchange": Grant.TOKEN_EXCHANGE,
    "authorizationCode": Grant.AUTHORIZATION_CODE,
}
AUTHENTICATIONS = {
    "basic": ClientAuthentication.BASIC,
    "post": ClientAuthentication.POST,
    "privateKey": ClientAuthentication.PRIVATE_KEY,
    "none": ClientAuthentication.NONE,
}


def credential_of(form: FacadeCredentialForm, pointer: str, found: Findings) -> list[Credential]:
    """The credential that an object stands for; none, and a finding, where it is not one kind."""
    kinds = msgspec.structs.fields(FacadeCredentialForm)
    if sum(getattr(form, each.name) is not UNSET for each in kinds) != 1:
        names = ", ".join(f"`{each.encode_name}`" for each in kinds)
        found.add(pointer, f"exactly one of {names} is required")
        return []
    scheme = form.scheme if isinstance(form, CredentialForm) else ""
    key = form.api_key
    if isinstance(key, ApiKeyForm):
        location = Location(key.location) if isinstance(key.location, str) else None
        kind = ApiKey(key=key.key, prefix=key.prefix)
        return [Credential(scheme=scheme, kind=kind, location=location, parameter=key.name)]
    return [Credential(scheme=scheme, kind=_kind(form))]


def passthrough_of(form: PassthroughForm) -> Passthrough:
    """A rule for the caller's own credential."""
    return noun_of(form, Passthrough)


def _kind(form: FacadeCredentialForm) -> Kind:
    """The kind that is given, which is no key."""
    if isinstance(form.oauth2, OAuth2Form):
        return noun_of(
            form.oauth2,
            OAuth2,
            grant=GRANTS[form.oauth2.grant],
            client_authentication=AUTHENTICATIONS[form.oauth2.client_authentication],
        )
    if isinstance(form.headers, dict):
        return CustomHeaders(headers=form.headers)
    plain: tuple[tuple[object, type[Kind]], ...] = (
        (form.basic, Basic),
        (form.digest, Digest),
        (form.bearer, Bearer),
        (form.mutual_tls, MutualTls),
        (form.aws_sig_v4, AwsSigV4),
    )
    held, kind = next((held, kind) for held, kind in plain if isinstance(held, Form))
    return noun_of(held, kind)
