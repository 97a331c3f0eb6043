"""portico doctor, as a process: what it finds of the installation, the settings, the gateway."""

from pathlib import Path

from tests.postgres import PostgresServer
from tests.processes import pet_store, portico, portico_up, together
from tests.servers import RedisServer


async def test_doctor_looks_at_the_installation_the_settings_and_the_gateway(
    tmp_path: Path,
) -> None:
    async with pet_store(tmp_path) as store:
        well, lonely, wrong = await together(
            store.portico("doctor", cwd=tmp_path),
            portico("doctor", "-s", "127.0.0.1:1", "-o", "json", cwd=tmp_path),
            portico("doctor", "-s", "127.0.0.1:1", env={"PORTICO_WORKER": "2"}),
        )

    assert well.status == 0
    assert f"✓ gateway: {store.address} is SERVING" in well.text
    found = {each["check"]: each for each in lonely.data}
    assert found["gateway"]["verdict"] == "note"
    assert "portico up" in found["gateway"]["remedy"]
    assert wrong.status == 1
    assert "✗ settings: PORTICO_WORKER: unknown setting; did you mean `PORTICO_WORKERS`?" in (
        wrong.text
    )


async def test_doctor_knows_where_the_gateway_would_listen_and_reads_the_files_of_settings(
    tmp_path: Path,
) -> None:
    (tmp_path / "hop").write_text("not base64")
    (tmp_path / "token").write_text("secret\n")
    wrong = {
        "PORTICO_HTTP": "0.0.0.0:1",
        "PORTICO_HOP_KEY": "hop",
        "PORTICO_METRICS_TOKEN": "nofile",
        "PORTICO_DATA": "memory",
    }
    right = {"PORTICO_HTTP": "127.0.0.1:1", "PORTICO_METRICS_TOKEN": "token"}
    told = await together(
        *(portico("doctor", "-o", "json", env=env, cwd=tmp_path) for env in (wrong, right))
    )
    bad, good = ({each["check"]: each for each in one.data} for one in told)

    assert bad["faces"]["verdict"] == bad["hop_key"]["verdict"] == "wrong"
    assert "0.0.0.0:1 is beyond this host" in bad["faces"]["detail"]
    assert bad["hop_key"]["detail"].startswith("hop: line 1 is no key")
    assert bad["metrics_token"]["detail"] == "nofile: cannot be read"
    assert bad["data"]["verdict"] == "note"
    assert good["faces"]["detail"] == "grpc 127.0.0.1:50051, http 127.0.0.1:1"
    assert good["metrics_token"]["verdict"] == "ok"
    assert good["hop_key"]["remedy"].startswith("facades in other places need `hop_key`")


async def test_doctor_asks_the_redis_of_the_settings(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    urls = (redis_server.url, "redis://127.0.0.1:1", "redis://127.0.0.1:x", "embedded", "")
    told = await together(
        *(
            portico("doctor", "-o", "json", env={"REDIS_URL": url}, cwd=tmp_path)
            for url in urls[:3]
        ),
        *(
            portico("doctor", "-o", "json", env={"PORTICO_REDIS": url}, cwd=tmp_path)
            for url in urls[3:]
        ),
    )
    verdicts = [each["verdict"] for one in told for each in one.data if each["check"] == "redis"]
    assert verdicts == ["ok", "wrong", "wrong", "ok", "note"]


async def test_doctor_asks_the_postgresql_of_the_settings(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = postgres_server.database()
    urls = (
        url,
        url.replace("portico@", "postgres@"),
        "postgresql://x:s3cret@127.0.0.1:s3cret/x",
    )
    told = await together(
        *(
            portico("doctor", "-o", "json", env={"PORTICO_DATABASE": each}, cwd=tmp_path)
            for each in urls
        )
    )
    found = [{each["check"]: each for each in one.data}["database"] for one in told]
    assert [each["verdict"] for each in found] == ["ok", "note", "wrong"]
    assert found[2]["detail"] == "is not a URL of PostgreSQL"
    assert not any("s3cret" in each.text + each.err for each in told)


async def test_doctor_tells_what_others_changed_beside_the_files(tmp_path: Path) -> None:
    text = "openapi: 3.1.0\ninfo: {title: Pets, version: '1'}\npaths: {}\n"
    env = {"PORTICO_CONNECTORS": str(tmp_path / "connectors")}
    (tmp_path / "spec.yaml").write_text(text)
    (tmp_path / "v2.yaml").write_text("connector: pets\nversions: [{id: v2, spec: spec.yaml}]\n")
    async with portico_up(tmp_path, {"pets.yaml": text}) as gateway:
        env |= {"PORTICO_SERVER": gateway.address}
        same = await portico("doctor", "-o", "json", env=env)
        await gateway.portico("apply", "-f", tmp_path / "v2.yaml")
        drifted = await portico("doctor", "-o", "json", env=env)

    before, after = (
        {each["check"]: each for each in told.data}["drift"] for told in (same, drifted)
    )
    assert before["verdict"] == "ok"
    assert after["verdict"] == "note"
    assert "connectors/pets serves v2 100% in place of v1 100%" in after["detail"]
