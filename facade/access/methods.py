"""What each method asks of its caller, and how its request says what it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from facade.model.access import Permission, Target
from facade.model.names import ANY

WHOLE: Final = "*"
"""In a Target: all of a kind, which only a grant without limits covers. No id is written so."""

THROUGH: Final = ("connection", "subject")
"""Fields of requests that name through which connection a call goes."""

EVERYTHING: Final = Target(connector=WHOLE, action=WHOLE, connection=WHOLE)
"""What is a tenant's, and no connector's or connection's alone: secrets, keys, the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What one method asks of its caller."""

    permission: Permission | None
    """Of ManageVersions: the least of what its changes ask for. None: whoever is known may."""
    field: str = "name"
    """Which field of the request names what it is about: `connector.name`; empty: none does."""
    collection: str = ""
    """Of which `field` is an id alone: `connectors`."""
    whole: bool = False
    """Whether it is about all that the tenant has."""
    within: str = ""
    """Which field says of which connector it is, where it is not there yet: a connector's id."""
    viewed: str = ""
    """Which field names what is only looked at, beside all else: VIEW of it is asked for."""


VIEW, INVOKE, EDIT = Permission.VIEW, Permission.INVOKE, Permission.EDIT
PUBLISH, ADMINISTER = Permission.PUBLISH, Permission.ADMINISTER

