"""Finds the addresses of hosts, and lets none through that may not be connected to.

Twisted connects to what its resolver answers and asks no second time, so that a name cannot have
one address when it is checked and another when it is used.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import implementer

from ..errors import UsageError
from .addresses import Network, is_allowed


@implementer(IHostnameResolver)
class GuardedResolver:
    """Asks a file of hosts, then another resolver; answers with one address that is allowed."""

    def __init__(
        self, resolver: IHostnameResolver, hosts: dict[str, list[str]], networks: Sequence[Network]
    ) -> None:
        """Put a guard before `resolver`; `hosts` is asked first; `networks` are allowed besides."""
        self._resolver, self._hosts, self._networks = resolver, hosts, networks
        self.refused: dict[str, str] = {}
        """Hosts none of whose addresses was allowed at the last look, and one of those addresses."""

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """Answer with the first allowed address: two would mean two connections at a time."""
        guard = _Guard(self, resolutionReceiver, hostName)
        known = self._hosts.get(hostName.lower().strip("[]"))
        if known is None:
            resolution: IHostResolution = self._resolver.resolveHostName(
                guard, hostName, portNumber, addressTypes, transportSemantics
            )
            return resolution
        begun = _Known(hostName)
        guard.resolutionBegan(begun)
        for address in known:
            kind = IPv6Address if ":" in address else IPv4Address
            guard.addressResolved(kind("TCP", address, portNumber))
        guard.resolutionComplete()
        return begun

    def settle(self, host: str, answers: list[IPv4Address | IPv6Address]) -> IAddress | None:
        """Choose among the addresses of a host, IPv4 before IPv6."""
        allowed = [answer for answer in answers if is_allowed(answer.host, self._networks)]
        self.refused.pop(host, None)
        if answers and not allowed:
            self.refused[host] = answers[0].host
        return min(allowed, key=lambda answer: ":" in answer.host, default=None)


@implementer(IResolutionReceiver)
class _Guard:
    """Collects a resolver's answers and passes one on."""

    def __init__(self, resolver: GuardedResolver, receiver: IResolutionReceiver, host: str) -> None:
        self._resolver, self._receiver, self._host = resolver, receiver, host
        self._answers: list[IPv4Address | IPv6Address] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IPv4Address | IPv6Address) -> None:
        self._answers.append(address)

    def resolutionComplete(self) -> None:
        if chosen := self._resolver.settle(self._host, self._answers):
            self._receiver.addressResolved(chosen)
        self._receiver.resolutionComplete()


@implementer(IHostResolution)
class _Known:
    """A resolution that is done before anyone could cancel it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        pass


def read_hosts(path: str | None) -> dict[str, list[str]]:
    """Read a file as /etc/hosts: an address and names a line, `#` before remarks.

    Raises:
        UsageError: it cannot be read, or a line does not begin with an address.

    """
    hosts: dict[str, list[str]] = {}
    if not path:
        return hosts
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"network.hosts: {path}: expected a file as /etc/hosts: {error}") from None
    for number, line in enumerate(lines, 1):
        address, *names = line.partition("#")[0].split() or [""]
        if not address:
            continue
        try:
            ip_address(address)
        except ValueError:
            raise UsageError(
                f"{path}:{number}: expected an address and names, as in `127.0.0.1 localhost`, "
                f"found {line!r}"
            ) from None
        for name in names:
            hosts.setdefault(name.lower(), []).append(address)
    return hosts
