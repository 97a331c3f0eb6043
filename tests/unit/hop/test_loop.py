from facade.hop.fields import Handed, read, write


def test_how_many_facades_a_call_has_come_to_goes_along() -> None:
    assert read(write(Handed(hops=3))).hops == 3
    assert read((("portico-hops", "many"),)).hops == 0
