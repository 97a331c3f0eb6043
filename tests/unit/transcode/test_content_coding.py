import gzip
import zlib

import pytest

from facade.transcode.body.coding import coded


def test_a_body_is_packed_as_the_field_says() -> None:
    assert gzip.decompress(coded(b"abc", "GZIP") or b"") == b"abc"
    assert zlib.decompress(coded(b"abc", "deflate") or b"") == b"abc"
    assert coded(b"abc", "identity") == b"abc"


def test_codings_are_applied_in_their_order() -> None:
    """RFC 9110 section 8.4: the field lists them in the order in which they were applied."""
    assert zlib.decompress(gzip.decompress(coded(b"abc", "deflate, gzip") or b"")) == b"abc"


def test_the_same_body_is_packed_to_the_same_bytes() -> None:
    assert coded(b"abc", "gzip") == coded(b"abc", "gzip")
    assert (coded(b"abc", "gzip") or b"")[4:8] == b"\0\0\0\0"


@pytest.mark.parametrize("field", ["br", "gzip, br", "", "*"])
def test_a_coding_that_is_unknown_is_not_pretended(field: str) -> None:
    assert coded(b"abc", field) is None
