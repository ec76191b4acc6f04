"""No connection goes where it must not, whatever a name says."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from unittest.mock import patch

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import FetchError
from tests.support.hostile import Detour
from training.sources.guarding import Deadline, GuardedBackend, system_addresses

# as IANA's registries of special addresses have them, with multicast and what has not been given out
SPECIAL_4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
    "240.0.0.0/4", "168.63.129.16/32",
]  # fmt: skip
SPECIAL_6 = [
    "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "2001::/32", "2001:2::/48", "2001:db8::/32",
    "2002::/16", "4000::/2", "8000::/2", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fc00::/7", "fe00::/9",
    "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip
PRIVATE = ["10.0.0.1", "100.64.0.1", "127.0.0.1", "172.16.0.1", "192.168.1.1", "::1", "fd12::1", "::ffff:10.0.0.1"]
NEVER = [
    "169.254.169.254", "169.254.0.1", "168.63.129.16", "100.100.100.200", "192.0.0.192", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "fe80::1", "fe80::1%1", "fd00:ec2::254", "fd20:ce::254", "::", "ff02::1",
    "::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::169.254.169.254", "64:ff9b::10.0.0.1", "::127.0.0.1",
    "64:ff9b:1::1", "2001:db8::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]

special = st.one_of(
    st.sampled_from(SPECIAL_4).flatmap(lambda network: st.ip_addresses(network=network)),
    st.sampled_from(SPECIAL_6).flatmap(
        lambda network: st.ip_addresses(network=network).filter(lambda a: not holds_public(a))
    ),
    st.sampled_from(SPECIAL_4)
    .flatmap(lambda network: st.ip_addresses(network=network))
    .flatmap(
        lambda inner: st.sampled_from(
            [
                ipaddress.IPv6Address((0xFFFF << 32) + int(inner)),
                ipaddress.IPv6Address((0x64FF9B << 96) + int(inner)),
                ipaddress.IPv6Address((0x2002 << 112) + (int(inner) << 80)),
            ]
        )
    ),
)


def holds_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is IPv4 in the clothes of IPv6, which the third strategy tries."""
    return any(address in ipaddress.ip_network(network) for network in ("::ffff:0:0/96", "64:ff9b::/96"))


def connect(addresses: list[str], allow_private: bool = False) -> list[str]:
    """Where a connection was tried."""
    network = Detour({})
    backend = GuardedBackend(allow_private, lambda *_: addresses, network)
    with pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("site.example", 80, Deadline(5.0, lambda: 0.0))
    return network.connected


def refused(addresses: list[str], allow_private: bool = False) -> bool:
    network = Detour({})
    backend = GuardedBackend(allow_private, lambda *_: addresses, network)
    with pytest.raises(FetchError) as caught:
        backend.connect_tcp("site.example", 80, Deadline(5.0, lambda: 0.0))
    return caught.value.reason == "private_address" and not network.connected


@given(special, st.lists(st.sampled_from(PUBLIC), max_size=2), st.integers(0, 2))
def test_no_special_address_ever_gets_a_connection(address: object, others: list[str], at: int) -> None:
    addresses = [*others[:at], str(address), *others[at:]]
    assert refused(addresses)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_asked(address: str) -> None:
    assert connect([address]) == [str(ipaddress.ip_address(address))]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_asked_where_they_may_be(address: str) -> None:
    assert refused([address])
    assert connect([address], allow_private=True) == [str(ipaddress.ip_address(address))]


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_asked(address: str) -> None:
    assert refused([address])
    assert refused([address], allow_private=True)
    assert refused(["8.8.8.8", address], allow_private=True)


def test_all_addresses_are_tried_each_once() -> None:
    assert connect(["8.8.8.8", "8.8.4.4", "8.8.8.8"]) == ["8.8.8.8", "8.8.4.4"]


def test_a_name_without_an_address_is_unreachable() -> None:
    with pytest.raises(FetchError) as caught:
        GuardedBackend(False, lambda *_: [], Detour({})).connect_tcp("a", 80, Deadline(5.0, lambda: 0.0))
    assert caught.value.reason == "unreachable"


def test_a_deadline_passes_and_begins_again() -> None:
    now = [10.0]
    deadline = Deadline(3.0, lambda: now[0])
    now[0] = 12.0
    assert deadline.left() == 1.0
    deadline.restart()
    assert deadline.left() == 3.0
    now[0] = 15.0
    with pytest.raises(httpcore.ReadTimeout):
        deadline.left()


def test_a_connection_without_a_deadline_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        GuardedBackend(False, lambda *_: ["8.8.8.8"], Detour({})).connect_tcp("a", 80, 5.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_numbers_in_any_spelling_are_addresses(host: str) -> None:
    assert list(system_addresses(host, 80, 5.0)) == ["127.0.0.1"]


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_NONAME, "not known"), UnicodeError("label too long")])
def test_names_that_are_none_have_no_address(error: Exception) -> None:
    with patch("socket.getaddrinfo", side_effect=error), pytest.raises(FetchError) as caught:
        system_addresses("nowhere.invalid", 80, 5.0)
    assert caught.value.reason == "unreachable"


def test_a_look_up_that_fails_for_now_may_be_tried_again() -> None:
    error = socket.gaierror(socket.EAI_AGAIN, "try again")
    with patch("socket.getaddrinfo", side_effect=error), pytest.raises(httpcore.ConnectError):
        system_addresses("site.example", 80, 5.0)


def test_a_look_up_that_does_not_end_is_waited_for_no_longer_than_may_be() -> None:
    end = threading.Event()
    with (
        patch("socket.getaddrinfo", side_effect=lambda *_, **__: [end.wait()][:0]),
        pytest.raises(httpcore.ConnectTimeout),
    ):
        system_addresses("site.example", 80, 0.05)
    end.set()


class Breaking(httpcore.NetworkStream):
    """A connection that breaks when it is to be made safe."""

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("reset")


def test_a_connection_that_breaks_in_the_handshake_may_be_tried_again() -> None:
    network = Detour({})
    deadline = Deadline(5.0, lambda: 0.0)
    with patch.object(network, "connect_tcp", lambda *_: Breaking()):
        stream = GuardedBackend(False, lambda *_: ["8.8.8.8"], network).connect_tcp("a", 443, deadline)
    with pytest.raises(httpcore.ConnectError, match="reset"):
        stream.start_tls(ssl.create_default_context(), "a", deadline)
