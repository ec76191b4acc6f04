"""Reading: a location is opened by its kind, or by what is found there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self
from urllib.parse import urlsplit

from models.errors import RecordError, SourceError
from training.sources.addresses import on_the_web
from training.sources.delimited import read_delimited
from training.sources.document import Document
from training.sources.extras import required
from training.sources.jsonl import read_jsonl
from training.sources.locations import DATA, Kind, kind_of_name, parted
from training.sources.opening import FileAt, files_at, said
from training.sources.options import SourceOptions
from training.sources.pagetext import Reading, explained_text, without_boxes
from training.sources.patterns import PagePatterns
from training.sources.record import SourceRecord
from training.sources.sniffing import HEAD, sniffed
from training.sources.web import Web

if TYPE_CHECKING:
    from training.sources.fetching import Fetcher

EXTRA_OF = {"columnar": "files", "sql": "postgresql"}  # of readers whose extra is not ``web``


class Sources:
    """Opens locations by the same options; the web is asked by one fetcher, until it is closed.

    Args:
        options: what the locations do not tell.
        target: a file that grows by what is read, which no pattern matches therefore.
    """

    def __init__(self, options: SourceOptions, target: Path | None = None) -> None:
        self._options = options
        self._target = target and target.resolve()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        fetcher: Fetcher | None = self.__dict__.get("_fetcher")
        if fetcher is not None:
            fetcher.close()

    def records(self, location: str, memory: MutableMapping[str, str]) -> Iterator[SourceRecord]:
        """The records of a location; see :func:`training.sources.open_source`."""
        kind, rest = parted(location)
        if kind is Kind.SQL:
            return _call("sql", "read_sql", rest, self._options)
        if on_the_web(rest) and kind not in DATA:
            return self._asked(kind, rest, memory)
        files = [at for at in files_at(rest, self._stream) if self._target is None or not self._is_target(at)]
        if not files:
            raise SourceError(f"cannot read {rest}: it is where the records go")
        return self._of_files(kind, files, memory)

    def _is_target(self, at: FileAt) -> bool:
        return "://" not in at.name and Path(at.name).resolve() == self._target

    @cached_property
    def _fetcher(self) -> Fetcher:
        made: Fetcher = required("training.sources.fetching", "web").Fetcher(self._options.fetch)
        return made

    def _stream(self, url: str) -> AbstractContextManager[BinaryIO]:
        return self._fetcher.stream(url)

    def _web(self, memory: MutableMapping[str, str]) -> Web:
        return Web(self._fetcher, lambda document: self._read_page(document).value, memory)

    @cached_property
    def _patterns(self) -> PagePatterns:
        return PagePatterns.load(self._options.patterns)

    def explained(self, location: str) -> Iterator[tuple[str, Reading]]:
        """The pages of a location by their names, each with what is taken off it and why.

        Raises:
            SourceError: it is no page, or cannot be read.
        """
        kind, rest = parted(location)
        documents = iter([self._fetcher.get(rest).document]) if on_the_web(rest) else self._saved(rest)
        for document in documents:
            if (kind or kind_of_name(document.name) or sniffed(document.content)) is not Kind.PAGE:
                raise SourceError(f"{document.name} is no page: what is taken off can be shown of pages only")
            yield document.name, self._read_page(document)

    def _of_files(
        self, kind: Kind | None, files: Iterable[FileAt], memory: MutableMapping[str, str]
    ) -> Iterator[SourceRecord]:
        for at in files:
            with at.opened() as file:
                try:
                    found = kind or kind_of_name(at.name) or sniffed(file.peek(HEAD))
                except OSError as error:
                    raise SourceError(f"cannot read {at.name}: {said(error)}") from error
                if found in DATA:
                    yield from self._rows(found, file, at.name)
                    continue
                document = self._document(file, at.name)  # standard input cannot be opened again
            yield from self._of_document(found, document, memory)

    def _document(self, file: BinaryIO, name: str) -> Document:
        longest = self._options.fetch.max_bytes
        try:
            content = file.read(longest + 1)
        except OSError as error:
            raise SourceError(f"cannot read {name}: {said(error)}") from error
        if len(content) > longest:
            raise SourceError(f"cannot read {name}: it has more than {longest:,} bytes")
        return Document(content, name)

    def _saved(self, location: str) -> Iterator[Document]:
        for at in files_at(location):
            with at.opened() as file:
                yield self._document(file, at.name)

    def _asked(self, kind: Kind | None, url: str, memory: MutableMapping[str, str]) -> Iterator[SourceRecord]:
        """What an address of the web answers, if that is not what it answered last time."""
        web = self._web(memory)
        if kind is Kind.WORDPRESS:
            return self._bodies(_call("wordpress", "read_wordpress", url, web))
        if kind is Kind.FEED:
            return self._bodies(_call("following", "follow_feed", url, web, self._options.full_text))
        if kind is Kind.SITEMAP:
            return _call("sitemaps", "follow_sitemap", url, web)
        return self._found(kind, url, web)

    def _found(self, kind: Kind | None, url: str, web: Web) -> Iterator[SourceRecord]:
        """The same where only the answer tells what it is."""
        from training.sources.visits import recall, remember  # noqa: PLC0415  # of the extra `web`

        answer = web.fetcher.get(url, recall(web.memory, url).validators)
        if answer.unchanged:
            return
        found = kind or sniffed(answer.document.content)
        if kind is None and speaks_wordpress(url, answer.headers):
            yield from self._bodies(_call("wordpress", "read_wordpress", url, web))
        elif found is Kind.FEED:
            yield from self._bodies(_call("following", "follow_feed", url, web, self._options.full_text, answer))
        elif found is Kind.SITEMAP:
            yield from _call("sitemaps", "follow_sitemap", url, web, answer)
        else:  # data has an address that says so
            yield SourceRecord(answer.document.name, 1, web.page(answer.document))
            remember(web.memory, url, answer)

    def _of_document(self, kind: Kind, document: Document, memory: MutableMapping[str, str]) -> Iterator[SourceRecord]:
        if kind is Kind.FEED:
            return self._bodies(_call("feeds", "read_feed", document, self._full if self._options.full_text else None))
        if kind is Kind.SITEMAP:
            return _call("sitemaps", "read_sitemap", document, self._web(memory))
        return iter([SourceRecord(document.name, 1, self._read_page(document).value)])

    def _rows(self, kind: Kind, file: Any, name: str) -> Iterator[SourceRecord]:
        """The records of a file that is read as it comes."""
        if kind is Kind.CSV:
            return read_delimited(file, name, self._options)
        if kind is Kind.PARQUET:
            return _call("columnar", "read_parquet", file, name, self._options)
        if kind is Kind.WXR:
            return self._bodies(_call("wxr", "read_wxr", file, name))
        return read_jsonl(file, name, self._options)

    def _bodies(self, records: Iterable[SourceRecord]) -> Iterator[SourceRecord]:
        """Records whose bodies were HTML, without the boxes that a page of the same article would lose."""
        for record in records:
            if isinstance(record.value, RecordError) or "body" not in record.value:
                yield record
            else:
                yield replace(record, value=without_boxes(record.value, self._patterns))

    def _read_page(self, document: Document) -> Reading:
        """HTML, or the text of a page that holds none."""
        if sniffed(document.content) is not Kind.PAGE:
            return explained_text(document, self._patterns)
        reading: Reading = required("training.sources.pages", "web").explained_page(document, self._patterns)
        return reading

    def _full(self, url: str) -> dict[str, Any] | RecordError:
        """The record of a page that a feed names."""
        return self._read_page(self._fetcher.get(url).document).value


def speaks_wordpress(url: str, headers: Mapping[str, str]) -> bool:
    """Whether an answer is that of the front page of a WordPress site, or of its API."""
    path = urlsplit(url).path.rstrip("/")
    return (not path and "https://api.w.org/" in headers.get("link", "")) or path.endswith("/wp-json")


def _call(module: str, name: str, *given: Any) -> Iterator[SourceRecord]:
    """What a reader gives that is loaded when it is needed."""
    records: Iterator[SourceRecord] = getattr(
        required(f"training.sources.{module}", EXTRA_OF.get(module, "web")), name
    )(*given)
    return records
