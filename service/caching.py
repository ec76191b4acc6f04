"""Caching: a weak ETag for every cacheable answer, and 304 for those who have it."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response


def cacheable(request: Request, body: bytes, cache_control: str, media_type: str = "application/json") -> Response:
    """The answer, or 304 when ``If-None-Match`` names it (RFC 9110, 13.1.2: weak comparison)."""
    etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": cache_control}
    asked = request.headers.get("if-none-match", "")
    opaque = etag.removeprefix("W/")
    if asked.strip() == "*" or opaque in (tag.strip().removeprefix("W/") for tag in asked.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
