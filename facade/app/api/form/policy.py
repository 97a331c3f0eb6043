"""Policies, by field."""

from typing import Any

from facade.app.api.form.form import Field, Form, Listed, Mapped, made
from facade.app.api.form.place import FieldPlace
from facade.app.api.form.scalar import FLAG, LONG, NUMBER, SECONDS, TEXT, WHOLE, Choice, choice
from facade.errors.fault import Code
from facade.model.policy import (
    ActionPolicy,
    Breaker,
    CacheMode,
    Caching,
    Concurrency,
    ErrorRule,
    Limit,
    Policy,
    ResponseValidation,
    Retry,
    Scope,
)

SCOPE = choice("LIMIT_SCOPE", Scope)

RETRY = Form(
    "Retry",
    "When a failed try is followed by another.",
    (
        Field(
            "max_attempts",
            WHOLE,
            "The most tries, the first included; 3 if unset, 1 for no repeats.",
        ),
        Field(
            "initial_backoff",
            SECONDS,
            "The longest pause before the second try; it doubles, with full jitter. 50 ms if "
            "unset.",
        ),
        Field("max_backoff", SECONDS, "The longest pause of all; 2 s if unset."),
        Field(
            "statuses",
            Listed(WHOLE),
            "The statuses after which an idempotent call is repeated; 408, 425, 429, 502, 503 and "
            "504 if empty.",
        ),
        Field(
            "idempotency_header",
            TEXT,
            "The header that tells the backend that two requests are one, such as "
            "`Idempotency-Key`: with it calls of any method may be repeated.",
        ),
    ),
    made(Retry),
)


def _breaker(given: dict[str, Any], _place: FieldPlace) -> Breaker:
    return Breaker(enabled=not given.pop("disabled", False), **given)


BREAKER = Form(
    "Breaker",
    "When a server is left alone. Transport errors, timeouts and 5xx count.",
    (
        Field("disabled", FLAG, "If set, never.", get=lambda breaker: not breaker.enabled),
        Field("consecutive_failures", WHOLE, "So many failures in a row open it; 5 if unset."),
        Field("failure_ratio", NUMBER, "So large a share of failures opens it; 0.5 if unset."),
        Field("minimum_calls", WHOLE, "Among so many calls at least; 20 if unset."),
        Field("window", SECONDS, "Within so long a time; 10 s if unset."),
        Field(
            "open_time",
            SECONDS,
            "How long it is open before a call may try again; longer as an outage lasts. "
            "1 s if unset.",
        ),
        Field("max_open_time", SECONDS, "The longest of these times; 30 s if unset."),
    ),
    _breaker,
)

CACHE = Form(
    "Cache",
    "How answers of GET and HEAD are remembered.",
    (
        Field(
            "mode", choice("MODE", CacheMode), "What decides how long an answer may be used again."
        ),
        Field(
            "ttl",
            SECONDS,
            "How long an answer is fresh where the backend does not say; not at all if unset.",
        ),
        Field("negative_ttl", SECONDS, "The same of 404, 405, 410, 414 and 501."),
        Field(
            "heuristic",
            FLAG,
            "If set, an answer without any such word is fresh for a tenth of the time since it "
            "was last modified.",
        ),
        Field(
            "stale_while_revalidate",
            SECONDS,
            "How long past that it is given while a new one is fetched.",
        ),
        Field("stale_if_error", SECONDS, "How long past that it stands in for a failing backend."),
        Field("key_without", Listed(TEXT), "Query parameters by which answers do not differ."),
        Field(
            "shared",
            FLAG,
            "If set, all connections, end users and credentials of a tenant get the same answers.",
        ),
        Field("max_bytes", LONG, "Larger answers are not remembered; 1 MiB if unset."),
    ),
    made(Caching),
)

LIMIT = Form(
    "Limit",
    "So many calls in a time.",
    (
        Field("scope", SCOPE, "What is counted by itself."),
        Field("calls", WHOLE, "So many calls.", required=True),
        Field("period", SECONDS, "In so long a time; 1 s if unset."),
        Field("burst", WHOLE, "Calls at once after a rest; as many as `calls` if unset."),
    ),
    made(Limit, calls=0),
)

CONCURRENCY = Form(
    "Concurrency",
    "So many calls at once.",
    (
        Field("scope", SCOPE, "What is counted by itself."),
        Field("calls", WHOLE, "So many calls.", required=True),
    ),
    made(Concurrency, calls=0),
)

LIMITS = Form(
    "Limits",
    "Several limits; none where it is empty.",
    (Field("limits", Listed(LIMIT), "The limits.", get=lambda limits: limits),),
    lambda given, _place: given.get("limits", ()),
)

ERROR_RULE = Form(
    "ErrorRule",
    "How one kind of failure is named.",
    (
        Field("http_status", WHOLE, "The HTTP status; any if 0.", own="status"),
        Field("pointer", TEXT, "A JSON pointer into the body, for example `/error/code`."),
        Field("equals", TEXT, "The value there; any if empty."),
        Field(
            "code",
            Choice({each.name: each for each in Code}),
            "The code that callers see.",
            required=True,
        ),
        Field("message_pointer", TEXT, "A JSON pointer to the message that callers see."),
    ),
    made(ErrorRule, code=Code.OK),
)

ACTION_POLICY = Form(
    "ActionPolicy",
    "What one action has otherwise than its version; what is unset is as the version's.",
    (
        Field("timeout", SECONDS, "How long a whole call may take."),
        Field("retry", RETRY, "When a failed try is followed by another."),
        Field("cache", CACHE, "How answers are remembered."),
        Field("limits", LIMITS, "The action's limits, in place of the version's."),
        Field("cost", WHOLE, "How many calls one call counts for."),
    ),
    made(ActionPolicy),
)

POLICY = Form(
    "Policy",
    "How calls are limited, remembered, repeated and judged.",
    (
        Field("timeout", SECONDS, "How long a whole call may take; 10 s if unset, 300 s at most."),
        Field("retry", RETRY, "When a failed try is followed by another.", silent=Retry()),
        Field("breaker", BREAKER, "When a server is left alone.", silent=Breaker()),
        Field("cache", CACHE, "How answers are remembered.", silent=Caching()),
        Field(
            "limits",
            Listed(LIMIT),
            "How many calls there may be in a time. All limits that apply must admit a call, or "
            "none is charged.",
        ),
        Field(
            "success_statuses",
            Listed(WHOLE),
            "The HTTP statuses that count as success; 200 to 299 if empty.",
        ),
        Field(
            "error_rules",
            Listed(ERROR_RULE),
            "How failures are named; the first that matches counts. A rule with the code "
            "UNAUTHENTICATED also has the credential renewed, once.",
        ),
        Field(
            "response_validation",
            choice("RESPONSE_VALIDATION", ResponseValidation),
            "What becomes of an answer that its declared schema does not allow.",
        ),
        Field(
            "concurrency",
            Listed(CONCURRENCY),
            "How many calls there may be at once, in each process.",
        ),
        Field(
            "server_concurrency",
            WHOLE,
            "How many calls may go to one server at once, from each process; 64 if unset.",
        ),
        Field("cost", WHOLE, "How many calls one call counts for; 1 if unset."),
        Field(
            "actions", Mapped(ACTION_POLICY), "What single actions have otherwise, by action id."
        ),
    ),
    made(Policy),
)
