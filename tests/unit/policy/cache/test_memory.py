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


def test_f12_who_fills_it_takes_nothing_from_who_has_less() -> None:
    memory = Memory(limit=100 * SIZE)
    small = {f"s{each}": "small" for each in range(20)}
    other = {f"o{each}": "other" for each in range(20)}
    for key, tenant in (small | other).items():
        memory.put(key, "path", Found(Record()), 10.0, tenant)
    for each in range(10_000):
        memory.put(f"f{each}", "path", Found(Record()), 10.0, "flood")
    assert all(memory.get(key, now=1.0) for key in small | other)
    held = [each for each in range(10_000) if memory.get(f"f{each}", now=1.0)]
    assert held == list(range(10_000 - len(held), 10_000))
    assert len(held) > 40


def test_f12_who_comes_to_a_full_one_takes_from_who_has_most() -> None:
    memory = Memory(limit=100 * SIZE)
    for each in range(1_000):
        memory.put(f"f{each}", "path", Found(Record()), 10.0, "flood")
    for each in range(30):
        memory.put(f"late{each}", "path", Found(Record()), 10.0, "late")
    assert all(memory.get(f"late{each}", now=1.0) for each in range(30))
    memory.clear()
    assert memory._parts == {}
