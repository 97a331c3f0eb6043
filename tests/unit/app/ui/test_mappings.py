"""What pages keep of a mapping report: as much as they show, and counts of the rest."""

from facade.app.ui.mappings import NOTES, mapping_of
from facade.spec.mapping import MappingReport, Note, Tally


def a_note(code: str, number: int) -> Note:
    return Note(code=code, message=f"{code} {number}", pointer=f"/{number}")


def test_of_many_notes_the_first_of_each_kind_are_kept_and_all_are_counted() -> None:
    many = [a_note("any-value", each) for each in range(NOTES + 5)]
    few = [a_note("callback", each) for each in range(2)]
    tallies = tuple(
        Tally(part=part, exact=exact, approximate=0, opaque=0)
        for part, exact in (("operations", 1), ("servers", 0))
    )
    made = mapping_of("3.1.0", MappingReport(tallies=tallies, notes=(*many, *few)))
    assert len(made.notes) == NOTES + 2
    assert made.kinds == (("any-value", NOTES + 5), ("callback", 2))
    assert (made.count(""), made.count("callback"), made.count("none")) == (NOTES + 7, 2, 0)
    assert made.first("") == many[:NOTES]
    assert made.first("callback") == few
    assert made.first("none") == []
    assert [each.part for each in made.tallies] == ["operations"]
