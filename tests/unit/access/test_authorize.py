"""Who may call what: every role by every method, and deny by default."""

from types import MappingProxyType
from typing import Any

import pytest

from facade.access.authorize import Authority
from facade.access.methods import METHODS, WHOLE, Need
from facade.errors.access import CallerForbidden
from facade.model.access import ALLOWS, ANYONE, Grant, Identity, Permission, Role, Target
from gateway.interceptors import permission as asking
from gateway.interceptors.permission import checking
from gateway.services.services import NAMES
from tests.protos import SERVICES

RPCS = sorted(method.name for each in SERVICES.values() for method in each.methods)

VIEWING = frozenset(each for each in RPCS if each.startswith(("Get", "List", "Export"))) - {
    *("GetKey", "ListKeys", "ListAuditEntries", "GetTrial"),
}
VIEWING |= {"WatchEvents", "WatchRun", "CheckFlow"}
MAY = MappingProxyType(
    {
        Permission.INVOKE: {
            *("ExecuteAction", "StreamAction", "UploadAction"),
            *("CheckConnection", "ExecuteHttpRequest", "PublishEvent", "FireTrigger"),
            *("GetTrial", "TestAction"),
            *("TestFlow", "RunFlow", "CancelRun", "PauseRun", "ResumeRun", "ReplayRun"),
        },
        Permission.PUBLISH: {
            "DeleteConnector",
            *("DeleteFlow", "PublishFlow", "SuspendFlow", "ResumeFlow"),
        },
        Permission.AUDIT: {"ListAuditEntries", "VerifyAudit"},
        Permission.ADMINISTER: {
            *("CreateKey", "GetKey", "ListKeys", "RevokeKey", "DeleteKey", "RotateSecrets"),
        },
    }
)
ANYBODY = {
    "WhoAmI",
    "ManageVersions",
    "CreateEntity",
    "UpdateEntity",
    "DeleteEntity",
}
"""Of whom more is asked for what they change: of each change, of each action."""


