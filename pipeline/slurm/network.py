"""Addresses of this node on the network between nodes.

Ray asks which address it would use towards the internet. A node without a route there has none.
"""

import fcntl
import socket
import struct
from collections.abc import Iterable, Iterator

from ..errors import RunError

_SIOCGIFADDR = 0x8915


def own_address(interfaces: Iterable[str] = ()) -> str:
    """Find the IPv4 address that other nodes reach this one by: of the first interface that has one.

    Raises:
        RunError: no interface but loopback has an address.

    """
    found = dict(addresses())
    for name in (*interfaces, *found):
        if name in found:
            return found[name]
    raise RunError(
        "expected a network interface with an IPv4 address, found only loopback; "
        "a job on one node needs no other: leave out Ray with --array 1"
    )


def address_towards(other: str) -> str:
    """Find the address of this node that `host:port` would see."""
    host, _, port = other.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, int(port)))  # sends nothing
        address: str = probe.getsockname()[0]
        return address


def addresses() -> list[tuple[str, str]]:
    """List the interfaces that have an IPv4 address, with it; loopback apart."""
    return list(_look())


def _look() -> Iterator[tuple[str, str]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                packed = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue
            address = socket.inet_ntoa(packed[20:24])
            if not address.startswith("127."):
                yield name, address
