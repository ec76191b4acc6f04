"""What readers did and was acknowledged is there after `kill -9`, in full processes and on their disk."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import httpx

from models.interaction import Interaction, from_payload
from service.journal import Kind
from tests.support.processes import Server, running, silah_json
from tests.support.serving import eventually
from tests.support.states import journal_of

SIZE = 50


class Sender:
    """A client that sends batch after batch until there is no answer any more."""

    def __init__(self, server: Server, headers: dict[str, str]) -> None:
        self.acknowledged: list[int] = []
        self._headers = headers
        self._server = server
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        with httpx.Client(base_url=self._server.address, headers=self._headers, timeout=10) as client:
            for batch in range(100_000):
                try:
                    response = client.post("/v1/events", json={"events": events(batch)})
                except httpx.TransportError:
                    return
                assert response.json()["taken"] == SIZE
                self.acknowledged.append(batch)

    def join(self) -> list[int]:
        """The batches that were acknowledged."""
        self._thread.join()
        return self.acknowledged


def events(batch: int) -> list[dict[str, object]]:
    return [{"type": "read", "article_id": f"{batch}/{place}", "reader": f"r{place}"} for place in range(SIZE)]


def written(artifacts: Path) -> list[Interaction]:
    journal = journal_of(artifacts)
    entries = journal.after(0, 1_000_000)
    journal.close()
    return [one for entry in entries if entry.kind is Kind.EVENTS for one in from_payload(entry.payload or "")]


def test_nothing_that_was_acknowledged_is_lost(artifacts: Path) -> None:
    key = silah_json(artifacts.parent, "keys", "create", "--scope", "write")["key"]
    headers = {"Authorization": f"Bearer {key}"}
    with running(artifacts.parent, "serve", "--port", "0") as server:
        senders = [Sender(server, headers) for _ in range(2)]
        eventually(lambda: all(len(sender.acknowledged) > 5 for sender in senders))
        server.stop(signal.SIGKILL)
        acknowledged = [batch for sender in senders for batch in sender.join()]
    found = [one.article_id for one in written(artifacts)]
    for batch in set(acknowledged):
        times = acknowledged.count(batch)
        assert all(found.count(f"{batch}/{place}") >= times for place in range(SIZE))
    readers = {one.reader for one in written(artifacts)}
    with running(artifacts.parent, "serve", "--port", "0") as server:  # it knows them again
        again = httpx.post(f"{server.address}/v1/events", json={"events": events(0)}, headers=headers, timeout=10)
        assert again.status_code == 202
    assert {one.reader for one in written(artifacts)} == readers