METHODS: Final[Mapping[str, Asks]] = MappingProxyType(
    {
        # GatewayService
        "ExecuteAction": Asks(permission=INVOKE),
        "ListActions": Asks(permission=VIEW, field="parent"),
        "ManageVersions": Asks(permission=VIEW, field="parent"),
        # StreamService
        "StreamAction": Asks(permission=INVOKE),
        "UploadAction": Asks(permission=INVOKE, field="head.call.name"),
        # CatalogService
        "GetConnector": Asks(permission=VIEW),
        "ListConnectors": Asks(permission=VIEW, field=""),
        "CreateConnector": Asks(permission=EDIT, field="connector_id", collection="connectors"),
        "UpdateConnector": Asks(permission=EDIT, field="connector.name"),
        "DeleteConnector": Asks(permission=PUBLISH),
        "GetVersion": Asks(permission=VIEW),
        "ListVersions": Asks(permission=VIEW, field="parent"),
        "ListVersionUses": Asks(permission=VIEW, field="parent"),
        "ExportVersion": Asks(permission=VIEW),
        "ImportConnector": Asks(permission=EDIT, field="", whole=True),
        "GetAction": Asks(permission=VIEW),
        "ValidateSpec": Asks(permission=EDIT, field="", viewed="against"),
        # ConnectionService
        "CreateConnection": Asks(
            permission=EDIT,
            field="connection_id",
            collection="connections",
            within="connection.connector",
        ),
        "GetConnection": Asks(permission=VIEW),
        "ListConnections": Asks(permission=VIEW, field=""),
        "UpdateConnection": Asks(permission=EDIT, field="connection.name"),
        "DeleteConnection": Asks(permission=EDIT),
        "SuspendConnection": Asks(permission=EDIT),
        "ResumeConnection": Asks(permission=EDIT),
        "LockConnection": Asks(permission=EDIT),
        "UnlockConnection": Asks(permission=EDIT),
        "CheckConnection": Asks(permission=INVOKE),
        "ExecuteHttpRequest": Asks(permission=INVOKE),
        # ArtifactService
        "GetDescriptorSet": Asks(permission=VIEW),
        "ExportArtifact": Asks(permission=VIEW),
        # TrialService
        "GetTrial": Asks(permission=INVOKE),
        "TestAction": Asks(permission=INVOKE),
        # ToolService
        "GetTool": Asks(permission=VIEW),
        "ListTools": Asks(permission=VIEW, field="parent"),
        # EntityService: what they call is asked for where it is called, by its own name
        "GetEntityType": Asks(permission=VIEW),
        "ListEntityTypes": Asks(permission=VIEW, field="parent"),
        "GetEntity": Asks(permission=VIEW),
        "ListEntities": Asks(permission=VIEW, field="parent"),
        "CreateEntity": Asks(permission=VIEW, field="parent"),
        "UpdateEntity": Asks(permission=VIEW),
        "DeleteEntity": Asks(permission=VIEW),
        # TriggerService: its answers tell the secrets of messages, and start runs
        "GetTrigger": Asks(permission=VIEW, field="", whole=True),
        "RotateWebhookSecret": Asks(permission=EDIT, field="", whole=True),
        "FireTrigger": Asks(permission=INVOKE, field="", whole=True),
        # EventService
        "PublishEvent": Asks(permission=INVOKE, field="", whole=True),
        "ListEvents": Asks(permission=VIEW, field="", whole=True),
        "WatchEvents": Asks(permission=VIEW, field="", whole=True),
        "CreateSubscription": Asks(permission=EDIT, field="", whole=True),
        "GetSubscription": Asks(permission=VIEW, field="", whole=True),
        "ListSubscriptions": Asks(permission=VIEW, field="", whole=True),
        "UpdateSubscription": Asks(permission=EDIT, field="", whole=True),
        "DeleteSubscription": Asks(permission=EDIT, field="", whole=True),
        "SuspendSubscription": Asks(permission=EDIT, field="", whole=True),
        "ResumeSubscription": Asks(permission=EDIT, field="", whole=True),
        "RetrySubscription": Asks(permission=EDIT, field="", whole=True),
        "ListDeliveries": Asks(permission=VIEW, field="", whole=True),
        "RedeliverDelivery": Asks(permission=EDIT, field="", whole=True),
        # FlowService: flows are the tenant's; what they call is asked for when they are published
        "CreateFlow": Asks(permission=EDIT, field="", whole=True),
        "GetFlow": Asks(permission=VIEW, field="", whole=True),
        "ListFlows": Asks(permission=VIEW, field="", whole=True),
        "UpdateFlow": Asks(permission=EDIT, field="", whole=True),
        "DeleteFlow": Asks(permission=PUBLISH, field="", whole=True),
        "GetFlowVersion": Asks(permission=VIEW, field="", whole=True),
        "ListFlowVersions": Asks(permission=VIEW, field="", whole=True),
        "PublishFlow": Asks(permission=PUBLISH, field="", whole=True),
        "SuspendFlow": Asks(permission=PUBLISH, field="", whole=True),
        "ResumeFlow": Asks(permission=PUBLISH, field="", whole=True),
        "CheckFlow": Asks(permission=VIEW, field="", whole=True),
        "TestFlow": Asks(permission=INVOKE, field="", whole=True),
        "RunFlow": Asks(permission=INVOKE, field="", whole=True),
        "GetRun": Asks(permission=VIEW, field="", whole=True),
        "ListRuns": Asks(permission=VIEW, field="", whole=True),
        "WatchRun": Asks(permission=VIEW, field="", whole=True),
        "CancelRun": Asks(permission=INVOKE, field="", whole=True),
        "PauseRun": Asks(permission=INVOKE, field="", whole=True),
        "ResumeRun": Asks(permission=INVOKE, field="", whole=True),
        "ReplayRun": Asks(permission=INVOKE, field="", whole=True),
        "ListFlowRecords": Asks(permission=VIEW, field="", whole=True),
        # SubjectService
        "CreateSubject": Asks(permission=EDIT, field="parent"),
        "GetSubject": Asks(permission=VIEW),
        "ListSubjects": Asks(permission=VIEW, field="parent"),
        "UpdateSubject": Asks(permission=EDIT, field="subject.name"),
        "DeleteSubject": Asks(permission=EDIT),
        "AuthorizeSubject": Asks(permission=EDIT),
        "AuthorizeConnection": Asks(permission=EDIT),
        # SecretService
        "CreateSecret": Asks(permission=EDIT, field="", whole=True),
        "GetSecret": Asks(permission=VIEW, field="", whole=True),
        "ListSecrets": Asks(permission=VIEW, field="", whole=True),
        "UpdateSecret": Asks(permission=EDIT, field="", whole=True),
        "DeleteSecret": Asks(permission=EDIT, field="", whole=True),
        "RotateSecrets": Asks(permission=ADMINISTER, field="", whole=True),
        # pages and documents of the HTTP face, which are nobody's RPC
        "Documents": Asks(permission=VIEW, field=""),
        "ServerReflectionInfo": Asks(permission=VIEW, field=""),
        # AccessService: a key is for what its maker may do, and is seen by who could make it
        "CreateKey": Asks(permission=ADMINISTER, field=""),
        "GetKey": Asks(permission=ADMINISTER, field=""),
        "ListKeys": Asks(permission=ADMINISTER, field=""),
        "RevokeKey": Asks(permission=ADMINISTER, field=""),
        "DeleteKey": Asks(permission=ADMINISTER, field=""),
        "WhoAmI": Asks(permission=None, field=""),
        # HistoryService
        "ListExecutions": Asks(permission=VIEW, field="", whole=True),
        "GetExecution": Asks(permission=VIEW, field="", whole=True),
        "GetFigures": Asks(permission=VIEW, field="", whole=True),
        "ListErrorKinds": Asks(permission=VIEW, field=""),
        "CreateAlert": Asks(permission=EDIT, field="", whole=True),
        "GetAlert": Asks(permission=VIEW, field="", whole=True),
        "ListAlerts": Asks(permission=VIEW, field="", whole=True),
        "UpdateAlert": Asks(permission=EDIT, field="", whole=True),
        "DeleteAlert": Asks(permission=EDIT, field="", whole=True),
        "MuteAlert": Asks(permission=EDIT, field="", whole=True),
        "UnmuteAlert": Asks(permission=EDIT, field="", whole=True),
        # AuditService
        "ListAuditEntries": Asks(permission=Permission.AUDIT, field="", whole=True),
        "VerifyAudit": Asks(permission=Permission.AUDIT, field="", whole=True),
        # TraceService
        "GetTrace": Asks(permission=VIEW, field="", whole=True),
        "ListTraces": Asks(permission=VIEW, field="", whole=True),
    }
)
"""By the method's name in the protos; one that is not here is refused."""

