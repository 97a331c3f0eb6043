"""How documents come in: what is fetched, and what never is."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import pytest

from facade.catalog.sourcing import FETCHES, Intake, Sources, given_digest
from facade.errors.backend import BackendUnreachable
from facade.errors.caller import EgressDenied, InvalidSpec
from facade.model.change import Draft
from facade.spec.bundling.archive import pack
from facade.spec.examination import examine
from facade.spec.limits import Limits

ROOT = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {$ref: '%s'}}\n"
ITEM = b"get: {responses: {default: {description: x}}}"
READ = partial(examine, limits=Limits())


class Host:
    """Addresses with what they answer; notes what was asked for."""

    def __init__(self, answers: Mapping[str, bytes | Exception]) -> None:
        self.asked: list[str] = []
        self._answers = answers

    async def fetch(self, uri: str) -> bytes:
        self.asked.append(uri)
        answer = self._answers.get(uri, InvalidSpec("spec_uri: answered 404"))
        if isinstance(answer, Exception):
            raise answer
        return answer


def sources(fetch: Callable[[str], Awaitable[bytes]], *hosts: str) -> Sources:
    return Sources(READ, fetch, Intake(hosts=hosts))


@pytest.mark.parametrize(
    ("uri", "hosts", "fetched"),
    [
        ("https://x.example/a.yaml", (), False),
        ("https://x.example/a.yaml", ("y.example",), False),
        ("https://x.example/a.yaml", ("X.Example",), True),
        ("https://x.example/a.yaml", ("example",), False),
        ("https://x.example/a.yaml", ("*.example",), True),
        ("https://x.y.example/a.yaml", ("*.example",), True),
        ("https://example/a.yaml", ("*.example",), False),
        ("https://x.example:8443/a.yaml", ("x.example",), False),
        ("https://x.example:8443/a.yaml", ("x.example:8443",), True),
        ("https://u@x.example/a.yaml", ("u",), False),
        ("https://x.example.evil/a.yaml", ("x.example",), False),
        ("http://169.254.169.254/latest", ("x.example",), False),
        ("https://x.example:99999/a.yaml", ("x.example",), False),
    ],
)
async def test_h02_only_the_hosts_that_the_operator_names_are_asked(
    uri: str,
    hosts: tuple[str, ...],
    fetched: bool,  # noqa: FBT001 - a column of the table
) -> None:
    host = Host({uri: ITEM})
    got = await sources(host.fetch, *hosts).get(Draft(spec_text=ROOT % uri))
    assert host.asked == ([uri] if fetched else [])
    assert [each.code for each in got.read.problems] == ([] if fetched else ["external-ref"])
    assert len(got.read.spec) == int(fetched)


async def test_what_is_fetched_becomes_part_of_the_document_for_good() -> None:
    host = Host({"https://x.example/a.yaml": b"get: {responses: {$ref: 'r.yaml'}}"})
    host = Host(
        {
            "https://x.example/a.yaml": b"get: {responses: {default: {$ref: 'd/r.yaml#/R'}}}",
            "https://x.example/d/r.yaml": b"R: {description: fine}",
        }
    )
    draft = Draft(spec_text=ROOT % "https://x.example/a.yaml")
    got = await sources(host.fetch, "x.example").get(draft)
    assert got.read.problems == ()
    assert "x.example" not in got.text
    assert got.digest == given_digest(draft)


async def test_a_document_at_an_address_may_refer_to_its_own_host() -> None:
    host = Host(
        {
            "https://x.example/v1/openapi.yaml": (ROOT % "../a.yaml").encode(),
            "https://x.example/a.yaml": ITEM,
        }
    )
    got = await sources(host.fetch).get(Draft(spec_uri="https://x.example/v1/openapi.yaml"))
    assert (len(got.read.spec), got.read.problems) == (1, ())


async def test_h03_a_text_alone_has_no_files_beside_it() -> None:
    host = Host({})
    got = await sources(host.fetch).get(Draft(spec_text=ROOT % "a.yaml"))
    assert [each.code for each in got.read.problems] == ["dangling-ref"]
    assert "spec_archive" in got.read.problems[0].message
    assert (got.text, host.asked) == (ROOT % "a.yaml", [])


async def test_an_archive_is_one_document_with_the_digest_of_that() -> None:
    files = {"openapi.yaml": (ROOT % "a.yaml").encode(), "a.yaml": ITEM}
    draft = Draft(spec_archive=pack(files))
    got = await sources(Host({}).fetch).get(draft)
    assert (len(got.read.spec), got.digest) == (1, given_digest(draft))
    again = await sources(Host({}).fetch).get(Draft(spec_archive=pack({**files, "b.md": b""})))
    assert again.digest == got.digest
    alone = await sources(Host({}).fetch).get(
        Draft(spec_archive=pack({"o.yaml": ITEM + b"\nopenapi: 3.1.0\n"}))
    )
    assert alone.text == f"{ITEM.decode()}\nopenapi: 3.1.0\n"


@pytest.mark.parametrize(
    "answer",
    [InvalidSpec("spec_uri: answered 302"), EgressDenied("no"), b"\xff\xfe\0", b"{]"],
)
async def test_h04_what_cannot_be_had_is_a_problem_of_the_reference(
    answer: bytes | Exception,
) -> None:
    uri = "https://x.example/a.yaml"
    host = Host({uri: answer})
    got = await sources(host.fetch, "x.example").get(Draft(spec_text=ROOT % uri))
    (problem,) = got.read.problems
    assert (problem.severity, problem.pointer) == ("error", "/paths/~1a/$ref")
    assert host.asked == [uri]


async def test_what_may_be_had_later_makes_no_version_now() -> None:
    uri = "https://x.example/a.yaml"
    host = Host({uri: BackendUnreachable("no connection")})
    with pytest.raises(BackendUnreachable):
        await sources(host.fetch, "x.example").get(Draft(spec_text=ROOT % uri))


async def test_h04_a_document_that_is_spread_without_end_is_not_followed() -> None:
    asked: list[str] = []

    async def fetch(uri: str) -> bytes:
        asked.append(uri)
        return f"get: {{responses: {{default: {{$ref: '/{len(asked)}'}}}}}}".encode()

    async def chain(uri: str) -> bytes:
        asked.append(uri)
        return f"$ref: '/{len(asked)}.yaml'".encode()

    many = "".join(f"  /{n}: {{$ref: 'https://x.example/{n}.yaml'}}\n" for n in range(2 * FETCHES))
    text = f"openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths:\n{many}"
    await sources(fetch, "x.example").get(Draft(spec_text=text))
    assert len(asked) == FETCHES
    asked.clear()
    await sources(chain, "x.example").get(Draft(spec_text=ROOT % "https://x.example/0.yaml"))
    assert len(asked) <= FETCHES
