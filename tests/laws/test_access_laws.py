"""Laws of access: a caller may do what some grant of its allows, and may give no more than that."""

from hypothesis import given
from hypothesis import strategies as st

from facade.access.keys import covers, digest_of, is_whole, key_text
from facade.model.access import ALLOWS, Grant, Identity, Permission, Role, Target

IDS = st.text("ab-", min_size=1, max_size=3)
PATTERNS = st.lists(st.one_of(IDS, IDS.map("{}*".format), st.just("*")), min_size=1, max_size=2)
GRANTS = st.builds(
    Grant,
    role=st.sampled_from(Role),
    connectors=PATTERNS.map(tuple),
    actions=PATTERNS.map(tuple),
    connections=PATTERNS.map(tuple),
)
TARGETS = st.builds(Target, connector=IDS, action=IDS, connection=IDS)


def fits(patterns: tuple[str, ...], name: str) -> bool:
    """Written anew, so that it can be compared."""
    return any(each in (name, "*") or (each[-1] == "*" and name[: len(each) - 1] == each[:-1])
               for each in patterns)  # fmt: skip


@given(st.lists(GRANTS, max_size=3), st.sampled_from(Permission), TARGETS)
def test_a_caller_may_do_what_one_of_its_grants_allows(
    grants: list[Grant], permission: Permission, target: Target
) -> None:
    caller = Identity(name="it", grants=tuple(grants))
    assert caller.allows(permission, target) == any(
        permission in ALLOWS[each.role]
        and fits(each.connectors, target.connector)
        and fits(each.actions, target.action)
        and fits(each.connections, target.connection)
        for each in grants
    )


@given(st.lists(GRANTS, max_size=3), GRANTS, st.sampled_from(Permission), TARGETS)
def test_nobody_can_make_a_key_that_may_do_more_than_its_maker(
    grants: list[Grant], given_: Grant, permission: Permission, target: Target
) -> None:
    maker, made = (Identity(name="m", grants=tuple(each)) for each in (grants, [given_]))
    if covers(maker, [given_]) and made.allows(permission, target):
        assert maker.allows(permission, target)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 70), st.sampled_from("aZ0_-"))
def test_a_key_with_a_letter_changed_is_none(secret: bytes, place: int, letter: str) -> None:
    text = key_text("ci", secret.hex()[:43])
    assert is_whole(text)
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    assert (changed == text) == (digest_of(changed) == digest_of(text))
    assert is_whole(changed) == (changed == text)
