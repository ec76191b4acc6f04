"""A server that keeps to no rule: it sends what it is told to, byte for byte, and notes who asked."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import httpcore

Pause = Callable[[float], object]
Reply = bytes | Callable[[Pause], Iterable[bytes]] | Sequence[bytes]


def answer(content: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A good answer; ``Content_Type`` is the header ``Content-Type``."""
    told = {"Content-Length": str(len(content)), **{name.replace("_", "-"): text for name, text in headers.items()}}
    lines = [f"HTTP/1.1 {status}".encode(), *(f"{name}: {text}".encode() for name, text in told.items())]
    return b"\r\n".join([*lines, b"", content])


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(status=status, Location=location)


@dataclass
class Asked:
    """One question: its target as it stood on the line, and its headers in lower case."""

    target: str
    headers: dict[str, str]


@dataclass
class Hostile:
    """A server on 127.0.0.1 while the block lasts.

    Attributes:
        replies: by target: bytes, a function of a pause that gives bytes, or for each question the next of a list.
            What is not there is 404.
        tls: what it shows who it is with.
        asked: in their order.
        connections: how many came.
    """

    replies: Mapping[str, Reply]
    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    def targets(self) -> list[str]:
        """What was asked for, robots.txt left out."""
        return [asked.target for asked in self.asked if asked.target != "/robots.txt"]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self.tls is None:
                self._talk(connection)
            else:
                with self.tls.wrap_socket(connection, server_side=True) as safe:
                    self._talk(safe)

    def _talk(self, connection: socket.socket) -> None:
        """One question after the other, until one is answered by something that does not say where it ends."""
        if self.tls is None and connection.recv(1, socket.MSG_PEEK) == b"\x16":  # the first byte of TLS
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        with connection.makefile("rb") as lines:
            while line := lines.readline():
                target = line.split()[1].decode("latin-1")
                headers = dict(iter(lambda: lines.readline().decode("latin-1").strip().partition(": ")[::2], ("", "")))
                self.asked.append(Asked(target, {name.lower(): value for name, value in headers.items()}))
                reply = self.replies.get(target, answer(status="404 Not Found"))
                if isinstance(reply, Sequence) and not isinstance(reply, bytes):
                    times = sum(asked.target == target for asked in self.asked)
                    reply = reply[min(times, len(reply)) - 1]
                for piece in [reply] if isinstance(reply, bytes) else reply(self._stop.wait):
                    connection.sendall(piece)
                if not (isinstance(reply, bytes) and reply.startswith(b"HTTP/1.1 ") and b"Content-Length" in reply):
                    return
                if b"\r\nConnection: close" in reply:
                    return


class Detour(httpcore.SyncBackend):
    """A network of a few addresses, each of them a port of this machine; the others do not answer.

    Attributes:
        connected: the addresses that were asked to connect, in their order.
    """

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self.connected: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.connected.append(host)
        if host not in self._ports:
            raise httpcore.ConnectError("no route")
        return super().connect_tcp("127.0.0.1", self._ports[host], timeout, local_address, socket_options)


def drip(content: bytes) -> Callable[[Pause], Iterator[bytes]]:
    """Content, then its last byte for ever, a byte at a time."""

    def reply(pause: Pause) -> Iterator[bytes]:
        yield content
        while True:
            pause(0.02)
            yield content[-1:]

    return reply


def endless(head: bytes, piece: bytes) -> Callable[[Pause], Iterator[bytes]]:
    """A beginning, and then one piece for ever, as fast as it is taken."""

    def reply(_: Pause) -> Iterator[bytes]:
        yield head
        while True:
            yield piece

    return reply
