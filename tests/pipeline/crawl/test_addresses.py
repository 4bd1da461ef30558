from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.crawl.addresses import is_allowed, read_networks
from eurocorpus.pipeline.errors import UsageError

REFUSED = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.9", "169.254.169.254",
    "172.16.0.1", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "ff02::1", "2001:db8::1", "", "host", "1.2.3",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_the_internet_is_refused(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "64:ff9b::101:101"]
)
def test_the_internet_is_allowed(address: str) -> None:
    assert is_allowed(address)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_too(address: IPv4Address) -> None:
    for inside in (
        f"::ffff:{address}",
        str(IPv6Address(int(IPv6Address("64:ff9b::")) | int(address))),
    ):
        assert is_allowed(inside) == is_allowed(str(address))


@given(st.ip_addresses())
def test_only_what_is_named_is_allowed_besides(address: IPv4Address | IPv6Address) -> None:
    networks = read_networks(["127.0.0.0/8"])
    inside = isinstance(address, IPv4Address) and str(address).startswith("127.")
    assert is_allowed(str(address), networks) == (inside or is_allowed(str(address)))


def test_no_network() -> None:
    with pytest.raises(UsageError, match=r"expected a network such as 10.0.0.0/8"):
        read_networks(["10.0.0.1/8"])