CHANGES: Final[Mapping[str, Permission]] = MappingProxyType(
    {
        "create": EDIT,
        "update": EDIT,
        "promote": PUBLISH,
        "deprecate": PUBLISH,
        "delete": PUBLISH,
        "rollback": PUBLISH,
    }
)
"""What each kind of change of a version asks for; one that is not here asks for all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one request asks of its caller."""

    permissions: tuple[Permission, ...]
    target: Target
    version: str = ""
    """Of an action that is named: aliases are a version's."""
    named: str = ""
    """What the request is about, in its own words."""


def new_name(asks: Asks, id_: str, connector: str) -> str:
    """What a new resource will be called, with whose it is: `connectors/shop/connections/berlin`.

    So that a grant on connectors says what may be made of them, before anything is there.
    """
    return f"connectors/{connector}/{asks.collection}/{id_}"


def need(asks: Asks, name: str, connection: str = "", kinds: Iterable[str] = ()) -> Need:
    """What a request asks for that is about `name`, through a connection (or a subject of one).

    `kinds`: those of its changes. What it calls is named in full: where it is not, only a grant
    without limits covers it.
    """
    permissions = {CHANGES.get(each, ADMINISTER) for each in kinds}
    if not permissions and asks.permission is not None:
        permissions = {asks.permission}
    text = f"{asks.collection}/{name}" if asks.collection and not asks.within else name
    ids = {} if asks.whole else _ids(text)
    through = _ids(connection).get("connections", WHOLE) if connection else ""
    calls = WHOLE if INVOKE in permissions else ""
    target = (
        EVERYTHING
        if asks.whole
        else Target(
            connector=ids.get("connectors") or calls,
            action=ids.get("actions") or calls,
            connection=through or ids.get("connections") or calls,
        )
    )
    return Need(
        permissions=tuple(sorted(permissions)),
        target=target,
        version=ids.get("versions", ""),
        named=name or connection,
    )


def _ids(name: str) -> Mapping[str, str]:
    """The ids in a name by their collections; of what is no name of ours, all are WHOLE."""
    parts = name.split("/", 5)
    collections, ids = parts[::2], parts[1::2]
    fits = collections[0] in ("", "connectors", "connections") and (
        len(collections) == len(ids) == len(set(collections)) or not name
    )
    if not fits:
        return MappingProxyType(dict.fromkeys(("connectors", "actions", "connections"), WHOLE))
    return {kind: "" if id_ == ANY else id_ for kind, id_ in zip(collections, ids, strict=False)}
