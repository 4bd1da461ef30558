"""The guard between names and connections: every answer of a resolver is looked at, each time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from eurocorpus.pipeline.crawl.addresses import is_allowed
from eurocorpus.pipeline.crawl.resolver import GuardedResolver, read_hosts
from eurocorpus.pipeline.errors import UsageError

PUBLIC, OTHER, PRIVATE, MAPPED = "93.184.215.14", "1.1.1.1", "169.254.169.254", "::ffff:10.0.0.1"


@implementer(IHostnameResolver)
class Rebinding:
    """A name server that gives other addresses each time it is asked."""

    def __init__(self, answers: Iterator[list[str]]) -> None:
        self.answers = answers

    def resolveHostName(
        self, receiver: IResolutionReceiver, name: str, port: int = 0, *rest: Any
    ) -> Any:
        receiver.resolutionBegan(self)
        for address in next(self.answers):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()
        return self


@implementer(IResolutionReceiver)
class Received:
    """What would be connected to."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.complete = False

    def resolutionBegan(self, resolutionInProgress: Any) -> None:
        pass

    def addressResolved(self, address: Any) -> None:
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:
        self.complete = True


def ask(resolver: GuardedResolver, name: str = "a.example") -> list[str]:
    received = Received()
    resolver.resolveHostName(received, name, 443)
    assert received.complete
    return received.addresses


def test_an_address_that_changes_is_looked_at_each_time() -> None:
    answers = [[PUBLIC], [PRIVATE], [PUBLIC], [MAPPED], []]
    resolver = GuardedResolver(Rebinding(iter(answers)), {}, ())
    assert ask(resolver) == [PUBLIC]
    assert resolver.refused == {}
    assert ask(resolver) == []
    assert resolver.refused == {"a.example": PRIVATE}
    assert ask(resolver) == [PUBLIC]
    assert resolver.refused == {}
    assert ask(resolver) == []
    assert resolver.refused == {"a.example": MAPPED}
    assert ask(resolver) == []
    assert resolver.refused == {}


@given(st.lists(st.sampled_from([PUBLIC, OTHER, PRIVATE, MAPPED, "2606:4700::1111"]), max_size=6))
def test_one_allowed_address_is_passed_on_whatever_stands_beside_it(answer: list[str]) -> None:
    chosen = ask(GuardedResolver(Rebinding(iter([answer])), {}, ()))
    assert len(chosen) == any(map(is_allowed, answer))
    assert set(chosen) <= set(filter(is_allowed, answer))


def test_the_file_of_hosts_is_guarded_too(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(
        f"{PRIVATE} meta.example # cloud\n{OTHER} one.example One2.example\n\n# none\n"
    )
    resolver = GuardedResolver(Rebinding(iter([[PUBLIC]])), read_hosts(str(hosts)), ())
    assert ask(resolver, "meta.example") == []
    assert ask(resolver, "ONE2.example") == [OTHER]
    assert ask(resolver, "else.example") == [PUBLIC]


@pytest.mark.parametrize("content", [b"localhost 127.0.0.1\n", b"\xff\xfe"])
def test_a_file_of_hosts_that_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hosts").write_bytes(content)
    with pytest.raises(UsageError, match="expected a"):
        read_hosts(str(tmp_path / "hosts"))
    with pytest.raises(UsageError, match="expected a file as /etc/hosts"):
        read_hosts(str(tmp_path / "nothing"))
