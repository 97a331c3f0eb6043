"""The tables of the ledger, as they are now; `migrations` says how they came to be."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect


class UtcDateTime(TypeDecorator[datetime]):
    """A moment; databases without time zones keep it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Goes to UTC on the way in."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Gets its zone back on the way out."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}

METADATA = MetaData(naming_convention=NAMING)

BESIDE = MetaData(naming_convention=NAMING)
"""Of the tables of flows, events and history: no call needs them, so no snapshot has them."""

META = Table(
    "meta",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False, comment="the number of the last commit"),
    Column("page_key", LargeBinary, nullable=False, comment="seals the tokens of pages"),
    Column("audit_number", BigInteger, nullable=False, comment="of the last row of the audit"),
    Column("audit_digest", String(64), nullable=False, comment="of that row"),
)
"""One row: what every commit compares and sets."""

CONNECTORS = Table(
    "connectors",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("history", Text, nullable=False, comment="who served before, as JSON"),
    Column("etag", String(64), nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
)

SPECS = Table(
    "specs",
    METADATA,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the text"),
    Column("packed", LargeBinary, nullable=False, comment="the text in UTF-8, by zlib"),
)
"""Documents, each once. They outlive their versions: the audit names what was served."""

VERSIONS = Table(
    "versions",
    METADATA,
    Column("number", Integer, primary_key=True, comment="the order of creation"),
    Column("tenant", String(63), nullable=False),
    Column("connector", String(63), nullable=False),
    Column("id", String(63), nullable=False),
    Column("content", Text, nullable=False, comment="what never changes, as JSON"),
    Column("content_digest", String(64), nullable=False, comment="SHA-256 of content"),
    Column("spec_digest", String(64), ForeignKey(SPECS.c.digest), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("notes", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("traffic_percent", Integer, nullable=False),
    Column("life", Text, nullable=False, comment="what else changes, as JSON"),
    Column("etag", String(64), nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant", "connector"], [CONNECTORS.c.tenant, CONNECTORS.c.id]),
    UniqueConstraint("tenant", "connector", "id"),
    sqlite_autoincrement=True,
)

NUMBERS = Table(
    "numbers",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("connector", String(63), primary_key=True),
    Column("digest", String(64), nullable=False, comment="SHA-256 of what they say"),
    Column("packed", LargeBinary, nullable=False, comment="all of them as JSON, by zlib"),
    ForeignKeyConstraint(["tenant", "connector"], [CONNECTORS.c.tenant, CONNECTORS.c.id]),
)
"""By which number fields and values go over the wire, and by which name all is known, for ever."""

REQUESTS = Table(
    "requests",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("time", UtcDateTime, nullable=False, index=True),
)
"""What requests with a request_id were answered, for 24 hours."""

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=True, comment="of the commit; none of a refusal"),
    Column("time", UtcDateTime, nullable=False),
    Column("tenant", String(63), nullable=False, index=True),
    Column("caller", Text, nullable=False, comment="whose identity it was"),
    Column("method", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("outcome", String(64), nullable=False, comment="OK, or the reason of a refusal"),
    Column("before", String(64), nullable=False, comment="digest of what was; empty: nothing"),
    Column("after", String(64), nullable=False, comment="digest of what is; empty: nothing"),
    Column("digest", String(64), nullable=False, comment="of this row and of the one before it"),
)
"""Every change and every refusal, each chained to the one before it; META has the last."""

CALLS = Table(
    "calls",
    METADATA,
    Column("id", String(64), primary_key=True, comment="digest of whose request_id it is"),
    Column("fingerprint", LargeBinary, nullable=False, comment="sealed: what was asked"),
    Column("holder", String(32), nullable=False, comment="who makes the call"),
    Column("time", UtcDateTime, nullable=False, index=True),
    Column("until", UtcDateTime, nullable=False, comment="when the holder has ended or died"),
    Column("answer", LargeBinary, nullable=True, comment="sealed; none before there is one"),
)
"""What calls with a request_id came to, for 24 hours."""

SECRETS = Table(
    "secrets",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("data_key", LargeBinary, nullable=False, comment="sealed by the key ring"),
    Column("key_label", String(8), nullable=False, comment="of the key that seals data_key"),
    Column("value", LargeBinary, nullable=False, comment="sealed by the data key"),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(16), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("notes", Text, nullable=False),
    Column("etag", String(32), nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
)
"""Sealed values: without the key ring the database tells none of them."""

GRANTS = Table(
    "grants",
    METADATA,
    Column("id", String(64), primary_key=True, comment="names credential and client, keyed"),
    Column("sealed", LargeBinary, nullable=False, comment="the last refresh token"),
    Column("time", UtcDateTime, nullable=False),
)
"""Refresh tokens that a server gave in place of others: without them a credential is locked out."""

KEYS = Table(
    "keys",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True, comment="SHA-256 of the key"),
    Column("grants", JSON, nullable=False),
    Column("notes", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("expire_time", UtcDateTime, nullable=True),
    Column("revoke_time", UtcDateTime, nullable=True),
)
"""Keys by which callers are known: what is kept does not tell them."""

CONNECTIONS = Table(
    "connections",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("connector", String(63), nullable=False, index=True),
    Column("content", Text, nullable=False, comment="all else, as JSON"),
    Column("etag", String(64), nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant", "connector"], [CONNECTORS.c.tenant, CONNECTORS.c.id]),
)

SUBJECTS = Table(
    "subjects",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("connection", String(63), primary_key=True),
    Column("id", String(63), primary_key=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("external_id", String(255), nullable=False),
    Column("deleting", Boolean, nullable=False, index=True, comment="its things go first"),
    Column("content", Text, nullable=False, comment="all else, as JSON"),
    Column("etag", String(64), nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant", "connection"], [CONNECTIONS.c.tenant, CONNECTIONS.c.id]),
    UniqueConstraint("tenant", "connection", "external_id"),
)

AUTHORIZATIONS = Table(
    "authorizations",
    METADATA,
    Column("id", String(64), primary_key=True, comment="digest of the state in the URL"),
    Column("sealed", LargeBinary, nullable=False, comment="for whom, and the PKCE verifier"),
    Column("time", UtcDateTime, nullable=False, index=True),
)
"""Consents that are being asked for, for ten minutes."""

USES = Table(
    "uses",
    METADATA,
    Column("tenant", String(63), primary_key=True),
    Column("connector", String(63), primary_key=True),
    Column("version", String(63), primary_key=True),
    Column("caller", String(255), primary_key=True),
    Column("day", String(10), primary_key=True, comment="YYYY-MM-DD, in UTC"),
    Column("calls", BigInteger, nullable=False),
    Column("last", UtcDateTime, nullable=False),
)
"""Who calls which version, counted by day."""
