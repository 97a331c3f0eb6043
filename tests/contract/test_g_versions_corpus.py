"""Breaking verdicts on pairs of real documents, as the catalog keeps them."""

from pathlib import Path

import pytest

from facade.catalog.verdicts import MAX_FINDINGS, compared, packed, unpacked
from facade.model.difference import Verdict

CORPUS = (Path(__file__).resolve().parents[2] / "../shared/corpus").resolve()

PAIRS = [
    ("tmforum-apis__tmf620-v4.json", "tmforum-apis__tmf620-v5.yaml", Verdict.WIRE_BREAKING),
    ("readmeio__petstore20.json", "swagger-api__petstore304.yaml", Verdict.WIRE_BREAKING),
    ("ory__kratos.json", "ory__kratos.json", Verdict.SAFE),
]

with_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is absent")


@with_corpus
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("old", "new", "verdict"), PAIRS)
def test_p03_a_pair_has_its_verdict_and_keeps_its_worst_findings(
    old: str, new: str, verdict: Verdict
) -> None:
    texts = [(CORPUS / each).read_text(encoding="utf-8") for each in (old, new)]
    found = compared(*texts)
    assert found.verdict is verdict
    ranks = [each.verdict.rank for each in found.findings]
    assert ranks == sorted(ranks, reverse=True)
    assert len(ranks) <= MAX_FINDINGS
    assert unpacked(packed("v1", found)) == found
    places = [each.old or each.new for each in found.findings[:20]]
    assert all(place and place.line for place in places)
