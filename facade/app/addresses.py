"""Addresses of faces, by their text alone: whom they let in, and whether there can be such."""

import ipaddress

UNIX = "unix:"


def is_local(address: str) -> bool:
    """Whether only this host can reach an address."""
    if address.startswith((UNIX, "unix-abstract:")):
        return True
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_port(address: str) -> bool:
    """Whether an address is a Unix socket's, or its port is one that there can be."""
    port = address.rpartition(":")[2]
    return not port.isdecimal() or int(port) < 2**16
