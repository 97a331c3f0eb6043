"""Ways to write addresses that calls must not go to."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

FORBIDDEN = (
    *("127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.100.100.200"),
    *("169.254.169.254", "168.63.129.16", "192.0.0.192", "198.18.0.1", "255.255.255.255"),
)
"""One of each kind of network of IPv4 that is not public, and the clouds' metadata."""

FORBIDDEN_6 = (
    *("::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1"),
    *("100::1", "2001::1", "2001:2::1", "2001:db8::1", "2002::1", "3fff::1", "5f00::1", "4000::1"),
)

TWISTED = (
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain"),
    *("ip6-localhost", "ip6-loopback", "metadata", "metadata.google.internal", "metadata.goog"),
    *("METADATA.google.internal.", "0", "0x", "0x0", "00", "0.0", "127.1", "127.0.1"),
    *("127.0.0.1.", "127.0.0.1..", "127.0.0.01", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1\t"),
    *("127.0.0.1\n", "127.0.0.1\r\nHost: a", "12\t7.0.0.1", "127.0.0.1%00", "127.0.0.1%20"),
    *("127.0.0.1%2f", "%31%32%37.0.0.1", "127%2e0.0.1", "example.com%00.127.0.0.1", "1e3.1"),
    *("127.0.0.1#.example.com", "127.0.0.1?.example.com", "127.0.0.1/.example.com", "[127.0.0.1]"),
    *("example.com@127.0.0.1", "example.com:80@127.0.0.1", "@127.0.0.1", ":@127.0.0.1"),
    *("example.com\\@127.0.0.1", "127.0.0.1\\@example.com", "127.0.0.1\\.example.com", "\\\\127.1"),
    *("example.com%40127.0.0.1", "example.com&@127.0.0.1", "127.0.0.1:443@example.com"),
    *("127.0.0.1:80:443", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:+443", "127.0.0.1:00000443"),
    *("::1", "[::1", "::1]", "[::1]]", "[[::1]]", "[::1%25lo]", "[::1%lo]", "[fe80::1%25eth0]"),
    *("[v1.127]", "[::1]x", "[::1].", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::127.0.0.1]"),
    *("\u3002", "127\u30020\u30020\u30021", "127\uff0e0\uff0e0\uff0e1", "127\uff610\uff610\uff611"),
    *("\u2460\u2461\u2466.0.0.1", "\u2488", "\u2170ocalhost", "l\u043ecalhost", "loc\u00adalhost"),
    *("\u2113ocalhost", "\uff4cocalhost", "loca\u200blhost", "localhos\u1e97", "127.0.0.1\u200b"),
    *("xn--", "a..b", ".a.com", "-a.com", "a-.com", "a" * 64 + ".com", "a." * 130 + "com", ""),
    *("1.2.3", "1.2.3.4.5", "1.2.3.256", "08.8.8.8", "8.8.8.0x8", "a.123", "a.0x7f", "a b.com"),
    *("example.com:22", "example.com:25", "example.com:2379", "example.com:5432"),
    *("example.com:6379", "example.com:10250", "example.com:50051", "example.com:0"),
    *("example.com:65536", "example.com:443443443", "93.184.216.34:22", "[2606:4700::1]:6379"),
)
"""What stands between `https://` and the path; parsers do not agree on much of it."""

SCHEMES = (
    *("file:///etc/passwd", "file://localhost", "ftp://example.com", "gopher://example.com:443"),
    *("data:text/plain,x", "unix:/run/docker.sock", "http+unix://%2Frun%2Fdocker.sock"),
    *(
        "ws://example.com",
        "wss://example.com",
        "jar:https://example.com!/",
        "dict://127.0.0.1:11211",
    ),
    *("ldap://127.0.0.1", "tftp://127.0.0.1", "netdoc:///etc/passwd", "javascript:alert(1)"),
    *(
        "http://example.com",
        "http://example.com:8080",
        "HTTP://example.com",
        "http://93.184.216.34",
    ),
    *("https:example.com", "https:/example.com", "https:///example.com", "https:\\\\example.com"),
    *("//example.com", "example.com", "://example.com"),
)
"""Whole origins."""


def spellings(address: str) -> Iterator[str]:
    """How one forbidden address of IPv4 is written, by itself and inside one of IPv6."""
    number = int(IPv4Address(address))
    a, b, c, d = IPv4Address(address).packed
    yield from (address, f"{address}.", f"{address}:8443", str(number), hex(number), f"0{number:o}")
    yield from (f"{hex(a)}.{hex(b)}.{hex(c)}.{hex(d)}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}")
    yield from (f"{a:03}.{b:03}.{c:03}.{d:03}", f"{hex(a)}.{b}.{c}.{d}", f"{a}.{b}.{c}.0{d:o}")
    yield from (f"{a}.{b}.{c << 8 | d}", f"{a}.{number & 0xFFFFFF}", f"{hex(number)}.")
    yield from (str(number + 2**32), f"{a + 256}.{b}.{c}.{d}")
    yield address.translate({ord("0") + each: 0xFF10 + each for each in range(10)})
    yield from (f"[::ffff:{address}]", f"[::{address}]", f"[::ffff:0:{address}]")
    yield from (f"[64:ff9b::{address}]", f"[64:ff9b:1::{address}]", f"[::FFFF:{address}]:8443")
    for prefix in (0xFFFF << 32, 0, 0x64FF9B << 96, 0x64FF9B0001 << 80):
        yield f"[{IPv6Address(prefix + number).exploded}]"
    yield f"[{IPv6Address((0x2002 << 112) + (number << 80) + 1)}]"
    yield f"[{IPv6Address((0x20010000 << 96) + (number << 64))}]"
    yield f"[{IPv6Address((0x20010000 << 96) + (0x08080808 << 64) + (number ^ 0xFFFFFFFF))}]"


def forbidden_origins() -> list[str]:
    """Every origin that a gateway without exceptions must not open a connection to."""
    hosts = [each for address in FORBIDDEN for each in spellings(address)]
    hosts += [f"[{each}]" for each in FORBIDDEN_6] + list(TWISTED)
    return [*(f"{scheme}://{host}" for host in hosts for scheme in ("https", "http")), *SCHEMES]