class Known:
    """An alias, and whose connection it is."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, ...]] = []

    def actions(self, need: Need, tenant: str) -> frozenset[str]:
        del tenant
        return frozenset({"pets.get"} if need.target.action == "get" else ())

    def connector(self, connection: str, tenant: str) -> str:
        return "pets" if (connection, tenant) == ("of-pets", "") else WHOLE

    def note(self, *said: str) -> None:
        self.noted.append(said)


def may(
    identity: Identity, method: str, name: str = "", connection: str = "", kinds: Any = ()
) -> bool:
    known, through = Known(), (connection,) if connection else ()
    try:
        Authority(known, known).check(method, identity, name, through, kinds)
    except CallerForbidden:
        ((caller, _, called, _, reason),) = known.noted
        return (caller, called, reason) != (identity.name, method, "CALLER_FORBIDDEN")
    return not known.noted


def who(role: Role, **limits: tuple[str, ...]) -> Identity:
    return Identity(name="key:it", grants=(Grant(role=role, **limits),))


def test_every_rpc_of_every_service_has_a_row() -> None:
    assert {each for each in NAMES if each.startswith("gateway.")} == set(SERVICES)
    assert len(RPCS) == len(set(RPCS))
    assert set(RPCS) <= set(METHODS)


@pytest.mark.parametrize("role", Role)
def test_a20_each_role_may_call_what_its_permissions_say_and_nothing_else(role: Role) -> None:
    allowed = {each for each in RPCS if may(who(role), each)}
    editing = set(RPCS) - VIEWING - ANYBODY - {each for some in MAY.values() for each in some}
    wanted = VIEWING | ANYBODY
    for permission, methods in {**MAY, Permission.EDIT: editing}.items():
        if permission in ALLOWS[role]:
            wanted |= methods
    assert allowed == wanted


def test_who_has_no_grant_may_ask_who_it_is_and_nothing_else() -> None:
    nobody = Identity(name="key:none")
    assert {each for each in RPCS if may(nobody, each)} == {"WhoAmI"}


def test_no_gateway_starts_with_an_rpc_of_which_nobody_said_what_it_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service, known = SERVICES["gateway.v1.GatewayService"], Known()
    method = service.methods_by_name["ListActions"]
    checks = checking(Authority(known, known))
    checks(method)
    left = {name: each for name, each in METHODS.items() if name != "ListActions"}
    monkeypatch.setattr(asking, "METHODS", left)
    with pytest.raises(KeyError, match="ListActions"):
        checks(method)


@pytest.mark.parametrize("role", Role)
def test_a_method_without_a_row_is_nobodys(role: Role) -> None:
    assert not may(who(role), "MakeCoffee")
    assert not may(ANYONE, "MakeCoffee")


@pytest.mark.parametrize(
    ("kinds", "roles"),
    [
        (("create", "update"), {Role.EDITOR, Role.ADMIN}),
        (("promote",), {Role.PUBLISHER, Role.ADMIN}),
        (("deprecate", "delete"), {Role.PUBLISHER, Role.ADMIN}),
        (("create", "promote"), {Role.ADMIN}),
        (("dance",), {Role.ADMIN}),
        (("",), {Role.ADMIN}),
    ],
)
def test_a_change_set_asks_for_what_each_of_its_changes_does(
    kinds: tuple[str, ...], roles: set[Role]
) -> None:
    asked = ("connectors/pets", "", kinds)
    assert {each for each in Role if may(who(each), "ManageVersions", *asked)} == roles


PETS = "connectors/pets/versions/live/actions"
LIMITED = {
    "its connector": (
        {"connectors": ("pets",)},
        "ExecuteAction",
        f"{PETS}/get",
        "",
        True,
    ),
    "another": (
        {"connectors": ("pets",)},
        "ExecuteAction",
        "connectors/a/versions/v/actions/x",
        "",
        False,
    ),
    "by its beginning": ({"connectors": ("pe*",)}, "GetConnector", "connectors/pets", "", True),
    "not by its beginning": ({"connectors": ("pe",)}, "GetConnector", "connectors/pets", "", False),
    "an alias of its action": (
        {"actions": ("pets.get",)},
        "ExecuteAction",
        f"{PETS}/get",
        "",
        True,
    ),
    "the alias is not granted": ({"actions": ("get",)}, "ExecuteAction", f"{PETS}/get", "", False),
    "an id that is not there": ({"actions": ("x",)}, "ExecuteAction", f"{PETS}/x", "", True),
    "a call that names no action": (
        {"actions": ("x",)},
        "ExecuteAction",
        "connectors/pets",
        "",
        False,
    ),
    "its connection": (
        {"connections": ("a",)},
        "ExecuteAction",
        f"{PETS}/x",
        "connections/a",
        True,
    ),
    "a subject of it": (
        {"connections": ("a",)},
        "ExecuteAction",
        f"{PETS}/x",
        "connections/a/subjects/s",
        True,
    ),
    "another connection": (
        {"connections": ("a",)},
        "ExecuteAction",
        f"{PETS}/x",
        "connections/b",
        False,
    ),
    "around its connection": ({"connections": ("a",)}, "ExecuteAction", f"{PETS}/x", "", False),
    "its connector's connection": (
        {"connectors": ("pets",)},
        "GetConnection",
        "connections/of-pets",
        "",
        True,
    ),
    "a connection of another": (
        {"connectors": ("pets",)},
        "GetConnection",
        "connections/other",
        "",
        False,
    ),
    "what is the tenant's": ({"connectors": ("pets",)}, "ListSecrets", "", "", False),
    "what is no name": ({"connectors": ("pets",)}, "GetConnector", "pets", "", False),
    "twice the same": (
        {"connectors": ("pets",)},
        "GetVersion",
        "connectors/pets/connectors/a",
        "",
        False,
    ),
}


@pytest.mark.parametrize("case", LIMITED)
def test_a_grant_with_limits_covers_what_fits_them_and_nothing_else(case: str) -> None:
    limits, method, name, connection, wanted = LIMITED[case]
    assert may(who(Role.ADMIN, **limits), method, name, connection) is wanted
    assert may(who(Role.ADMIN), method, name, connection)


def test_a_target_is_asked_for_by_its_ids() -> None:
    known = Known()
    authority, caller = Authority(known, known), who(Role.INVOKER, actions=("a",))
    authority.check_target("Use", caller, Permission.INVOKE, Target(connector="c", action="a"))
    with pytest.raises(CallerForbidden, match="`c/b`"):
        authority.check_target("Use", caller, Permission.INVOKE, Target(connector="c", action="b"))
    assert [each[2] for each in known.noted] == ["Use"]
