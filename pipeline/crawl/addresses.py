"""Which addresses a crawler may connect to: the public Internet, and what the user allows besides."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ..errors import UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SERVICES = frozenset(
    map(
        ip_address,
        (
            "168.63.129.16",  # Azure: the host's agent, on an address that looks public
            "192.0.0.192",  # Oracle Cloud: instance metadata
        ),
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


def read_networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Read networks such as `127.0.0.0/8`.

    Raises:
        UsageError: one of them is no network.

    """
    networks = []
    for text in written:
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            raise UsageError(
                f"expected a network such as 10.0.0.0/8 or fd00::/8, found {text!r}: {error}"
            ) from None
    return tuple(networks)


def is_allowed(written: str, networks: Iterable[Network] = ()) -> bool:
    """Whether an address is one of the public Internet, or in one of the networks allowed.

    An address that carries another (IPv4 in IPv6 as ::ffff:a.b.c.d, 6to4, Teredo, NAT64) is judged
    by that one too: a machine may route it there.

    >>> is_allowed("93.184.215.14"), is_allowed("169.254.169.254"), is_allowed("::ffff:127.0.0.1")
    (True, False, False)
    >>> is_allowed("127.8.8.8", read_networks(["127.0.0.0/8"]))
    True
    """
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return False
    allowed = tuple(networks)
    return all(
        _is_public(part) or any(part in network for network in allowed)
        for part in [*_carried(address)] or [address]
    )


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and address not in _SERVICES


def _carried(address: Address) -> Iterable[Address]:
    """Give the IPv4 addresses inside an IPv6 address."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _TRANSLATED:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
