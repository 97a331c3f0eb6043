"""What signs the calls of an action is worked out once, for as long as it is the same."""

import pytest

from facade.errors.caller import ConnectionIncomplete
from facade.model.action import Location, SecurityScheme
from facade.model.credential import ApiKey, Grant, OAuth2, Passthrough
from facade.model.version import Variable
from facade.policy.credentials.credentials import signed_by
from facade.policy.credentials.ready import UNSIGNED
from tests.fakes import a_version
from tests.signers import a_call, a_signer, holds

HEADER = SecurityScheme(name="head", type="apiKey", parameter="X-Key")
OAUTH = SecurityScheme(name="oauth", type="oauth2")
KEY = ApiKey(key="env:TOKEN")
OWN = Passthrough(metadata="x-token", header="authorization", prefix="Bearer ")


async def test_that_nothing_signs_an_action_is_known_from_its_first_call_on() -> None:
    bare, keyed = a_call((), holds(HEADER, KEY)), a_call(((HEADER,),), holds(HEADER, KEY))
    theirs = a_call((), version=a_version(passthrough=(OWN,)))
    async with a_signer({"TOKEN": "t"}) as signer:
        for given in (bare, keyed, theirs):
            assert signer.at_hand(given.version, given.action) is None
            await signer.sign(given)
        assert signer.at_hand(bare.version, bare.action) is UNSIGNED
        assert signer.at_hand(keyed.version, bare.action) is None
        assert signer.at_hand(keyed.version, keyed.action) not in (None, UNSIGNED)
        assert signer.at_hand(theirs.version, theirs.action) is None


async def test_what_signs_an_action_is_at_hand_until_its_secret_has_another_value() -> None:
    environ = {"TOKEN": "one"}
    given = a_call(((HEADER,),), holds(HEADER, KEY))
    async with a_signer(environ) as signer:
        for word in ("one", "two"):
            environ["TOKEN"] = word
            assert signer.at_hand(given.version, given.action) is None
            signed = await signer.sign(given)
            known = signer.at_hand(given.version, given.action)
            assert known is not None
            assert signed_by(known, given) == signed
            assert known.who == await signer.who(given)
        del environ["TOKEN"]
        assert signer.at_hand(given.version, given.action) is None
        with pytest.raises(ConnectionIncomplete):
            await signer.sign(given)


async def test_what_depends_on_the_call_is_never_at_hand() -> None:
    exchange = OAuth2(grant=Grant.TOKEN_EXCHANGE, subject_metadata="x-token", token_uri="https://a")
    secret = Variable(name="tenant", location=Location.HEADER, secret="env:TOKEN")
    plans = [
        a_call(((OAUTH,),), holds(OAUTH, exchange), metadata={"x-token": "t"}),
        a_call((), version=a_version(passthrough=(OWN,))),
        a_call((), version=a_version(variables=(secret,))),
    ]
    async with a_signer({"TOKEN": "t"}) as signer:
        for plan in plans:
            await signer.who(plan)
            assert signer.at_hand(plan.version, plan.action) is None
