"""What a mirror does for browsers: pages of others do not act by it, a backend's not as ours."""

import pytest

from facade.app.mirror.answer import Asker, head_of
from facade.app.mirror.browser import check_site
from facade.app.mirror.request import Head
from facade.errors.access import CrossSite
from facade.model.call import Reply
from facade.model.names import VersionName

CALLER = Asker(method="GET", is_gateway=False)
GATEWAY = Asker(method="GET", is_gateway=True)


def asked(method: str, **fields: str) -> Head:
    said = {name.replace("_", "-"): value for name, value in fields.items()}
    return Head(
        method=method,
        whole="/",
        name=VersionName("c", "v"),
        target="/",
        headers=tuple(said.items()),
        fields=said,
    )


def fields_of(
    *headers: tuple[str, str], asker: Asker = CALLER, status: int = 200
) -> list[tuple[str, str]]:
    """The fields of the answer, but for its length."""
    reply = Reply(status=status, headers=headers, body=b"")
    made = head_of(reply, (), asker, whole=True)["headers"]
    told = [(name.decode(), value.decode()) for name, value in made]
    return [each for each in told if each[0] != "content-length"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY", "TRACE", "get"])
def test_a_page_of_another_site_does_not_act(method: str) -> None:
    with pytest.raises(CrossSite):
        check_site(asked(method, sec_fetch_site="cross-site"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_page_of_another_site_may_go_on_asking(method: str) -> None:
    check_site(asked(method, sec_fetch_site="cross-site"))


@pytest.mark.parametrize("said", ["same-origin", "same-site", "none", ""])
def test_other_pages_and_other_programs_may_act(said: str) -> None:
    check_site(asked("POST", sec_fetch_site=said))
    check_site(asked("POST"))


@pytest.mark.parametrize(
    "said",
    [
        "text/html",
        "Text/HTML; charset=utf-8",
        " text/html\t;x",
        "text/html charset=utf-8",
        "application/json, text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml;q",
        "text/xsl",
        "application/atom+xml",
        "multipart/x-mixed-replace; boundary=a",
        "\x00text/html",
    ],
)
def test_what_browsers_run_is_sandboxed(said: str) -> None:
    fields = fields_of(("content-type", said))
    assert ("content-security-policy", "sandbox") in fields
    assert ("x-content-type-options", "nosniff") in fields


@pytest.mark.parametrize(
    "said",
    [
        "application/json",
        "text/plain",
        "image/png",
        "application/problem+json",
        "text/htmlx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/xml-dtd",
        "",
    ],
)
def test_what_browsers_show_or_save_is_not_but_stays_what_it_is(said: str) -> None:
    fields = fields_of(("content-type", said))
    assert fields == [("content-type", said), ("x-content-type-options", "nosniff")]


def test_what_has_no_type_is_not_guessed_at() -> None:
    assert fields_of() == [("x-content-type-options", "nosniff")]


def test_policies_add_up() -> None:
    own = ("content-security-policy", "default-src 'none'")
    fields = fields_of(("content-type", "text/html"), own)
    assert fields.count(own) == fields.count(("content-security-policy", "sandbox")) == 1


@pytest.mark.parametrize("said", ["nosniff", "sniff"])
def test_a_type_is_said_once_not_to_be_guessed(said: str) -> None:
    fields = fields_of(("content-type", "image/png"), ("x-content-type-options", said))
    assert [value for name, value in fields if name == "x-content-type-options"] == ["nosniff"]


def test_a_304_takes_no_sandbox_from_the_page_that_is_kept() -> None:
    own = ("content-security-policy", "default-src *")
    assert fields_of(own, status=304) == [own, ("content-security-policy", "sandbox")]
    assert fields_of(("etag", '"1"'), status=304) == [("etag", '"1"')]


OF_HOSTS = [
    ("alt-svc", 'h3=":443"'),
    ("access-control-allow-origin", "*"),
    ("clear-site-data", '"*"'),
    ("service-worker-allowed", "/"),
    ("strict-transport-security", "max-age=31536000"),
]


@pytest.mark.parametrize("field", OF_HOSTS)
def test_no_backend_speaks_for_the_whole_host(field: tuple[str, str]) -> None:
    assert field not in fields_of(field)


def test_a_gateway_gets_what_the_backend_says_and_nothing_else() -> None:
    said = (("content-type", "text/html"), ("x-content-type-options", "sniff"), *OF_HOSTS)
    assert fields_of(*said, asker=GATEWAY) == list(said)
