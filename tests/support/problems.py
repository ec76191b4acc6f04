"""The one assertion about errors: every one of them is a problem of RFC 9457, and tells no secrets."""

from __future__ import annotations

from typing import Any

import httpx

MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that a response is the problem of this status and code; its members."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    for trace in ("Traceback", 'File "', ".py", "site-packages"):
        assert trace not in response.text
    problem: dict[str, Any] = response.json()
    assert problem.keys() == (MEMBERS | {"errors"} if code == "invalid-input" else MEMBERS)
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"urn:silah:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"]
    assert response.headers["x-request-id"] == problem["request_id"]
    for error in problem.get("errors", []):
        assert error.keys() == {"loc", "msg"}
        assert error["loc"][0] in {"query", "path", "body"}
        assert error["msg"]
    return problem
