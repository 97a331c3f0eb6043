"""What is declared of an answer, and which answers are held to it."""

import pytest

from facade.model.action import Action, Media, Response
from facade.model.policy import ResponseValidation
from facade.transcode.answers import EVERY, KINDS, SHORT, Answers, Expected
from facade.transcode.media_type import parse


def answers_of(*responses: Response) -> Answers:
    return Answers(Action(id="a", method="GET", path="/", pointer="", responses=responses))


def expecting(*types: str) -> Expected:
    media = tuple(Media(type=each) for each in types)
    expected = answers_of(Response(status="200", media=media)).select(200)
    assert expected is not None
    return expected


@pytest.mark.parametrize(
    ("said", "nearest"),
    [
        ("text/csv", "text/csv"),
        ("TEXT/CSV; header=present", "text/csv"),
        ("text/plain", "text/*"),
        ("image/png", "*/*"),
        ("application/vnd.x+json", "application/*+json"),
        ("application/vnd.pet+json; v=2", "application/vnd.pet+json; v=2"),
        ("application/vnd.pet+json; v=1", "application/vnd.pet+json; v=1"),
        ("application/vnd.pet+json; v=3", "application/vnd.pet+json"),
    ],
)
def test_the_nearest_declared_type_counts(said: str, nearest: str) -> None:
    expected = expecting(
        "*/*",
        "text/*",
        "application/*+json",
        "application/vnd.pet+json",
        "application/vnd.pet+json; v=1",
        "application/vnd.pet+json; v=2",
        "text/csv",
    )
    kind = parse(said)
    assert kind is not None
    found = expected.nearest(kind)
    assert found is not None
    assert found.type == nearest


@pytest.mark.parametrize(
    ("declared", "said", "held_to"),
    [
        (("application/json", "text/csv"), "application/json", "application/json"),
        (("text/csv", "application/json"), "application/hal+json", "application/json"),
        (("application/json",), "text/plain", "application/json"),
        (("application/json",), None, "application/json"),
        (("text/csv",), "application/json", None),
        ((), "application/json", None),
    ],
)
def test_json_is_held_to_its_own_type_else_to_the_first_json(
    declared: tuple[str, ...], said: str | None, held_to: str | None
) -> None:
    found = expecting(*declared).schema_for(parse(said) if said else None)
    assert (found.type if found else None) == held_to


def test_what_is_declared_is_compiled_once() -> None:
    media = Media(type="application/json", schema={"type": "integer"})
    answers = answers_of(Response(status="2xx", media=(media,)))
    expected = answers.select(200)
    assert expected is not None
    assert answers.select(201) is expected
    assert expected.check(media) is expected.check(media)
    assert not expected.check(media).fits("7")


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(
    ("validation", "expected"), [(ResponseValidation.OFF, 0), (ResponseValidation.ENFORCE, 250)]
)
def test_off_holds_no_answer_to_its_schema_and_enforce_every_one(
    validation: ResponseValidation, expected: int, *, seen: bool
) -> None:
    answers = answers_of()
    assert sum(answers.due(validation, seen=seen) for _ in range(250)) == expected


def test_warn_holds_those_whose_warnings_are_shown_and_one_in_a_hundred_of_the_others() -> None:
    answers = answers_of()
    assert all(answers.due(ResponseValidation.WARN, seen=True) for _ in range(250))
    unseen = [answers.due(ResponseValidation.WARN, seen=False) for _ in range(2 * EVERY + 1)]
    assert [number for number, due in enumerate(unseen, 1) if due] == [EVERY, 2 * EVERY]


def test_answers_of_changing_types_are_held_each_to_its_own() -> None:
    expected = expecting("application/json", "text/csv")
    json, csv, png = parse("application/json"), parse("text/csv"), parse("image/png")
    assert json is not None
    assert csv is not None
    assert png is not None
    for _ in range(2):
        assert [expected.declares(each) for each in (json, csv, png)] == [True, True, False]
        held = [expected.schema_for(each) for each in (csv, None, json)]
        assert [each and each.type for each in held] == ["text/csv", *["application/json"] * 2]


def test_a_status_is_looked_up_once_and_stays_what_it_is() -> None:
    answers = answers_of(Response(status="2XX"), Response(status="404"))
    first = [answers.select(status) for status in (200, 404, 500)]
    assert [each and each.status for each in first] == ["2XX", "404", None]
    assert [answers.select(status) for status in (200, 404, 500)] == first
    assert answers.select(201) is first[0]


def test_of_all_the_content_types_of_a_backend_only_a_few_short_ones_are_remembered() -> None:
    answers = answers_of(Response(status="200", media=(Media(type="application/json"),)))
    first = answers.about(200, ("application/json",))
    assert answers.about(200, ("application/json",)) is first
    assert answers.about(200, None) is not first
    long = ("text/plain; a=" + "b" * SHORT,)
    assert answers.about(200, long) is not answers.about(200, long)
    assert answers.about(200, long) == answers.about(200, long)
    for number in range(KINDS):
        answers.about(200, (f"text/x{number}",))
    assert answers.about(200, ("application/json",)) is not first
    assert answers.about(200, ("application/json",)) == first
