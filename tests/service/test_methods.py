"""service.methods: HEAD wherever there is GET, with the same headers and no body."""

from __future__ import annotations

import pytest

from service.scopes import Scope
from tests.support.serving import Client

LIST = "/v1/articles/football-2/related"
OWN = {"x-request-id", "date"}


@pytest.mark.parametrize(
    "path",
    [LIST, "/v1/articles/football-2", "/v1/articles/nobody/related", f"{LIST}?limit=0", "/health/ready", "/nowhere"],
)
def test_a_head_has_the_headers_of_a_get_and_no_body(client: Client, path: str) -> None:
    full, head = client.get(path), client.request("HEAD", path)
    assert head.status_code == full.status_code
    assert head.content == b""
    assert {name: value for name, value in head.headers.items() if name not in OWN} == {
        name: value for name, value in full.headers.items() if name not in OWN
    }


def test_a_head_may_be_conditional(client: Client) -> None:
    tag = client.request("HEAD", LIST).headers["etag"]
    assert client.request("HEAD", LIST, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["/health/live", LIST])
def test_where_there_is_get_head_is_allowed(client: Client, path: str) -> None:
    assert client.request("POST", path, headers=client.key(Scope.ADMIN)).headers["allow"] == "GET, HEAD"
