"""What a process has at hand."""

from facade.caching.entry import OVERHEAD, Record
from facade.policy.cache.memory import Found, Memory

SIZE = OVERHEAD + 1
"""Of an empty record under a key of one letter."""


def test_what_was_longest_unused_goes_first() -> None:
    memory = Memory(limit=3 * SIZE)
    records = {key: Found(Record(apart_until=float(ord(key)))) for key in "abcd"}
    for key in "abc":
        memory.put(key, "path", records[key], until=10.0)
    assert memory.get("a", now=1.0) is records["a"]
    memory.put("d", "path", records["d"], until=10.0)
    assert [memory.get(key, now=1.0) for key in "abcd"] == [
        records["a"],
        None,
        records["c"],
        records["d"],
    ]


def test_a_record_is_there_for_its_time() -> None:
    memory = Memory()
    memory.put("a", "path", Found(Record()), until=10.0)
    assert memory.get("a", now=9.9) is not None
    assert memory.get("a", now=10.0) is None
    assert memory._size == 0


def test_all_records_of_a_path_are_dropped_at_once() -> None:
    memory = Memory()
    for key, tag in (("a", "1"), ("b", "1"), ("c", "2"), ("a", "1")):
        memory.put(key, tag, Found(Record()), until=10.0)
    memory.drop("1")
    assert [memory.get(key, now=1.0) is not None for key in "abc"] == [False, False, True]
    memory.drop("1")
    assert memory._size == SIZE
    memory.clear()
    assert (memory._size, memory._keys) == (0, {})
