"""What the service is measured beside: the same bytes from a bare ASGI function and from a constant FastAPI route.

The answer is read from the file that ``SILAH_BENCHMARK_ANSWER`` names: a line of JSON with its headers, then its body.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from fastapi import FastAPI, Response
from starlette.types import Receive, Scope, Send

_head, _, BODY = Path(os.environ["SILAH_BENCHMARK_ANSWER"]).read_bytes().partition(b"\n")
HEADERS: dict[str, str] = json.loads(_head)
RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


async def bare(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI's own
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": RAW_HEADERS})
        await send({"type": "http.response.body", "body": BODY})


constant = FastAPI()


@constant.get("/v1/articles/{article_id:path}/related")
async def related(article_id: str) -> Response:  # noqa: ARG001  # read as the service reads it, and not used
    return Response(BODY, headers=HEADERS)
