from pathlib import Path

import pytest

from facade.config import Misconfigured, Settings, load


def test_defaults_need_nothing() -> None:
    assert load({}, {}) == Settings()


def test_flags_win_over_the_environment_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "portico.yaml"
    file.write_text("workers: 2\ndrain-grace: 1\ngrpc: 127.0.0.1:1\n")
    environ = {"PORTICO_WORKERS": "3", "PORTICO_GRPC": "127.0.0.1:2"}

    settings = load({"grpc": "127.0.0.1:3", "workers": None}, environ, file)

    assert (settings.grpc, settings.workers, settings.drain_grace) == ("127.0.0.1:3", 3, 1.0)


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "portico.yaml"
    file.write_text("dev: true\n")

    assert load({}, {"PORTICO_CONFIG": str(file)}).dev


def test_lists_are_split_at_commas() -> None:
    settings = load({}, {"PORTICO_EGRESS_ALLOW": "10.0.0.0/8, backend.local:8080"})

    assert settings.egress_allow == ("10.0.0.0/8", "backend.local:8080")


def test_every_problem_is_told_at_once_with_its_origin() -> None:
    environ = {"PORTICO_DEV": "maybe", "PORTICO_EGRES_ALLOW": "x", "PORTICO_LOG_LEVEL": "loud"}

    with pytest.raises(Misconfigured) as refused:
        load({"workers": 0}, environ)

    told = str(refused.value)
    assert "PORTICO_DEV: `maybe`: Expected `bool`" in told
    assert "PORTICO_EGRES_ALLOW: unknown setting; did you mean `PORTICO_EGRESS_ALLOW`?" in told
    assert (
        "PORTICO_LOG_LEVEL: `loud`: Invalid enum value 'loud' (debug, info, warning or error)"
        in told
    )
    assert "--workers: `0`: Expected `int` >= 1" in told


@pytest.mark.parametrize("address", ["nonsense", "50051", "http://localhost:1", ":1", "a:b"])
def test_an_address_that_is_none_is_refused_before_anything_listens(address: str) -> None:
    with pytest.raises(
        Misconfigured, match=r"--grpc: `.*`: unfit \(address of the gRPC face: HOST:PORT"
    ):
        load({"grpc": address}, {})


@pytest.mark.parametrize("address", ["[::1]:0", "localhost:50051", "0.0.0.0:1", "unix:/run/p.sock"])
def test_addresses_of_every_kind_are_taken(address: str) -> None:
    assert load({"grpc": address}, {}).grpc == address


def test_secrets_service_links_and_the_commands_own_variables_are_no_settings() -> None:
    environ = {
        "PORTICO_SECRET_SHOP": "k",
        "PORTICO_SERVER": "host:1",
        "PORTICO_SERVICE_HOST": "10.0.0.1",
        "PORTICO_PORT_50051_TCP_ADDR": "10.0.0.1",
        "PATH": "/bin",
    }

    assert load({}, environ) == Settings()


@pytest.mark.parametrize("text", ["- a list\n", "a: [", "\0"])
def test_n01_a_broken_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "portico.yaml"
    file.write_text(text)

    with pytest.raises(Misconfigured, match=r"portico\.yaml: "):
        load({}, {}, file)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        load({}, {}, tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redis", "redis:/u:hun/ter2@h"),
        ("vault", "ftp://u:hunter2@h"),
        ("proxies", "Corp=http://u:hunter2@h,ok=http://h"),
    ],
)
def test_l01_a_url_that_is_wrong_is_told_without_its_password(name: str, value: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load({name: value}, {})
    assert f"--{name}: `" in str(refused.value)
    assert "ter2" not in str(refused.value)
    assert "***@h" in str(refused.value)
