"""The command `portico diff`, as a process: what a user reads, and what its exit status says."""

from pathlib import Path

from tests.processes import portico, together

OLD = """openapi: 3.1.0
info: {title: Shop, version: 1.4.0}
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      responses: {"200": {description: all}}
"""
WIDER = OLD.replace("maximum: 100", "maximum: 200")
NARROWER = OLD.replace("maximum: 100", "maximum: 50")
SPLIT = OLD.replace("{type: integer, maximum: 100}", "{$ref: 'parts/limit.yaml'}")


async def test_the_exit_status_says_whether_anything_breaks(tmp_path: Path) -> None:
    texts = {"old": OLD, "wider": WIDER, "narrower": NARROWER, "broken": "openapi: ["}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")

    same, wider, narrower, machine, broken = await together(
        portico("diff", "old.yaml", "old.yaml", cwd=tmp_path),
        portico("diff", "old.yaml", "wider.yaml", cwd=tmp_path),
        portico("diff", "old.yaml", "narrower.yaml", "--breaking-only", cwd=tmp_path),
        portico("diff", "old.yaml", "narrower.yaml", "-o", "json", cwd=tmp_path),
        portico("diff", "old.yaml", "broken.yaml", cwd=tmp_path),
    )

    assert (same.status, same.text) == (0, "SAFE\n")
    assert wider.status == 0
    assert "request-range-widened" in wider.text
    assert wider.text.endswith("the next version is 1.5.0 (the new document says 1.4.0)\n")
    assert narrower.status == 1
    first, last = narrower.text.splitlines()
    said = "WIRE_BREAKING: listOrders: The range of `limit` is at most 50 now; it was at most 100."
    assert first.startswith(f"narrower.yaml:8:36: {said} [request-range-narrowed] /paths/")
    assert "the next version is 2.0.0" in last
    assert machine.status == 1
    assert machine.data["actions"] == {"listOrders": "WIRE_BREAKING"}
    assert machine.data["findings"][0]["old"]["line"] == 8
    assert (broken.status, "broken.yaml: cannot be read" in broken.err) == (2, True)


async def test_a_document_of_several_files_is_compared_with_one(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    limit = "type: integer\nmaximum: 50\n"
    (tmp_path / "parts" / "limit.yaml").write_text(limit, encoding="utf-8")
    (tmp_path / "old.yaml").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(SPLIT, encoding="utf-8")

    found = await portico("diff", "old.yaml", "new.yaml", cwd=tmp_path)

    assert found.status == 1
    assert found.text.startswith("parts/limit.yaml:1:1: WIRE_BREAKING: listOrders: ")
