"""I-2: a literal that looks like a credential is found, unless it is allowed."""

import pytest

from facade.flows.checking.called import Nothing
from facade.flows.checking.check import check
from facade.flows.checking.credentials import looks_secret
from facade.flows.document.reading import read_definition
from tests.flow_files import marked

TOKEN = "ghp_" + "a1B2" * 8
AWS = "AKIA" + "ABCDEFGH12345678"
JWT = "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln"

FOUND = {
    "env.API_TOKEN": "env: {API_TOKEN: «abcdefgh12}\nsteps: [{id: a, wait: 1s}]\n",
    "env.greeting": f"env: {{greeting: «{TOKEN}}}\nsteps: [{{id: a, wait: 1s}}]\n",
    "a.arguments.Authorization": (
        "steps:\n  - {id: a, action: p/x, arguments: {Authorization: «Bearer abcdefghijklmnop}}\n"
    ),
    "a.arguments.body.keys[1]": (
        f"steps:\n  - {{id: a, action: p/x, arguments: {{body: {{keys: [x, «{AWS}]}}}}}}\n"
    ),
    "a.arguments.accessKey": (
        "steps:\n  - {id: a, action: p/x, arguments: {accessKey: «abcdefgh}}\n"
    ),
    "b.content.password": (
        "steps:\n  - id: a\n    choose:\n      - steps:\n"
        "          - {id: b, notify: {event: x.y, content: {password: «hunter2hunter2}}}\n"
    ),
    "a.input.x-api-key": "steps:\n  - {id: a, flow: other, input: {x-api-key: «0123456789}}\n",
    "a.map.token": """steps:\n  - {id: a, map: {token: "«'abcdefghijk'"}}\n""",
    "a.map": f"""steps:\n  - {{id: a, map: "«{{t: '{JWT}'}}"}}\n""",
    "trigger.call.arguments.secret": (
        "trigger:\n  poll:\n    call: {action: p/x, arguments: {secret: «abcdefgh}}\n"
        "    every: 5m\n    items: body\nsteps: [{id: a, wait: 1s}]\n"
    ),
    "a.arguments.token": (
        "steps:\n  - id: a\n    for_each: input\n"
        "    do: {action: p/x, arguments: {token: «abcdefgh}}\n"
    ),
}


@pytest.mark.parametrize("path", FOUND)
def test_i2_a_literal_that_looks_like_a_credential_is_found_at_its_place(path: str) -> None:
    text, place = marked(FOUND[path])
    [found] = check(read_definition(text), Nothing())
    assert found.place == place
    assert f"allow_literals: [{path}]" in found.message


@pytest.mark.parametrize("path", FOUND)
def test_i2_what_is_marked_as_none_is_let_through(path: str) -> None:
    text = FOUND[path].replace("«", "") + f"allow_literals: ['{path}']\n"
    assert check(read_definition(text), Nothing()) == ()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("token", "{{ steps.login.output.token }}"),
        ("secret", "secret:crm-hooks"),
        ("api_key", "env:SHOP_KEY"),
        ("token", "short"),
        ("name", "a perfectly plain sentence of words"),
        ("tokens", "one two three four"),
        ("author", "Bearer of good news"),
        ("id", "6f1c2d3e-0000-4000-8000-000000000000"),
        ("map", "{token: steps.login.output.token}"),
    ],
)
def test_i2_references_slots_and_words_are_no_credentials(key: str, text: str) -> None:
    assert not looks_secret(key, text)


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        AWS,
        JWT,
        "sk-live-abcdefghijklmnop",
        "xoxb-1234567890-abc",
        "Basic dXNlcjpwYXNzd29yZA==",
    ],
)
def test_i2_tokens_of_known_issuers_are_known_under_any_key(text: str) -> None:
    assert looks_secret("anything", f"x {text} y")
    assert looks_secret("anything", text)
