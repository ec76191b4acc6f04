"""Letters: the encoding of a text file, by its mark or as a person says."""

from __future__ import annotations

import io

from models.errors import SourceError
from training.sources.charset import marked
from training.sources.opening import said


def told(file: io.BufferedReader, source: str, encoding: str | None, newline: str) -> io.TextIOWrapper | None:
    """The text of a file whose encoding is said, or is UTF-16 or UTF-32 by its mark; None of any other.

    What cannot be read becomes U+FFFD. ``newline`` is that of :func:`open`.

    Raises:
        SourceError: there is no such encoding, or the file cannot be read.
    """
    try:
        if encoding is None:
            encoding = marked(file.peek(4))
            if encoding in {None, "utf-8-sig"}:
                return None
        if encoding.lower() in {"utf8", "utf-8"}:
            encoding = "utf-8-sig"
        return io.TextIOWrapper(file, encoding, "replace", newline)
    except OSError as error:
        raise SourceError(f"cannot read {source} after line 0: {said(error)}") from error
    except (LookupError, ValueError) as error:
        raise SourceError(f"cannot read {source}: {said(error)}") from error
