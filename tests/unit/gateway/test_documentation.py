"""Documentation of an integration: its five parts, and texts that nobody here has written."""

from gateway.cli.docs import markdown, page
from gateway.cli.documentation import ERRORS, errors, facts_of
from gateway.v1.action_pb2 import Action, Parameter
from gateway.v1.credential_pb2 import Credential
from gateway.v1.policy_pb2 import Limit, Policy
from gateway.v1.problem_pb2 import Problem
from gateway.v1.version_pb2 import BackendVariable, Connector, ConnectorVersion

HOSTILE = "a | `b` <script>alert(1)</script>\n# no heading \x1b[31m"

NAME = "connectors/shop/versions/v1"

VERSION = ConnectorVersion(
    name=NAME,
    notes=HOSTILE,
    backend_variables=[
        BackendVariable(key="region", value="eu", required=True, title=HOSTILE, choices=["eu"]),
        BackendVariable(key="token", secret="secret:shop"),
    ],
    credentials=[Credential(scheme="key", api_key=Credential.ApiKey(key_secret="secret:key"))],
    policy=Policy(limits=[Limit()]),
    problems=[Problem(message=HOSTILE)],
)
VERSION.direct.base_uri = "https://shop.example/api"

ACTIONS = [
    Action(name=f"{NAME}/actions/addOrder", method="POST", path="/orders", callable=True),
    Action(
        name=f"{NAME}/actions/getOrder",
        method="GET",
        path="/orders/{id}",
        callable=True,
        safe=True,
        title=HOSTILE,
        parameters=[Parameter(name="id", required=True)],
    ),
    Action(name=f"{NAME}/actions/broken", method="GET", path="/broken"),
]

TOLD = facts_of(
    Connector(name="connectors/shop", title=HOSTILE, description=HOSTILE),
    VERSION,
    ACTIONS,
    "127.0.0.1:50051",
)


def test_i11_a_page_says_how_it_works_configuration_limits_troubleshooting_and_examples() -> None:
    text = markdown("connector.md", TOLD)
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == ["How it works", "Configuration", "Limits", "Troubleshooting", "Examples"]
    assert "| `addOrder` | `POST /orders` |" in text
    assert "broken" not in text
    assert "--variable region=…" in text
    assert "| `token` | no | a secret |" in text
    assert "- `key`: api key" in text


def test_the_secrets_of_a_version_are_not_told_by_their_references() -> None:
    assert "secret:" not in markdown("connector.md", TOLD)


def test_i5_each_error_has_its_cause_and_its_solution() -> None:
    rows = errors()
    assert len(rows) == len(ERRORS)
    assert all(each["cause"] and each["remedy"] for each in rows)


def test_texts_of_others_are_no_marks_in_tables_and_no_html_in_the_page() -> None:
    text, html = markdown("connector.md", TOLD), page("connector.md", TOLD)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") in (4, 5) for line in rows)
    assert "<script" not in html
    assert "\x1b" not in text
    assert html.count("<h2>") == 5
