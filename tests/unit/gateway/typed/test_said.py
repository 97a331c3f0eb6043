import pytest

from facade.errors.caller import InvalidRequest
from facade.model.call import NOBODY, CacheUse, Caller
from gateway.typed.said import NOTHING, Said, check_streamed, said_in


def test_whoever_says_nothing_is_called_for_as_his_tenant() -> None:
    assert said_in({"user-agent": "x"}, "") is NOTHING
    assert said_in({}, "acme") == Said(caller=Caller(tenant="acme"))


def test_all_that_execute_action_has_fields_for_can_be_said() -> None:
    said = said_in(
        {
            "portico-connection": "connections/mail",
            "portico-subject": "connections/mail/subjects/ada",
            "portico-request-id": "order-7",
            "portico-cache": "refresh",
            "portico-max-wait": "2.5",
            "portico-content-type": "application/xml",
            "portico-accept": "text/csv",
            "portico-validate-only": "true",
        },
        "acme",
    )
    assert said == Said(
        caller=Caller(tenant="acme", connection="mail", subject="ada"),
        through=("connections/mail", "connections/mail/subjects/ada"),
        request_id="order-7",
        cache_use=CacheUse.REFRESH,
        max_wait=2.5,
        content_type="application/xml",
        accept="text/csv",
        validate_only=True,
    )


def test_empty_values_say_nothing() -> None:
    keys = ("connection", "subject", "request-id", "cache", "max-wait", "validate-only")
    assert said_in({f"portico-{each}": "" for each in keys}, "") == Said(caller=NOBODY)


def test_nobody_waits_longer_than_a_call_may() -> None:
    assert said_in({"portico-max-wait": "99999"}, "").max_wait == 300.0


def test_all_that_is_wrong_is_told_at_once_by_its_key() -> None:
    with pytest.raises(InvalidRequest) as refused:
        said_in(
            {
                "portico-connection": "mail",
                "portico-request-id": "a b",
                "portico-cache": "never",
                "portico-max-wait": "-1",
                "portico-validate-only": "yes",
            },
            "",
        )
    assert [each.field for each in refused.value.details.violations] == [
        "portico-request-id",
        "portico-cache",
        "portico-max-wait",
        "portico-validate-only",
        "portico-connection",
    ]


def test_a_subject_is_of_the_connection_that_is_named() -> None:
    fields = {"portico-connection": "connections/a", "portico-subject": "connections/b/subjects/c"}
    with pytest.raises(InvalidRequest) as refused:
        said_in(fields, "")
    assert [each.field for each in refused.value.details.violations] == ["portico-subject"]


def test_what_is_for_one_answer_is_refused_of_a_stream() -> None:
    check_streamed(Said(validate_only=True, caller=Caller(connection="mail")))
    with pytest.raises(InvalidRequest) as refused:
        check_streamed(Said(request_id="a", cache_use=CacheUse.ONLY, max_wait=1.0))
    assert [each.field for each in refused.value.details.violations] == [
        "portico-request-id",
        "portico-cache",
        "portico-max-wait",
    ]
