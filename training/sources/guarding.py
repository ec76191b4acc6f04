"""The guard of all connections: which addresses may be asked, and until when."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Self

import httpcore

from models.errors import FetchError

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int, float], Sequence[str]]  # host, port and seconds to addresses

_PRIVATE = [
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
]
# where clouds tell a machine its secrets: Amazon, Google, Microsoft and others, in either version
_METADATA = {
    ipaddress.ip_address(address)
    for address in (
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
}
_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that has been given out
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 for networks that have none, RFC 6052
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")  # no longer in use, RFC 7526; may lead to any IPv4


def is_public(address: Address) -> bool:
    """Whether anyone on the internet reaches the same machine under this address."""
    if address in _METADATA:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    return address in _UNICAST and address not in _SIX_TO_FOUR and address.is_global


def is_private(address: Address) -> bool:
    """Whether it is this machine or one of a private network; cloud metadata and link-local are neither."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_private(address.ipv4_mapped)
    return address not in _METADATA and any(address in network for network in _PRIVATE)


def system_addresses(host: str, port: int, seconds: float) -> Sequence[str]:
    """The addresses of a host as the system knows them, numbers in any spelling included.

    Raises:
        FetchError: ``unreachable``, there is no such host.
        httpcore.ConnectError: nobody could tell, for now.
        httpcore.ConnectTimeout: nobody told in time.
    """
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer.put(error)
        else:
            answer.put([str(address[0]) for *_, address in found])

    # it takes no time limit, and whoever names the host may let it wait
    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(found, socket.gaierror) and found.errno == socket.EAI_AGAIN:
        raise httpcore.ConnectError(f"the address of {host} cannot be found out now") from found
    if isinstance(found, Exception):
        raise FetchError("unreachable", f"{host} has no address") from found
    return found


class Deadline(float):
    """Seconds for all of an answer.

    httpcore hands it on as the seconds of each step; the guard makes of it what is left.
    """

    _end: float
    _clock: Callable[[], float]

    def __new__(cls, seconds: float, clock: Callable[[], float]) -> Self:
        made = super().__new__(cls, seconds)
        made._clock = clock
        made.restart()
        return made

    def restart(self) -> None:
        """From now on again."""
        self._end = self._clock() + self

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            httpcore.ReadTimeout: none are.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


def _left(timeout: float | None) -> float:
    if not isinstance(timeout, Deadline):
        raise TypeError("each question has a Deadline")
    return timeout.left()


class GuardedBackend(httpcore.NetworkBackend):
    """Connections to addresses that were checked, and to no others.

    A host is looked up once, here; it is refused where one of its addresses is. What connects is told the address,
    so no second look-up can give another.
    """

    def __init__(self, allow_private: bool, resolve: Resolve, network: httpcore.NetworkBackend) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers.

        Raises:
            FetchError: ``private_address`` or ``unreachable``.
            httpcore.ConnectError: nothing answers.
            httpcore.TimeoutException: not in time.
        """
        addresses = self.checked(host, port, _left(timeout))
        for tried, address in enumerate(addresses, 1):
            seconds = _left(timeout) / (len(addresses) - tried + 1)  # one that is silent leaves time for the others
            try:
                stream = self._network.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if tried == len(addresses):
                    raise
            else:
                return _TimedStream(stream)
        raise FetchError("unreachable", f"{host} has no address")

    def checked(self, host: str, port: int, seconds: float) -> list[str]:
        """The addresses of a host, each once.

        Raises:
            FetchError: ``private_address``, or what the look-up raises.
        """
        found = [ipaddress.ip_address(address) for address in self._resolve(host, port, seconds)]
        for address in found:
            if not is_public(address) and not (self._allow_private and is_private(address)):
                kind = "private: --allow-private lets it be asked" if is_private(address) else "not public"
                raise FetchError("private_address", f"{host} is at {address}, which is {kind}")
        return [str(address) for address in dict.fromkeys(found)]


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every step takes at most what is left of the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))
        except httpcore.ConnectError as error:
            cause = error.__cause__
            if not isinstance(cause, ssl.SSLError):
                raise
            told = (
                cause.verify_message
                if isinstance(cause, ssl.SSLCertVerificationError)
                else cause.reason or "the handshake failed"
            )
            raise FetchError("tls", f"no safe connection to {server_hostname}: {told}") from error

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
