"""Credentials as a connector file writes them."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from facade.catalog.form import Form, Secret


class BasicForm(Form):
    """A name and a password (RFC 7617)."""

    username: str
    password: Annotated[Secret, Meta(description="Where the password is.")]


class BearerForm(Form):
    """A token in the Authorization header (RFC 6750)."""

    token: Annotated[Secret, Meta(description="Where the token is.")]


class ApiKeyForm(Form):
    """A key in the header, query parameter or cookie that the scheme names."""

    key: Annotated[Secret, Meta(description="Where the key is.")]
    prefix: Annotated[str, Meta(description="Written before the key, such as `Token `.")] = ""
    location: Annotated[
        Literal["header", "query", "cookie"] | UnsetType,
        Meta(description="Where the key goes, if the document declares no such scheme."),
    ] = msgspec.field(default=UNSET, name="in")
    name: Annotated[str, Meta(description="What the key is called there.")] = ""


class DigestForm(Form):
    """A name and a password that never travels (RFC 7616)."""

    username: str
    password: Annotated[Secret, Meta(description="Where the password is.")]


class OAuth2Form(Form, kw_only=True):
    """Tokens of an authorization server (RFC 6749)."""

    grant: Annotated[
        Literal[
            "clientCredentials",
            "password",
            "refreshToken",
            "jwtBearer",
            "tokenExchange",
            "authorizationCode",
        ],
        Meta(description="How a token is asked for."),
    ] = "clientCredentials"
    token_uri: Annotated[
        str | UnsetType, Meta(description="Where tokens are given; the document's if absent.")
    ] = UNSET
    authorization_uri: Annotated[
        str | UnsetType,
        Meta(description="Where people consent, for `authorizationCode`; the document's if absent"),
    ] = UNSET
    revocation_uri: Annotated[
        str | UnsetType,
        Meta(description="Where consents are revoked (RFC 7009); as the issuer says if absent"),
    ] = UNSET
    issuer: Annotated[
        str | UnsetType, Meta(description="Whose OpenID configuration says where.")
    ] = UNSET
    client_id: str | UnsetType = UNSET
    client_secret: Secret | UnsetType = UNSET
    client_authentication: Annotated[
        Literal["basic", "post", "privateKey", "none"],
        Meta(description="How the client proves who it is."),
    ] = "basic"
    scopes: Annotated[
        list[str] | UnsetType, Meta(description="What is asked for; the operation's if absent.")
    ] = UNSET
    audience: str | UnsetType = UNSET
    username: Annotated[str | UnsetType, Meta(description="For `password`.")] = UNSET
    password: Annotated[Secret | UnsetType, Meta(description="For `password`.")] = UNSET
    refresh_token: Annotated[
        Secret | UnsetType, Meta(description="The first one, for `refreshToken`.")
    ] = UNSET
    private_key: Annotated[Secret | UnsetType, Meta(description="PEM, for assertions.")] = UNSET
    key_id: Annotated[str | UnsetType, Meta(description="`kid` of the private key.")] = UNSET
    subject: Annotated[str | UnsetType, Meta(description="`sub` of an assertion.")] = UNSET
    subject_metadata: Annotated[
        str | UnsetType, Meta(description="The caller's metadata with the token to exchange.")
    ] = UNSET
    subject_token_type: str | UnsetType = UNSET
    extra: Annotated[
        dict[str, str] | UnsetType, Meta(description="More parameters of the token request.")
    ] = UNSET


class MutualTlsForm(Form):
    """A client certificate."""

    certificate: Annotated[Secret, Meta(description="Where the PEM chain is.")]
    key: Annotated[Secret, Meta(description="Where its PEM key is.")]


class AwsSigV4Form(Form, kw_only=True):
    """AWS Signature Version 4."""

    access_key_id: Secret
    secret_access_key: Secret
    session_token: Secret | UnsetType = UNSET
    region: str
    service: str


class FacadeCredentialForm(Form):
    """A way to sign a call: exactly one of its kinds."""

    basic: BasicForm | UnsetType = UNSET
    digest: DigestForm | UnsetType = UNSET
    bearer: BearerForm | UnsetType = UNSET
    api_key: ApiKeyForm | UnsetType = UNSET
    oauth2: OAuth2Form | UnsetType = UNSET
    mutual_tls: MutualTlsForm | UnsetType = UNSET
    aws_sig_v4: AwsSigV4Form | UnsetType = msgspec.field(default=UNSET, name="awsSigV4")
    headers: Annotated[
        dict[str, Secret] | UnsetType, Meta(description="Header fields, each with its secret.")
    ] = UNSET


class CredentialForm(FacadeCredentialForm, kw_only=True):
    """How calls are signed for one security scheme: exactly one of the kinds."""

    scheme: Annotated[str, Meta(description="The security scheme's name in the document.")]


class PassthroughForm(Form, kw_only=True):
    """An entry of the caller's metadata that goes to the backend as a header."""

    metadata: Annotated[str, Meta(description="The entry's key, in lower case.")]
    header: str
    prefix: Annotated[str, Meta(description="Written before the value, such as `Bearer `.")] = ""
