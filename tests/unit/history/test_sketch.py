"""Sketches of times: what they say of a share of the calls, and what adding them up keeps."""

import pytest

from facade.history.sketch import (
    BITS,
    BUCKETS,
    ERROR,
    SMALLEST,
    bucket_of,
    one,
    pack,
    quantile,
    unpack,
    unpack_all,
)

TIMES = (0.001, 0.0012, 0.5, 0.02, 0.0301, 1.0, 7.5, 0.25, 0.75, 3600.0)


def test_nothing_is_said_of_no_calls() -> None:
    assert quantile(0, 0, 0.95) is None


@pytest.mark.parametrize("seconds", TIMES)
def test_the_time_of_one_call_is_told_within_the_stated_error(seconds: float) -> None:
    assert quantile(one(seconds), 1, 0.95) == pytest.approx(seconds, rel=ERROR)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.99, 1.0])
def test_a_share_of_many_calls_is_told_within_the_stated_error(share: float) -> None:
    times = [each / 1000 for each in range(1, 1001)]
    told = quantile(sum(map(one, times)), 1000, share)
    assert told == pytest.approx(times[round(1000 * share) - 1], rel=ERROR)


def test_two_sketches_are_merged_by_adding_them() -> None:
    fast, slow = sum([one(0.01)] * 19), one(2.0)
    assert quantile(fast + slow, 20, 0.95) == pytest.approx(0.01, rel=ERROR)
    assert quantile(fast + 2 * slow, 21, 0.95) == pytest.approx(2.0, rel=ERROR)


def test_a_sketch_is_kept_in_few_bytes_and_comes_back_as_it_was() -> None:
    sketch = sum(map(one, TIMES))
    assert unpack(pack(sketch)) == sketch
    assert len(pack(sketch)) <= 1 + BUCKETS * BITS // 8
    assert len(pack(one(0.02))) < 8
    assert unpack(pack(0)) == 0


@pytest.mark.parametrize(("seconds", "bucket"), [(0.0, 0), (SMALLEST, 0), (1e9, BUCKETS - 1)])
def test_times_beyond_the_buckets_fall_into_the_first_and_the_last(
    seconds: float, bucket: int
) -> None:
    assert bucket_of(seconds) == bucket


def test_sketches_that_stand_one_behind_the_other_are_added_up() -> None:
    sketches = [one(each) * 3 for each in TIMES] + [0, one(0.5) + one(7.5)]
    packed = list(map(pack, sketches))
    lengths = ",".join(str(len(each)) for each in packed)
    assert unpack_all(b"".join(packed), lengths) == sum(sketches)
    assert unpack_all(b"", "0") == 0
