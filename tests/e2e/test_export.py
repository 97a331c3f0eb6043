"""`portico export`: files of a version's typed service, where they were asked for."""

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tests.processes import Running, portico_up, together

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOP = """\
connector: shop
live: v1
versions:
  - id: v1
    server: https://shop.example
    spec:
      openapi: 3.1.0
      info: {title: Shop, version: "1"}
      paths:
        /a: {get: {operationId: getA, responses: {"204": {description: ok}}}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("export")
    async with portico_up(folder) as running:
        (folder / "shop.yaml").write_text(SHOP)
        await running.portico("apply", "-f", folder / "shop.yaml")
        yield running


async def test_texts_are_printed(gateway: Running) -> None:
    printed, live = await together(
        gateway.portico("export", "proto", "shop@v1"), gateway.portico("export", "proto", "shop")
    )

    assert (printed.status, printed.err) == (0, "")
    assert "\npackage shop.v1;\n" in printed.text
    assert "  rpc GetA(GetARequest) returns (GetAResponse) {\n" in printed.text
    assert "\npackage shop.live;\n" in live.text


async def test_files_go_where_they_were_asked_for(gateway: Running, tmp_path: Path) -> None:
    named, stubs, module, document = await together(
        gateway.portico("export", "descriptors", "shop@v1", "-o", tmp_path / "shop.pb"),
        gateway.portico("export", "stubs", "shop@v1", "-o", tmp_path),
        gateway.portico("export", "module", "shop@v1", "-o", tmp_path),
        gateway.portico("export", "connector", "shop@v1", "-o", tmp_path / "shop.json"),
    )

    assert [each.text for each in (named, stubs, module, document)] == [""] * 4
    files = FileDescriptorSet.FromString((tmp_path / "shop.pb").read_bytes()).file
    assert files[-1].service[0].name == "ShopService"
    wheel = tmp_path / "shop_grpc-1-py3-none-any.whl"
    assert f"wrote {wheel}" in stubs.err
    with zipfile.ZipFile(wheel) as opened:
        assert "shop_grpc/v1/shop_pb2_grpc.py" in opened.namelist()
    with zipfile.ZipFile(tmp_path / "shop-v1.zip") as opened:
        assert "proto/shop/v1/shop.proto" in opened.namelist()
    assert '"connector": "shop"' in (tmp_path / "shop.json").read_text()


async def test_any_file_is_printed_where_that_is_asked_for(gateway: Running) -> None:
    printed = await gateway.portico("export", "descriptors", "shop@v1", "-o", "-")
    assert FileDescriptorSet.FromString(printed.out).file[-1].package == "shop.v1"


async def test_what_envoy_can_carry_is_printed_beside_its_files(
    gateway: Running, tmp_path: Path
) -> None:
    made = await gateway.portico("export", "envoy", "shop@v1", "-o", tmp_path)
    assert made.status == 0, made.err
    assert "carries 1 of 1 methods" in made.text
    assert "\n- GetA\n" in made.text
    with zipfile.ZipFile(tmp_path / "shop-v1-envoy.zip") as opened:
        assert [*opened.namelist()] == ["README.md", "report.json", "envoy.yaml", "shop.binpb"]
        assert opened.read("README.md").decode() == made.text


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("proto", "shop@v9"), 1, "VERSION_NOT_FOUND"),
        (("figures", "shop"), 2, "`figures` is none of connector, proto, descriptors"),
        (("module", "shop", "-o", "/nowhere/at/all"), 1, "cannot write /nowhere/at/all: No such"),
    ],
)
async def test_what_cannot_be_exported_is_told(
    gateway: Running, arguments: tuple[str, ...], status: int, said: str
) -> None:
    refused = await gateway.portico("export", *arguments)
    assert refused.status == status
    assert said in refused.err
