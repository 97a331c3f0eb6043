"""What one evaluation takes of steps: little things on the loop, large ones in a thread."""

import asyncio
from typing import Any

import msgspec
import pytest

from facade.errors.expressions import ExpressionExhausted
from facade.expressions.budget import QUICK, WHOLE
from facade.expressions.paths import compile_path
from facade.model.definition import Expression

MAPPING = compile_path(Expression("[*].{id: id, nombre: upper(name), activo: data.is_active}"))


def orders(count: int) -> list[dict[str, Any]]:
    return [
        {"id": at, "name": f"order {at}", "data": {"is_active": True}, "note": "n" * 160}
        for at in range(count)
    ]


def test_o10_four_mebibytes_are_mapped_within_the_steps_of_one_evaluation() -> None:
    large = orders(19_000)
    assert len(msgspec.json.encode(large)) > 4 * 2**20
    made = MAPPING.evaluate(large, WHOLE)
    assert made[7] == {"id": 7, "nombre": "ORDER 7", "activo": True}
    assert len(made) == 19_000


def test_o10_what_is_large_says_so_at_once_and_then_leaves_the_loop() -> None:
    """The rule: QUICK steps where one stands; what exhausts them is done whole in a thread."""
    large = orders(19_000)
    with pytest.raises(ExpressionExhausted):
        MAPPING.evaluate(large, QUICK)
    made = asyncio.run(asyncio.to_thread(MAPPING.evaluate, large))
    assert len(made) == 19_000


def test_o10_what_is_small_is_done_where_one_stands() -> None:
    assert len(MAPPING.evaluate(orders(500), QUICK)) == 500
