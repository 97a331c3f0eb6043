from urllib.parse import urlsplit

import pytest

from facade.egress import Egress
from facade.errors.caller import EgressDenied
from facade.errors.fault import Effect

PUBLIC = Egress((), loopback=False)
DEVELOPMENT = Egress((), loopback=True)


def words(text: str) -> list[str]:
    return text.split()


LOOPBACK = words("""
127.0.0.1 127.0.0.2 127.255.255.255 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0x7f.0.0.1
0177.0.0.1 017700000001 0 0.0.0.0 0.0.0.1 [::1] [::] [0:0:0:0:0:0:0:1] [::0001] localhost
LOCALHOST localhost. foo.localhost localhost.localdomain ip6-localhost 127.0.0.1.
127.0.0.01 0x 1e3.1
""")

PRIVATE_4 = words("""
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 100.64.0.1
100.127.255.255 169.254.0.1 169.254.255.254 192.0.0.1 192.0.0.9 192.0.0.10 192.0.0.170
192.0.0.192 192.0.2.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 192.88.99.1
224.0.0.1 233.252.0.1 239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255 0.1.2.3
""")

PRIVATE_6 = words("""
[fc00::1] [fdff:ffff::1] [fe80::1] [febf::1] [fec0::1] [ff00::1] [ff02::1] [ff0e::1]
[2001::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:2::1] [2001:10::1] [2001:20::1]
[2001:db8::1] [2002:7f00:1::] [2002:808:808::1] [64:ff9b::7f00:1] [64:ff9b::10.0.0.1]
[64:ff9b::8.8.8.8] [64:ff9b:1::1] [64:ff9b:1:7f00:0:100::] [::7f00:2] [::808:808] [100::1]
[3fff::1] [5f00::1] [4000::1]
""")

METADATA = words("""
169.254.169.254 [fd00:ec2::254] metadata.google.internal METADATA.google.internal.
metadata metadata.goog 100.100.100.200 168.63.129.16 169.254.170.2 2852039166 0xa9fea9fe
0251.0376.0251.0376
""")

EMBEDDED = words("""
[::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [::ffff:127.0.0.1] [::ffff:7f00:1]
[::ffff:10.0.0.1] [::7f00:1] [::169.254.169.254] [::a9fe:a9fe] [0:0:0:0:0:ffff:7f00:1]
[::ffff:0:7f00:1]
""")

TWISTED = [
    "127\u30020\u30020\u30021",
    "\uff11\uff12\uff17.0.0.1",
    "\u2460\u2461\u2466.0.0.1",
    "\uff45xample.com",
    "\u0435xample.com",
    "example.com%00",
    "example.com\t",
    "exam\tple.com",
    "example.com\n",
    "example .com",
    "example..com",
    ".example.com",
    "-a.example.com",
    "example.com-",
    "a" * 64 + ".com",
    "a." * 130 + "com",
    "127.0.0.1%2f",
    "[::1",
    "::1",
    "[::1%25eth0]",
    "[127.0.0.1]",
    "[zz::1]",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "08.8.8.8",
    "example.123",
    "example.0x7f",
    "",
]


def refuses(origin: str, egress: Egress = PUBLIC) -> EgressDenied:
    with pytest.raises(EgressDenied) as refusal:
        egress.check_origin(origin)
    return refusal.value


@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_e01_every_spelling_of_this_machine_is_refused(scheme: str, host: str) -> None:
    refuses(f"{scheme}://{host}")


@pytest.mark.parametrize("host", PRIVATE_4)
def test_e02_networks_that_are_not_public_are_refused(host: str) -> None:
    refuses(f"https://{host}")


@pytest.mark.parametrize("host", PRIVATE_6)
def test_e03_networks_of_ipv6_that_are_not_public_are_refused(host: str) -> None:
    refuses(f"https://{host}")


@pytest.mark.parametrize("host", METADATA)
def test_e04_addresses_of_cloud_metadata_are_refused(host: str) -> None:
    refuses(f"https://{host}")


@pytest.mark.parametrize("host", EMBEDDED)
def test_e05_an_address_inside_another_is_judged_too(host: str) -> None:
    refuses(f"https://{host}")


@pytest.mark.parametrize("host", TWISTED)
def test_e06_a_host_that_is_not_plainly_spelt_is_refused(host: str) -> None:
    refuses(f"https://{host}")


