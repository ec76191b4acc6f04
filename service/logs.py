"""Logs: what a process has to say as lines of JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from service.ledger import AccessRecord, Answered, access

_to_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and what was passed as ``extra``."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record, AccessRecord):
            return "\n".join(map(_line, record.answered))
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "at": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in self._STANDARD})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _to_json(line)


def _line(answer: Answered) -> str:
    """An answer as a line; a request id holds nothing to escape."""
    second = int(answer.at)
    return (
        f'{{"at": "{_second(second)}.{int((answer.at - second) * 1000):03d}Z", "level": "info", '
        f'"logger": "{access.name}", "message": "request", "request_id": "{answer.request_id}", '
        f'"method": {encode_basestring(answer.method)}, "path": {encode_basestring(answer.path)}, '
        f'"status": {answer.status}, "milliseconds": {answer.seconds * 1000:.3f}}}'
    )


@lru_cache(maxsize=2)
def _second(moment: int) -> str:
    """A time in whole seconds since 1970 as it begins in RFC 3339."""
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat()


def log_to_stderr(level: str = "INFO") -> None:
    """Send the logs of this process to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
