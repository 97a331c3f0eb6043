from pathlib import Path

import pytest

from facade.config import Misconfigured, Settings
from gateway.engines.choice import engine_of

PEM = Path("tls.pem")

TLS = Settings(engine="auto", tls_cert=PEM, tls_key=PEM)


@pytest.mark.parametrize(
    ("settings", "engine"),
    [
        (Settings(), "grpcio"),
        (Settings(engine="native"), "native"),
        (Settings(engine="auto"), "native"),
        (Settings(engine="auto", grpc="unix:/run/s", workers=1), "native"),
        (Settings(engine="auto", workers=4), "native"),
        (Settings(engine="auto", grpc="unix-abstract:s"), "grpcio"),
        (TLS, "grpcio"),
    ],
)
def test_auto_takes_the_native_engine_where_it_can(settings: Settings, engine: str) -> None:
    assert engine_of(settings, installed=True) == engine


def test_what_is_not_installed_is_not_taken_by_itself() -> None:
    assert engine_of(Settings(engine="auto"), installed=False) == "grpcio"


@pytest.mark.parametrize(
    ("settings", "installed", "remedy"),
    [
        (Settings(engine="native"), False, "pip install 'portico-gateway[native]'"),
        (Settings(engine="native", tls_cert=PEM, tls_key=PEM), True, "no TLS: take `grpcio`"),
        (Settings(engine="native", grpc="unix-abstract:s"), True, "listen on unix:PATH"),
    ],
)
def test_native_is_refused_with_a_remedy_where_it_cannot_be(
    settings: Settings,
    installed: bool,  # noqa: FBT001 - a column of the table
    remedy: str,
) -> None:
    with pytest.raises(Misconfigured, match=r"^engine: `native` ") as refused:
        engine_of(settings, installed=installed)
    assert remedy in str(refused.value)
