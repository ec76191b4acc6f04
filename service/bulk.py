"""Bulk: many records in one request, some hundred at a time; they never stand in memory together."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from models.article import Article, deleted_id
from models.errors import RecordError
from models.live import LiveIndex
from service.bodies import lines
from service.journal import Change, Entry, Kind

TOGETHER = 500  # records that are written and applied at once
IN_MEMORY = 1 << 20  # bytes of results before they go to a file
PIECE = 1 << 16  # bytes of results sent at once


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read: a change, or why it is none."""

    number: int
    change: Change | None
    reason: str | None = None
    message: str | None = None


def read(number: int, line: bytes | None, longest: int) -> Line:
    """A line as a change: an article record, or `{"id": …, "deleted": true}`; None stands for one that is too long."""
    if line is None:
        return Line(number, None, "too_long", f"the line has more than {longest} bytes")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Line(number, None, "bad_json", str(error))
    if not isinstance(record, dict):
        return Line(number, None, "bad_json", "the line is no JSON object")
    try:
        gone = deleted_id(record)
        if gone is not None:
            return Line(number, Change(Kind.DELETION, gone))
        article = Article.from_record(record)
    except RecordError as error:
        return Line(number, None, error.reason, str(error))
    return Line(number, Change(Kind.ARTICLE, article.id, json.dumps(article.to_record(), ensure_ascii=False)))


async def taken(
    stream: AsyncIterator[bytes],
    longest: int,
    index: Callable[[], LiveIndex],
    write: Callable[[Sequence[Change]], Awaitable[list[Entry]]],
) -> IO[bytes]:
    """Write down what comes, some hundred lines at a time; the results, one JSON line each, in a file.

    Lines of more than ``longest`` bytes are rejected, blank ones passed over.
    """
    results: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed by who sends it
    try:
        together: list[Line] = []
        number = 0
        async for line in lines(stream, longest):
            number += 1
            if line is None or line.strip():
                together.append(read(number, line, longest))
            if len(together) == TOGETHER:
                results.write(await _written(together, index(), write))
                together = []
        results.write(await _written(together, index(), write))
    except BaseException:
        results.close()
        raise
    results.seek(0)
    return results


async def _written(
    together: Sequence[Line], index: LiveIndex, write: Callable[[Sequence[Change]], Awaitable[list[Entry]]]
) -> bytes:
    known: dict[str, bool] = {}
    told: list[dict[str, Any]] = []
    changes = [line.change for line in together if line.change is not None]
    for line in together:
        change = line.change
        if change is None:
            told.append({"line": line.number, "status": "rejected", "reason": line.reason, "message": line.message})
            continue
        before = known[change.subject] if change.subject in known else index.find(change.subject) is not None
        known[change.subject] = change.kind is Kind.ARTICLE
        status = "deleted" if change.kind is Kind.DELETION else "updated" if before else "created"
        told.append({"line": line.number, "id": change.subject, "status": status})
    entries = iter(await write(changes) if changes else [])
    for result in told:
        if result["status"] != "rejected":
            result["seq"] = next(entries).seq
    return b"".join(json.dumps(result, ensure_ascii=False).encode() + b"\n" for result in told)


def pieces(results: IO[bytes]) -> Iterator[bytes]:
    """The content of a file, which is closed then."""
    with results:
        while piece := results.read(PIECE):
            yield piece


def exported(index: LiveIndex) -> Iterator[bytes]:
    """The records of all articles that are not gone, newest first, some hundred lines at a time."""
    rows = index.by_time[~index.gone[index.by_time]].tolist()
    for start in range(0, len(rows), TOGETHER):
        records = (index.article(row).to_record() for row in rows[start : start + TOGETHER])
        yield b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)
