"""Digest by RFC 7616, with the examples that it gives."""

import re
from typing import Any

import pytest

from facade.model.call import Reply
from facade.policy.credentials.digest import Challenge, Challenges, Login, Proof, challenge_of
from tests.fakes import a_plan

MUFASA = Login(who="m", username="Mufasa", password="Circle of Life")
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
REALM = "http-auth@example.org"


def refusal(*challenges: str) -> Reply:
    headers = tuple(("www-authenticate", each) for each in challenges)
    return Reply(status=401, headers=headers, body=b"")


def challenge(**fields: Any) -> Challenge:
    given: dict[str, Any] = {"realm": REALM, "nonce": NONCE, "qop": True}
    return Challenge(**given | fields)


def response(given: Challenge, login: Login = MUFASA, **fields: Any) -> str:
    told: dict[str, Any] = {"method": "GET", "target": "/dir/index.html", "cnonce": CNONCE}
    found = re.search(' response="(.*?)"', Proof(login=login, **told | fields).authorization(given))
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"algorithm": "SHA-256"},
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        ({"algorithm": "MD5"}, "8ca523f5e9506fed4657c9700eebdbec"),
    ],
)
def test_the_example_of_the_rfc_is_proved(fields: Any, expected: str) -> None:
    assert response(challenge(**fields)) == expected


def test_the_example_of_rfc_2617_and_that_without_a_quality_are_proved() -> None:
    old: dict[str, Any] = {
        "realm": "testrealm@host.com",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    }
    login = Login(who="m", username="Mufasa", password="Circle Of Life")
    given: dict[str, Any] = {"login": login, "cnonce": "0a4f113b"}
    assert response(challenge(**old), **given) == "6629fae49393a05397450978507c4ef1"
    without = response(challenge(**old, qop=False), **given)
    assert without == "670fd8c2df070c60b045671b8b24ff02"


def test_the_example_with_a_hashed_name_is_proved_as_its_erratum_4897_says() -> None:
    login = Login(who="j", username="Jäsøn Doe", password="Secret, or not?")
    given: dict[str, Any] = {
        "realm": "api@example.org",
        "nonce": "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        "algorithm": "SHA-512-256",
    }
    proof = Proof(
        login=login,
        method="GET",
        target="/doe.json",
        cnonce="NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    )
    response = 'response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"'
    hashed = proof.authorization(challenge(**given, hashed=True))
    name = "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert f'username="{name}", userhash=true' in hashed
    assert response in hashed
    open_ = proof.authorization(challenge(**given))
    assert "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe" in open_
    assert response in open_


def test_a_session_key_depends_on_both_nonces() -> None:
    plain, session = challenge(algorithm="MD5"), challenge(algorithm="MD5", session=True)
    assert response(session) != response(plain)
    header = Proof(login=MUFASA, method="GET", target="/", cnonce="c").authorization(session)
    assert "algorithm=MD5-sess" in header


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('Digest realm="r", nonce="n"', {"qop": False, "named": False}),
        ('DIGEST REALM="r",NONCE="n",QOP="auth,auth-int",ALGORITHM=md5', {"algorithm": "MD5"}),
        ('Digest realm="r", nonce="n", qop=auth, algorithm="SHA-256-sess"', {"session": True}),
        ('Digest realm="a \\"b\\", Basic", nonce="n", qop="auth"', {"realm": 'a "b", Basic'}),
        ('Basic realm="x", Digest realm="r", nonce="n", qop="auth"', {"realm": "r"}),
        ('Negotiate YWJj==, Digest realm="r", nonce="n", stale=TRUE', {"stale": True}),
        ('Digest realm="r", nonce="n", opaque="", qop="auth"', {"opaque": ""}),
        ('Digest realm="r", nonce="n", nonce="m"', {"nonce": "n"}),
    ],
)
def test_challenges_are_read_as_servers_write_them(said: str, expected: Any) -> None:
    found = challenge_of(refusal(said))
    assert found is not None
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    "said",
    [
        *("", "Basic realm=x", "Digest", 'Digest realm="r"', 'Digest nonce="n", algorithm=SHA-1'),
        *('Digest nonce="n", qop="auth-int"', 'Bearer nonce="n"', 'Digest nonce="n'),
    ],
)
def test_what_cannot_be_met_is_no_challenge(said: str) -> None:
    assert challenge_of(refusal(said)) is None


def test_of_several_challenges_the_strongest_is_met() -> None:
    found = challenge_of(
        refusal('Digest nonce="1"', 'Digest nonce="2", algorithm=SHA-256, Digest nonce="3"')
    )
    assert found is not None
    assert found.nonce == "2"


def test_a_challenge_is_met_from_then_on_with_a_count_of_its_own_for_each_origin() -> None:
    known = Challenges()
    plan, other = a_plan("https://a"), a_plan("https://b")
    assert known.proof(MUFASA, plan) == ((), "")
    assert known.learn(MUFASA, "https://a", "", refusal('Digest realm="r", nonce="n", qop="auth"'))
    for count in ("00000001", "00000002"):
        (mark,), nonce = known.proof(MUFASA, plan)
        assert nonce == "n"
        assert f"nc={count}" in mark.value
        assert "Circle" not in mark.value
    assert known.proof(MUFASA, other) == ((), "")


@pytest.mark.parametrize(
    ("nonce", "said", "worth"),
    [
        ("", 'Digest nonce="n"', True),
        ("n", 'Digest nonce="n"', False),
        ("n", 'Digest nonce="n", stale=true', True),
        ("n", 'Digest nonce="m"', True),
        ("n", "Basic realm=x", False),
    ],
)
def test_a_wrong_password_is_not_proved_again(nonce: str, said: str, *, worth: bool) -> None:
    assert Challenges().learn(MUFASA, "https://a", nonce, refusal(said)) is worth
    assert not Challenges().learn(MUFASA, "https://a", nonce, None)


def test_a_nonce_that_several_calls_are_given_goes_on_counting() -> None:
    known, plan = Challenges(), a_plan("https://a")
    given = refusal('Digest realm="r", nonce="n", qop="auth"')
    counts = []
    for _ in range(3):
        assert known.learn(MUFASA, "https://a", "", given)
        (mark,), _nonce = known.proof(MUFASA, plan)
        counts.append(re.findall("nc=0*([0-9]+)", mark.value))
    assert counts == [["1"], ["2"], ["3"]]
