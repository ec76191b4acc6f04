"""service.telemetry: every answer has a request id."""

from __future__ import annotations

import pytest

from tests.support.serving import Client

LIST = "/v1/articles/football-2/related"


@pytest.mark.parametrize("request_id", ["a", "call-7", "0123456789abcdef0123456789abcdef", "A.b_c-D", "x" * 64])
def test_a_sound_request_id_is_handed_back(client: Client, request_id: str) -> None:
    assert client.get(LIST, headers={"X-Request-ID": request_id}).headers["x-request-id"] == request_id


@pytest.mark.parametrize(
    "request_id",
    [b"", b"x" * 65, b"two words", b"<script>", b'"}', b"a\xc3\xa9", b"\xff", b"a;b", b"../..", b"a\tb", b"${jndi:x}"],
)
def test_a_hostile_request_id_is_replaced(client: Client, request_id: bytes) -> None:
    given = client.get(LIST, headers={b"X-Request-ID": request_id}).headers["x-request-id"]
    assert given.encode() != request_id
    assert len(given) == 32
    assert given.isalnum()


def test_every_answer_has_a_request_id_of_its_own(client: Client) -> None:
    paths = (LIST, "/health/live", "/metrics", "/demo", "/nowhere", f"{LIST}?limit=0", "/openapi.json")
    ids = [client.get(path).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)
