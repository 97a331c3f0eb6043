import logging

import pytest

from facade.telemetry.sampling import sampler_from

LOW, MIDDLE, HIGH = ("a" * 16 + half for half in ("0" * 15 + "1", "7" + "f" * 15, "f" * 16))


@pytest.mark.parametrize(
    ("name", "argument", "root", "below_sampled", "below_unsampled"),
    [
        ("", "", True, True, False),
        ("always_on", "", True, True, True),
        ("always_off", "", False, False, False),
        ("parentbased_always_on", "", True, True, False),
        ("parentbased_always_off", "", False, True, False),
        ("PARENTBASED_ALWAYS_OFF", "", False, True, False),
        ("traceidratio", "0", False, False, False),
        ("traceidratio", "1", True, True, True),
        ("traceidratio", "", True, True, True),
        ("parentbased_traceidratio", "0", False, True, False),
        ("parentbased_traceidratio", "0.5", True, True, False),
    ],
)
def test_the_sampler_is_the_one_that_the_variables_name(
    *, name: str, argument: str, root: bool, below_sampled: bool, below_unsampled: bool
) -> None:
    sampler = sampler_from({"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": argument})

    found = sampler(None, MIDDLE), sampler(1, MIDDLE), sampler(0, MIDDLE)
    assert found == (root, below_sampled, below_unsampled)


def test_a_ratio_goes_by_the_last_eight_bytes_of_the_id() -> None:
    sampler = sampler_from({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": ".5"})

    assert [sampler(None, each) for each in (LOW, MIDDLE, HIGH)] == [True, True, False]


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"OTEL_TRACES_SAMPLER": "xray"}, "OTEL_TRACES_SAMPLER: `xray` is none of always_on"),
        *(
            (
                {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": said},
                f"OTEL_TRACES_SAMPLER_ARG: `{said}` is no ratio from 0 to 1",
            )
            for said in ("x", "1.1", "-1", "nan", "inf")
        ),
    ],
)
def test_what_the_variables_cannot_say_is_told_once_and_the_default_counts(
    environ: dict[str, str], problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    sampler = sampler_from(environ)

    assert all(sampler(None, each) for each in (LOW, MIDDLE, HIGH))
    (record,) = caplog.records
    assert record.getMessage().startswith(problem)
