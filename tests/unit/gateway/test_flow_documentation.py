"""Documentation of a flow: its five parts, of every trigger and work, and texts of others."""

import re

import pytest

from facade.flows.templates import TEMPLATES
from gateway.cli.docs import markdown, page
from gateway.cli.flow_documentation import facts_of
from gateway.v1.flow_pb2 import Flow, FlowVersion

HOSTILE = "a | `b` <script>alert(1)</script>"
FLOW = f"""\
title: "{HOSTILE}"
description: "{HOSTILE}"
trigger: {{webhook: {{}}}}
input:
  type: object
  properties: {{tag: {{$ref: '#/$defs/tag'}}}}
  $defs: {{tag: {{type: string, examples: ["it's"]}}}}
env: {{region: "{HOSTILE}"}}
steps:
  - id: fetch
    title: "{HOSTILE}"
    action: shop/listItems
    connection: berlin
    retry: {{attempts: 3}}
    on_failure: continue
  - id: either
    choose:
      - steps: [{{id: inner, for_each: input.tags, do: {{action: shop/addItem}}}}]
output:
  - {{id: told, notify: {{mail: a@b.example, subject: s, content: c}}}}
bounds: {{seconds: 60, steps: 7, bytes: 1MiB, concurrency: 2, rate: 5}}
"""


def told_of(source: str, server: str = "127.0.0.1:50051") -> str:
    flow = Flow(name="flows/orders", state=Flow.STATE_ACTIVE)
    version = FlowVersion(name="flows/orders/versions/v3", source=source)
    return markdown("flow.md", facts_of(flow, version, server))


TOLD = told_of(FLOW)


def test_i11_a_page_says_how_it_works_configuration_limits_troubleshooting_and_examples() -> None:
    headings = [line[3:] for line in TOLD.splitlines() if line.startswith("## ")]
    assert headings == ["How it works", "Configuration", "Limits", "Troubleshooting", "Examples"]
    for said in (
        "`orders@v3`, active",
        "It starts by: webhook (for each signed message).",
        "| `fetch` | call shop/listItems |",
        "| the run goes on |",
        "| `inner` | for each: call shop/addItem, 16 at a time |  | the run ends |",
        "| `told` | mail to a@b.example |",
        "| `connectors/shop/versions/live/actions/listItems` | `connections/berlin` |",
        "| `connectors/shop/versions/live/actions/addItem` | none: the version's own",
        "`portico trigger get orders`",
        "- A run takes 60 s at most",
        "- 5 runs begin in a minute at most.",
        "- `fetch` has 10 s for a try, and is tried 3 times at most.",
        "| A rule that does not hold `VALIDATION_FAILED` |",
    ):
        assert said in TOLD, said


def test_the_examples_are_typed_as_they_stand() -> None:
    by_hand = FLOW.replace("trigger: {webhook: {}}\n", "")
    told = told_of(by_hand.replace("  type: object\n", "  type: object\n  required: [tag]\n", 1))
    assert """portico flow run orders -i '{"tag": "it'"'"'s"}'""" in told
    request = """{"name": "flows/orders", "wait": true, "input": "{\\"tag\\": \\"it'\\''s\\"}"}"""
    assert f"grpcurl -plaintext -d '{request}' 127.0.0.1:50051" in told


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_has_a_page(name: str) -> None:
    text = told_of(TEMPLATES[name].text)
    assert "\n\n\n\n" not in text
    rows = re.findall(r"(?m)^\|.*$", text)
    assert all(each.count("|") >= 3 for each in rows)


def test_texts_of_others_are_no_marks_in_tables_and_no_html_in_the_page() -> None:
    rows = [line.replace("\\|", "") for line in TOLD.splitlines() if line.startswith("| ")]
    assert all(line.count("|") in (3, 4, 5) for line in rows)
    flow = Flow(name="flows/orders", state=Flow.STATE_DRAFT)
    version = FlowVersion(name="flows/orders/versions/v1", source=FLOW)
    html = page("flow.md", facts_of(flow, version, "127.0.0.1:50051"))
    assert "<script" not in html
    assert html.count("<h2>") == 5