@pytest.mark.parametrize(
    "origin",
    [
        "https://good@example.com",
        "https://good:secret@example.com",
        "https://@example.com",
        "https://good.com\\@example.com",
        "https://good.com%40example.com",
        "https://example.com#@good.com",
        "https://example.com?@good.com",
        "https://example.com/",
        "https://example.com/path",
        "https:\\\\example.com",
        "https:example.com",
        "https:///example.com",
        "//example.com",
        "example.com",
        "",
    ],
)
def test_e07_userinfo_and_anything_beside_host_and_port_are_refused(origin: str) -> None:
    refusal = refuses(origin)
    assert "good" not in refusal.message
    assert "secret" not in refusal.message


@pytest.mark.parametrize(
    "origin",
    [
        "file:///etc/passwd",
        "file://localhost",
        "ftp://example.com",
        "gopher://example.com:443",
        "data:text/plain,x",
        "unix:/var/run/docker.sock",
        "ws://example.com",
        "wss://example.com:443",
        "http://example.com",
        "http://example.com:8080",
        "HTTP://example.com",
        "http://93.184.216.34",
        "httpx://example.com",
    ],
)
def test_e08_only_https_may_be_spoken_to_public_hosts(origin: str) -> None:
    refuses(origin)
    refuses(origin, DEVELOPMENT)


@pytest.mark.parametrize(
    "port", [0, 1, 22, 25, 53, 81, 2379, 5432, 6379, 8081, 9200, 10250, 50051, 65535, 65536, 99999]
)
@pytest.mark.parametrize("host", ["example.com", "93.184.216.34", "[2606:4700::1111]"])
def test_e09_unusual_ports_are_refused(host: str, port: int) -> None:
    refuses(f"https://{host}:{port}")


@pytest.mark.parametrize("port", ["", ":80", ":443", ":8080", ":8443"])
@pytest.mark.parametrize(
    "host",
    words("""
    example.com EXAMPLE.com. xn--bcher-kva.example a_b.example.com 93.184.216.34 x.2go
    [2606:4700::1111] 1.1.1.1 [::ffff:93.184.216.34] 100.63.255.255
    """),
)
def test_public_https_passes(host: str, port: str) -> None:
    PUBLIC.check_origin(f"https://{host}{port}")


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"]
)
def test_the_address_behind_a_public_name_is_judged_at_the_socket(ip: str) -> None:
    with pytest.raises(EgressDenied):
        PUBLIC.check_address("example.com", ip, 443, secure=True)


def test_a_public_address_passes_at_the_socket_only_by_tls_on_a_usual_port() -> None:
    PUBLIC.check_address("example.com", "93.184.216.34", 443, secure=True)
    for port, secure in ((443, False), (22, True)):
        with pytest.raises(EgressDenied):
            PUBLIC.check_address("example.com", "93.184.216.34", port, secure=secure)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "a.localhost"])
def test_the_development_profile_allows_loopback_by_http_on_any_port(host: str) -> None:
    DEVELOPMENT.check_origin(f"http://{host}:50123")
    DEVELOPMENT.check_address("localhost", "127.0.0.1", 50123, secure=False)
    DEVELOPMENT.check_address("localhost", "::ffff:127.0.0.1", 50123, secure=False)


@pytest.mark.parametrize("host", ["10.0.0.1", "127.1", "2130706433", "169.254.169.254", "[::]"])
def test_the_development_profile_allows_nothing_else(host: str) -> None:
    refuses(f"http://{host}:50123", DEVELOPMENT)


def test_a_local_name_must_lead_to_loopback_in_the_development_profile() -> None:
    with pytest.raises(EgressDenied):
        DEVELOPMENT.check_address("localhost", "10.0.0.1", 80, secure=False)


