"""Pictures of flows: every step has its place, and no two boxes stand on each other."""

from itertools import combinations

from facade.app.ui.diagram import Box, Way, lines, picture
from facade.app.ui.words import of_trigger
from facade.flows.document.reading import read_definition
from facade.model.definition import Manual, Schedule

FLOW = """
title: Orders
trigger: {schedule: {cron: "*/15 * * * *", time_zone: Europe/Berlin}}
steps:
  - id: fetch
    action: petstore/listPets
  - id: maybe
    choose:
      - when: "size(steps.fetch.output) > 0"
        steps:
          - {id: inner, map: "@"}
          - id: more
            choose:
              - when: "true"
                steps: [{id: deep, wait: 1s}]
      - steps: [{id: other, wait: 1s}]
  - id: every
    for_each: steps.fetch.output
    do: {action: petstore/getPetById, arguments: {petId: "{{ item.id }}"}}
output:
  - {id: keep, save: pets, value: steps.fetch.output}
"""
DEFINITION = read_definition(FLOW)


def apart(one: Box, other: Box) -> bool:
    return (
        one.x + one.width <= other.x
        or other.x + other.width <= one.x
        or one.y + one.height <= other.y
        or other.y + other.height <= one.y
    )


def test_every_step_has_a_place_of_its_own_within_the_frame() -> None:
    drawn = picture(DEFINITION)
    boxes = [each for each in drawn.boxes if each.tone != "group"]
    ids = [each.id for each in boxes if each.id]
    assert ids == ["fetch", "maybe", "inner", "more", "deep", "other", "every", "keep"]
    assert all(apart(*pair) for pair in combinations(boxes, 2))
    assert all(each.x >= 0 and each.x + each.width <= drawn.width for each in drawn.boxes)
    assert all(each.y >= 0 and each.y + each.height <= drawn.height for each in drawn.boxes)


def test_ways_lead_down() -> None:
    assert all(each.y <= each.to_y for each in picture(DEFINITION).ways)


def test_no_way_leads_across_a_box() -> None:
    drawn = picture(DEFINITION)
    boxes = [each for each in drawn.boxes if each.tone != "group"]
    for way in drawn.ways:
        for tenth in range(1, 10):
            x, y = _point(way, tenth / 10)
            assert not any(
                each.x < x < each.x + each.width and each.y < y < each.y + each.height
                for each in boxes
            )
        assert not any(
            each.x < way.x < each.x + each.width and way.y < each.y < way.turn for each in boxes
        )


def _point(way: Way, part: float) -> tuple[float, float]:
    """A point of the curve in which a way ends (Bézier, cubic)."""
    rest, middle = 1 - part, (way.turn + way.to_y) / 2
    ends = rest**3 + 3 * rest**2 * part, 3 * rest * part**2 + part**3
    inner = 3 * rest**2 * part + 3 * rest * part**2
    return (
        ends[0] * way.x + ends[1] * way.to_x,
        rest**3 * way.turn + inner * middle + part**3 * way.to_y,
    )


def test_the_same_is_told_in_words() -> None:
    told = [(each.depth, each.id) for each in lines(DEFINITION.steps) if each.id]
    assert told == [
        (0, "fetch"),
        (0, "maybe"),
        (2, "inner"),
        (2, "more"),
        (4, "deep"),
        (2, "other"),
        (0, "every"),
    ]


def test_triggers_are_told_in_words() -> None:
    assert of_trigger(Schedule(cron="* * * * *")) == ("schedule, UTC", "* * * * *")
    assert of_trigger(Manual()) == ("manual", "when somebody says so")
