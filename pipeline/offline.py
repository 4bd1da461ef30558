"""Offline: any connection to outside the job's own nodes is refused at once, and named.

Nothing in a run needs the network. This holds it to that: it looks at every connection and every
look-up of a name that Python code tries, in the run's own process and in its workers.
"""

import ipaddress
import os
import sys
from typing import Any

_VARIABLE = "EUROCORPUS_OFFLINE"
_NODES = "EUROCORPUS_NODES"
LIBRARIES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")
"""What libraries take as the wish to leave the network alone."""


class OfflineError(ConnectionError):
    """Something wanted to connect to outside the job."""


def go_offline(*nodes: str) -> None:
    """Refuse connections from now on, in this process and all that it starts.

    `nodes` are the hosts that belong to the job; loopback and Unix sockets always do.
    """
    os.environ.update(dict.fromkeys((_VARIABLE, *LIBRARIES), "1"))
    os.environ[_NODES] = " ".join({*os.environ.get(_NODES, "").split(), *nodes})
    obey()


def is_offline() -> bool:
    """Whether the environment asks for it."""
    return os.environ.get(_VARIABLE, "") not in ("", "0")


_watching = False


def obey() -> None:
    """Refuse connections if the environment asks for it."""
    global _watching
    if is_offline() and not _watching:
        _watching = True
        sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and address and not _is_ours(str(address[0])):
            raise OfflineError(f"offline, but something wanted to connect to {address[0]}")
    elif event == "socket.getaddrinfo" and arguments[0] and not _is_ours(_text(arguments[0])):
        raise OfflineError(f"offline, but something asked for the address of {_text(arguments[0])}")


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def _is_ours(host: str) -> bool:
    if host in ("", "localhost", os.uname().nodename, *os.environ.get(_NODES, "").split()):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