@pytest.mark.parametrize(
    ("entry", "origin", "ip"),
    [
        ("10.0.0.0/8", "http://10.1.2.3:50051", "10.1.2.3"),
        ("10.0.0.0/8", "http://orders.svc:50051", "10.1.2.3"),
        ("10.1.2.3", "http://10.1.2.3:1234", "10.1.2.3"),
        ("10.1.2.3:1234", "http://10.1.2.3:1234", "10.1.2.3"),
        ("fd00::/8", "http://[fd00::1]:8000", "fd00::1"),
        ("[fd00::1]:8000", "http://[fd00::1]:8000", "fd00::1"),
        ("[fd00::1]", "http://[fd00::1]:8000", "fd00::1"),
        ("orders.svc", "http://orders.svc:8000", "10.1.2.3"),
        ("Orders.SVC", "http://orders.svc.:8000", "10.1.2.3"),
        ("orders.svc:8000", "http://orders.svc:8000", "10.1.2.3"),
        ("*.svc", "http://orders.shop.svc:8000", "10.1.2.3"),
        ("*.svc:8000", "http://orders.shop.svc:8000", "10.1.2.3"),
        ("127.0.0.0/8", "http://localhost:8000", "127.0.0.1"),
        ("10.0.0.0/8", "http://[::ffff:10.1.2.3]:8000", "::ffff:10.1.2.3"),
        ("64:ff9b::/96", "https://[64:ff9b::8.8.8.8]", "64:ff9b::8.8.8.8"),
        ("metadata.google.internal", "http://metadata.google.internal", "169.254.169.254"),
    ],
)
def test_what_the_operator_names_is_allowed(entry: str, origin: str, ip: str) -> None:
    egress = Egress((entry,), loopback=False)
    egress.check_origin(origin)
    parts = urlsplit(origin)
    egress.check_address(
        parts.hostname or "", ip, parts.port or 443, secure=parts.scheme == "https"
    )


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("10.0.0.0/8", "http://11.0.0.1"),
        ("10.0.0.0/8", "https://192.168.0.1"),
        ("10.1.2.3:1234", "http://10.1.2.3:1235"),
        ("orders.svc", "http://evil-orders.svc"),
        ("orders.svc", "http://orders.svc.evil.com"),
        ("orders.svc:8000", "http://orders.svc:8001"),
        ("*.svc", "http://svc"),
        ("*.svc", "http://notsvc"),
        ("64:ff9b::/96", "https://[64:ff9b::127.0.0.1]"),
    ],
)
def test_an_entry_allows_what_it_names_and_nothing_near(entry: str, origin: str) -> None:
    refuses(origin, Egress((entry,), loopback=False))


def test_a_name_that_may_lead_into_an_allowed_network_is_judged_at_the_socket() -> None:
    egress = Egress(("10.0.0.0/8",), loopback=False)
    egress.check_origin("http://orders.svc:8000")
    with pytest.raises(EgressDenied):
        egress.check_address("orders.svc", "192.168.0.1", 8000, secure=False)
    with pytest.raises(EgressDenied):
        egress.check_address("orders.svc", "93.184.216.34", 80, secure=False)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "a b",
        *words("""
        10.0.0.1/8 10.0.0.0/33 * *svc .svc host:0 host:99999 host:x http://host user@host
        10.0.0.300 [::1 host:
        """),
    ],
)
def test_n01_an_entry_that_cannot_be_read_is_refused_when_the_policy_is_made(entry: str) -> None:
    with pytest.raises(ValueError, match=r"`|/"):
        Egress((entry,), loopback=False)


def test_the_refusal_is_one_text_whatever_the_reason() -> None:
    origins = ["https://10.0.0.1", "ftp://x", "https://example.com:22", "http://example.com", "?"]
    refusals = [refuses(each) for each in origins]
    assert len({each.message for each in refusals}) == 1
    assert {each.effect for each in refusals} == {Effect.NOT_EXECUTED}


PER_CONNECTOR = Egress(
    ("10.1.0.0/16", "pets=10.20.0.0/16", "pets=*.pets.svc:8000", "shop=10.30.0.1"), loopback=False
)


@pytest.mark.parametrize(
    ("connector", "origin", "allowed"),
    [
        ("pets", "http://10.20.0.1", True),
        ("pets", "http://a.pets.svc:8000", True),
        ("pets", "http://10.1.0.1", True),
        ("pets", "http://10.30.0.1", False),
        ("shop", "http://10.30.0.1", True),
        ("shop", "http://10.20.0.1", False),
        ("petshop", "http://10.20.0.1", False),
        ("", "http://10.20.0.1", False),
        ("", "http://10.1.0.1", True),
    ],
)
def test_e22_an_entry_may_be_for_one_connector_alone(
    connector: str, origin: str, *, allowed: bool
) -> None:
    egress = PER_CONNECTOR.of(connector)
    if allowed:
        egress.check_origin(origin)
    else:
        refuses(origin, egress)


def test_e22_a_name_is_judged_by_the_rules_of_its_connector() -> None:
    PER_CONNECTOR.of("pets").check_address("orders.svc", "10.20.0.1", 8000, secure=False)
    for connector in ("shop", ""):
        with pytest.raises(EgressDenied):
            PER_CONNECTOR.of(connector).check_address("a", "10.20.0.1", 8000, secure=False)


def test_e22_the_profile_holds_for_every_connector() -> None:
    Egress(("pets=10.0.0.0/8",), loopback=True).of("pets").check_origin("http://127.0.0.1:1")


@pytest.mark.parametrize("entry", ["=10.0.0.0/8", "Pets=10.0.0.0/8", "pets=", "pets=a=b", "p/v=h"])
def test_n01_an_entry_for_a_connector_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="`"):
        Egress((entry,), loopback=False)
