"""What a document says, as a comment: in lines that fit, and never as anything else."""

import pytest

from facade.spec.typed.comments import WIDTH, comment


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        (" \n\t\n ", []),
        ("One.", ["// One."]),
        ("\n\nOne.\n\n\n\nTwo.\n", ["// One.", "//", "// Two."]),
        ("a\r\nb\rc\u2028d", ["// a", "// b", "// c", "// d"]),
        ("- one\n  - two", ["// - one", "//   - two"]),
        ("a\tb\x00c\u202ed\xa0e", ["// a   bcd e"]),
        ('say """no"""', ["// say '''no'''"]),
        (r"\d+ \N{x}", [r"// \\d+ \\N{x}"]),
    ],
)
def test_a_text_becomes_a_comment(text: str, lines: list[str]) -> None:
    assert list(comment(text, "")) == lines


def test_a_long_line_is_wrapped_and_an_item_of_a_list_hangs() -> None:
    lines = list(comment("  - " + "word " * 40, "    "))
    assert len(lines) == 3
    assert max(map(len, lines)) <= WIDTH
    assert lines[0].startswith("    //   - word")
    assert lines[1].startswith("    //     word")


def test_a_word_that_does_not_fit_stays_whole() -> None:
    address = f"https://a.example/{'x' * 100}"
    assert list(comment(f"See {address} there", "")) == ["// See", f"// {address}", "// there"]
