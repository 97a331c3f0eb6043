"""Every RPC that names something, asked for what the tenant `bank` has: see `tests.tenants`."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from facade.model.execution import Execution
from tests.doors import PLAIN
from tests.tenants import HELD, SPEC, UNHELD, Tenant

SETTINGS: Mapping[str, Any] = {"public_url": "https://portico.example"}
"""What the gateway must know to answer all of them."""

TRACE, NO_TRACE = "a" * 32, "b" * 32
"""Ids of one length: of a trace of the other tenant, and of no trace."""

CONNECTOR = f"connectors/{HELD}"
VERSION = f"{CONNECTOR}/versions/v1"
ACTION = f"{VERSION}/actions/listThings"
TYPE = f"{VERSION}/entityTypes/things"
ENTITY = f"{TYPE}/entities/7"
CONNECTION = f"connections/{HELD}"
SUBJECT = f"{CONNECTION}/subjects/{HELD}"
SECRET = f"secrets/{HELD}"
KEY = f"keys/{HELD}"
FLOW = f"flows/{HELD}"
FLOW_VERSION = f"{FLOW}/versions/v1"
RUN = f"{FLOW}/runs/01900000-0000-7000-8000-000000000000"
STEPS = "steps: [{id: pause, wait: 1s}]"
"""Of a flow that calls nothing."""
ALERT = f"alerts/{HELD}"
SUBSCRIPTION = f"subscriptions/{HELD}"
SUBSCRIBED = {
    "types": ["order.paid"],
    "url": "https://hooks.example/",
    "secret": "secret:hooks",
}

MISSING: Mapping[str, Mapping[str, Any]] = {
    "ExecuteAction": {"name": ACTION, "parametersJson": "{}"},
    "StreamAction": {"name": ACTION, "parametersJson": "{}"},
    "UploadAction": {"head": {"call": {"name": ACTION, "parametersJson": "{}"}}},
    "ListActions": {"parent": VERSION},
    "ManageVersions": {"parent": CONNECTOR, "changes": [{"promote": {"name": VERSION}}]},
    "GetConnector": {"name": CONNECTOR},
    "UpdateConnector": {"connector": {"name": CONNECTOR, "title": "t"}},
    "DeleteConnector": {"name": CONNECTOR, "force": True},
    "GetVersion": {"name": VERSION},
    "ListVersions": {"parent": CONNECTOR},
    "ListVersionUses": {"parent": VERSION},
    "ExportVersion": {"name": VERSION},
    "GetAction": {"name": ACTION},
    "GetTrigger": {"name": f"flows/{HELD}/trigger"},
    "RotateWebhookSecret": {"name": f"flows/{HELD}/trigger"},
    "FireTrigger": {"name": f"flows/{HELD}/trigger"},
    "GetTrial": {"name": ACTION},
    "TestAction": {"name": ACTION},
    "GetDescriptorSet": {"name": VERSION},
    "ExportArtifact": {"name": VERSION},
    "ValidateSpec": {"specText": json.dumps(SPEC), "against": VERSION},
    "CreateConnection": {"connectionId": "new", "connection": {"connector": HELD}},
    "GetConnection": {"name": CONNECTION},
    "UpdateConnection": {
        "connection": {"name": CONNECTION, "title": "t"},
        "updateMask": "title",
    },
    "DeleteConnection": {"name": CONNECTION, "force": True},
    "SuspendConnection": {"name": CONNECTION},
    "ResumeConnection": {"name": CONNECTION},
    "LockConnection": {"name": CONNECTION, "reason": "why"},
    "UnlockConnection": {"name": CONNECTION},
    "CheckConnection": {"name": CONNECTION},
    "ExecuteHttpRequest": {"name": CONNECTION, "method": "GET", "url": "https://a.example/"},
    "CreateSubject": {
        "parent": CONNECTION,
        "subjectId": "new",
        "subject": {"externalId": "me"},
    },
    "GetSubject": {"name": SUBJECT},
    "ListSubjects": {"parent": CONNECTION},
    "UpdateSubject": {"subject": {"name": SUBJECT, "title": "t"}, "updateMask": "title"},
    "DeleteSubject": {"name": SUBJECT},
    "AuthorizeSubject": {"name": SUBJECT},
    "AuthorizeConnection": {"name": CONNECTION},
    "GetSubscription": {"name": SUBSCRIPTION},
    "UpdateSubscription": {
        "subscription": {"name": SUBSCRIPTION, "title": "t"},
        "updateMask": "title",
    },
    "DeleteSubscription": {"name": SUBSCRIPTION},
    "SuspendSubscription": {"name": SUBSCRIPTION},
    "ResumeSubscription": {"name": SUBSCRIPTION},
    "RetrySubscription": {"name": SUBSCRIPTION},
    "RedeliverDelivery": {"name": f"deliveries/{HELD}"},
    "GetEntityType": {"name": TYPE},
    "ListEntityTypes": {"parent": VERSION},
    "GetEntity": {"name": ENTITY},
    "ListEntities": {"parent": TYPE},
    "CreateEntity": {"parent": TYPE, "json": "{}"},
    "UpdateEntity": {"name": ENTITY, "json": "{}"},
    "DeleteEntity": {"name": ENTITY},
    "GetTool": {"name": f"{VERSION}/tools/listThings"},
    "ListTools": {"parent": VERSION},
    "GetFlow": {"name": FLOW},
    "UpdateFlow": {"flow": {"name": FLOW, "labels": {"a": "b"}}, "updateMask": "labels"},
    "DeleteFlow": {"name": FLOW, "force": True},
    "GetFlowVersion": {"name": FLOW_VERSION},
    "ListFlowVersions": {"parent": FLOW},
    "PublishFlow": {"name": FLOW},
    "SuspendFlow": {"name": FLOW},
    "ResumeFlow": {"name": FLOW},
    "CheckFlow": {"version": FLOW_VERSION},
    "TestFlow": {"version": FLOW_VERSION},
    "RunFlow": {"name": FLOW, "version": "v1"},
    "ListRuns": {"parent": FLOW},
    "ListFlowRecords": {"parent": FLOW},
    "GetRun": {"name": RUN},
    "WatchRun": {"name": RUN},
    "CancelRun": {"name": RUN},
    "PauseRun": {"name": RUN},
    "ResumeRun": {"name": RUN},
    "ReplayRun": {"name": RUN},
    "GetSecret": {"name": SECRET},
    "UpdateSecret": {"secret": {"name": SECRET, "value": "x"}},
    "DeleteSecret": {"name": SECRET},
    "GetTrace": {"name": f"traces/{TRACE}"},
    "GetExecution": {"name": f"executions/{HELD}"},
    "GetAlert": {"name": ALERT},
    "UpdateAlert": {"alert": {"name": ALERT, "title": "t"}, "updateMask": "title"},
    "DeleteAlert": {"name": ALERT},
    "MuteAlert": {"name": ALERT},
    "UnmuteAlert": {"name": ALERT},
    "GetKey": {"name": KEY},
    "RevokeKey": {"name": KEY},
    "DeleteKey": {"name": KEY},
}
"""What of the other tenant's each RPC can be asked for by name."""

MADE: Mapping[str, Mapping[str, Any]] = {
    "CreateConnector": {"connectorId": HELD, "connector": {}},
    "CreateSecret": {"secretId": HELD, "secret": {"value": "mine"}},
    "CreateSubscription": {"subscriptionId": HELD, "subscription": SUBSCRIBED},
    "CreateFlow": {"flowId": HELD, "flow": {"source": STEPS}},
    "CreateKey": {"keyId": HELD, "key": {"grants": [{"role": "ROLE_VIEWER"}]}},
    "CreateAlert": {
        "alertId": HELD,
        "alert": {"metric": "METRIC_ERROR_RATE", "above": 0.5},
    },
}
"""What makes something new, by an id that the other tenant has used."""


async def furnish(shop: Tenant, bank: Tenant, origin: str) -> None:
    """Gives the tenant `bank` all that is asked for, and `shop` something else."""
    await shop.publish("things", origin, policy=PLAIN)
    await bank.publish(HELD, origin, policy=PLAIN)
    await bank.asks("CreateConnection", {"connectionId": HELD, "connection": {"connector": HELD}})
    subject = {"parent": CONNECTION, "subjectId": HELD, "subject": {"externalId": "them"}}
    await bank.asks("CreateSubject", subject)
    for rpc in MADE.keys() - {"CreateConnector"}:
        await bank.asks(rpc, MADE[rpc])
    bank.faces.parts.history.note(
        Execution(id=HELD, tenant=bank.name, time=datetime.now(UTC), seconds=0.1, ok=True)
    )
    traced = {"traceparent": f"00-{TRACE}-{'1' * 16}-01", **dict(bank.shown)}
    await bank.faces.http.get(f"/v1/{CONNECTOR}", headers=traced)


def unheld(value: Any) -> Any:
    """The same with names that nobody has."""
    text = json.dumps(value).replace(HELD, UNHELD).replace(TRACE, NO_TRACE)
    return json.loads(text)
