"""A model version as a folder: plain arrays and JSON, listed with digests in a manifest.

::

    manifest.json          what it is, what it was made from, and the digest of each file below
    articles.jsonl         the articles as read, one record a line
    spans.npy              int64 (n, 2)   where each row's record stands in articles.jsonl
    vocabulary.json        the terms, sorted;  idf burst  float32, one a term
    indptr terms weights   the unit vectors, CSR
    neighbour_rows neighbour_scores        int32, float32 (n, k)
    published expires section story own    int64, int64, int32, int32, bool (n,);  sections.json  names of sections
    alike_indptr alike_rows                int64 (n + 1,), int32  which articles are alike in wording
    id_hashes id_rows      uint64, int32 (n,)  where an id is looked up
    boilerplate.json       what was taken off the pages, and the furniture learned of them

What updates need and answers do not, in the same order of rows::

    coverage_indptr coverage_terms coverage_weights   what each term adds to the coverage of a headline, CSR
    shingle_indptr shingles                int64 (n + 1,), uint32;  phrases  uint32, those that are set phrases
    copies likeness                        int32 (c, 2), float64 (c,)  pairs of copies

Nothing in it runs code when it is read: arrays are written with ``allow_pickle=False`` and
memory-mapped, which refuses pickled objects.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, overload

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError

from models.analysis import Analyzer, AnalyzerConfig, Furniture
from models.analysis.boilerplate import learned
from models.cards import CardFile, map_file
from models.errors import AnalyzerMismatch, FileRefused, FormatUnsupported
from models.index import ArticleIndex
from models.limits import NO_OTHERS, Amount, Count
from models.live import LiveIndex, Trained
from models.recommenders import ListRules, Recommender
from models.search import Archive, Compressed
from models.stories import StoryRule
from models.tfidf import TfidfModel, Weighting

FORMAT = 2
MANIFEST = "manifest.json"
ARTICLES = "articles.jsonl"
BOILERPLATE = "boilerplate.json"
VOCABULARY = "vocabulary.json"

INDEX_ARRAYS: Mapping[str, str] = {
    "indptr": "int64",
    "terms": "int32",
    "weights": "float32",
    "neighbour_rows": "int32",
    "neighbour_scores": "float32",
    "published": "int64",
    "expires": "int64",
    "section": "int32",
    "story": "int32",
    "alike_indptr": "int64",
    "alike_rows": "int32",
    "own": "bool",
    "id_hashes": "uint64",
    "id_rows": "int32",
}
ARRAYS: Mapping[str, str] = {**INDEX_ARRAYS, "spans": "int64", "idf": "float32", "burst": "float32"}
UPDATE_ARRAYS: Mapping[str, str] = {
    "coverage_indptr": "int64",
    "coverage_terms": "int32",
    "coverage_weights": "float32",
    "shingle_indptr": "int64",
    "shingles": "uint32",
    "phrases": "uint32",
    "copies": "int32",
    "likeness": "float64",
}


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Everything about a model that can be chosen; none of it is about the machine it runs on.

    Attributes:
        neighbours: how many nearest articles are kept of each article.
        neighbour_days: those further away in time are not looked at; None: all are.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    analyzer: AnalyzerConfig = field(default_factory=AnalyzerConfig)
    weighting: Weighting = field(default_factory=Weighting)
    stories: StoryRule = field(default_factory=StoryRule)
    lists: ListRules = field(default_factory=ListRules)
    neighbours: Count = 100
    neighbour_days: Amount | None = None


@dataclass(frozen=True, slots=True)
class FileEntry:
    """Size in bytes and SHA-256 of one file."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Forced:
    """A publication in spite of the quality gate: why, and the figures that would have refused it."""

    note: str
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """How many articles came, changed and went."""

    added: int = 0
    changed: int = 0
    deleted: int = 0

    def __add__(self, other: Changes) -> Changes:
        return Changes(self.added + other.added, self.changed + other.changed, self.deleted + other.deleted)


@dataclass(frozen=True, slots=True)
class Lineage:
    """The full training that an archive's vocabulary and idf are of, and what came since.

    Attributes:
        version: what that training made.
        articles: how many it was made of.
        mean_length: of these articles, see :meth:`TfidfModel.saturations`.
        since: all updates since.
        terms, unknown_terms: distinct terms of each article that came or changed since, added up, and those
            of them that the vocabulary lacks.
    """

    version: str
    articles: int
    mean_length: float
    since: Changes = field(default_factory=Changes)
    terms: int = 0
    unknown_terms: int = 0


@dataclass(frozen=True, slots=True)
class Update:
    """What an update did.

    Attributes:
        base: the version that it was made from.
        drift: how far the archive is from its last full training, see :mod:`training.drift`.
        due: why a full training is due; empty while none is.
    """

    base: str
    changes: Changes
    drift: dict[str, float]
    due: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version says of itself.

    Attributes:
        parents: the versions that it follows: the one in service when it was trained, if any.
        created_at: RFC 3339, UTC.
        fingerprint: of the analyzer's behaviour, see :meth:`Analyzer.fingerprint`.
        counts: articles, rejected, vocabulary, stories, …
        metrics: quality figures of the evaluation before publishing; None for "nothing to find".
        files: every other file of the folder by name.
        refused: the figures for which the quality gate kept it out of service; ``forced``: when it
            went into service all the same.
        lineage: where its vocabulary is from; None in versions that cannot be updated.
        update: what was done to the parent, when it was updated and not trained anew.
        journal_seq: all entries of the journal up to this one are in it; see docs/state.md.
    """

    version: str
    created_at: str
    parents: tuple[str, ...]
    config: ModelConfig
    fingerprint: str
    counts: dict[str, int]
    metrics: dict[str, float | None]
    files: dict[str, FileEntry]
    format: int = FORMAT
    refused: tuple[str, ...] = ()
    forced: Forced | None = None
    lineage: Lineage | None = None
    update: Update | None = None
    journal_seq: int = 0


@dataclass(frozen=True, slots=True)
class TakenOff:
    """In how many articles lines of a kind were taken off, and how many lines."""

    articles: int
    lines: int


@dataclass(frozen=True, slots=True)
class BoilerplateReport:
    """What ``boilerplate.json`` holds: what was taken off by kind, and the furniture learned, most frequent first."""

    removed: dict[str, TakenOff]
    learned: list[Furniture]


@dataclass(frozen=True)
class Model:
    """A loaded version: all that is needed to answer."""

    manifest: Manifest
    analyzer: Analyzer
    tfidf: TfidfModel
    recommender: Recommender

    @property
    def index(self) -> ArticleIndex:
        return self.recommender.index


CONFIG = TypeAdapter(ModelConfig)
_MANIFEST = TypeAdapter(Manifest)
_NAMES = TypeAdapter(list[str])
_REPORT = TypeAdapter(BoilerplateReport)


def write_json(path: Path, value: Any) -> None:
    """Write one JSON document in UTF-8, keys in their order."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def save_arrays(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write each array as ``<name>.npy`` in the type that the format fixes."""
    for name, array in arrays.items():
        dtype = {**ARRAYS, **UPDATE_ARRAYS}[name]
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array, dtype=dtype), allow_pickle=False)


def list_files(folder: Path) -> dict[str, FileEntry]:
    """Size and digest of every file of a folder except the manifest, by name."""
    paths = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    return {path.name: FileEntry(path.stat().st_size, _sha256(path)) for path in paths}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, sealed with a digest of itself, and bring every file of the folder to the disk."""
    content = _MANIFEST.dump_python(manifest, mode="json")
    write_json(folder / MANIFEST, {**content, "seal": _seal(content)})
    for path in folder.iterdir():
        fsync_path(path)
    fsync_path(folder)


def read_manifest(folder: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        FileRefused: when it is missing, is no manifest, or was changed after it was sealed.
        FormatUnsupported: when another release wrote it in a format unknown here.
    """
    version = folder.name
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise FileRefused(version, MANIFEST, "is missing") from error
    except (OSError, ValueError, RecursionError) as error:
        raise FileRefused(version, MANIFEST, f"cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise FileRefused(version, MANIFEST, "is no manifest")
    seal = content.pop("seal", None)
    if seal != _seal(content):
        raise FileRefused(version, MANIFEST, "was changed after it was written: its seal does not fit")
    if content.get("format") != FORMAT:
        raise FormatUnsupported(
            f"model version {version!r} has format {content.get('format')!r}; this release reads format {FORMAT}"
        )
    try:
        manifest = _MANIFEST.validate_python(content)
    except ValidationError as error:
        raise FileRefused(version, MANIFEST, f"is no manifest: {error.error_count()} members do not fit") from error
    if manifest.version != version:
        raise FileRefused(version, MANIFEST, f"belongs to version {manifest.version!r}")
    return manifest


def verify_sizes(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its size; none is read.

    Raises:
        FileRefused: names the first file that is missing or differs.
    """
    for name, entry in manifest.files.items():
        try:
            size = (folder / name).stat().st_size
        except FileNotFoundError as error:
            raise FileRefused(manifest.version, name, "is missing") from error
        except OSError as error:
            raise FileRefused(manifest.version, name, f"cannot be read: {error.strerror}") from error
        if size != entry.size:
            raise FileRefused(manifest.version, name, f"has {size} bytes; the manifest says {entry.size}")
    expected = {*(f"{name}.npy" for name in ARRAYS), ARTICLES, BOILERPLATE, VOCABULARY, "sections.json"}
    if missing := sorted(expected - manifest.files.keys()):
        raise FileRefused(manifest.version, missing[0], "is not listed in the manifest")


def verify_digest(folder: Path, manifest: Manifest, name: str) -> None:
    """Read one file and compare it with its digest.

    Raises:
        FileRefused: when it differs or cannot be read.
    """
    try:
        digest = _sha256(folder / name)
    except OSError as error:
        raise FileRefused(manifest.version, name, f"cannot be read: {error.strerror}") from error
    if digest != manifest.files[name].sha256:
        raise FileRefused(manifest.version, name, "differs from its digest in the manifest")


def verify(folder: Path, at_once: float = math.inf) -> tuple[Manifest, Analyzer, list[str]]:
    """Check manifest, files and analyzer; what it takes to load the rest.

    Sizes are compared of all files, digests of the smallest that together have ``at_once`` bytes; the
    names of the others, whose digests are still to be compared, are given back.

    Raises:
        FileRefused, FormatUnsupported, AnalyzerMismatch: with the reason and the file's name.
    """
    manifest = read_manifest(folder)
    verify_sizes(folder, manifest)
    later = []
    for name, entry in sorted(manifest.files.items(), key=lambda item: item[1].size):
        at_once -= entry.size
        if at_once >= 0:
            verify_digest(folder, manifest, name)
        else:
            later.append(name)
    analyzer = Analyzer(manifest.config.analyzer, learned(read_boilerplate(folder, manifest.version).learned))
    if analyzer.fingerprint() != manifest.fingerprint:
        raise AnalyzerMismatch(
            f"model version {manifest.version!r} was made by an analyzer that behaves differently: train a new version"
        )
    return manifest, analyzer, later


def load(folder: Path) -> Model:
    """Verify and load a version; its arrays are memory-mapped and shared by all who load it.

    Raises:
        FileRefused, FormatUnsupported, AnalyzerMismatch: with the reason and the file's name.
    """
    model, _ = load_at_once(folder, math.inf)
    len(model.tfidf.vocabulary)  # read now: what is no list of names is refused now
    return model


def load_at_once(folder: Path, at_once: float) -> tuple[Model, list[str]]:
    """Load a version without reading more than it takes to answer; files whose digests are still to be compared.

    See :func:`verify` for ``at_once``. The vocabulary, of which lists have no need, is read when it is first used.

    Raises:
        FileRefused, FormatUnsupported, AnalyzerMismatch: with the reason and the file's name.
    """
    manifest, analyzer, later = verify(folder, at_once)
    recommender = load_recommender(folder, manifest)
    vocabulary = NamesFile.open(folder, manifest.version, VOCABULARY)
    idf, burst = (_load_array(folder, manifest.version, name, ARRAYS[name]) for name in ("idf", "burst"))
    tfidf = TfidfModel(vocabulary, idf, burst, manifest.config.weighting)
    return Model(manifest, analyzer, tfidf, recommender), later


def live(folder: Path, model: Model) -> Model:
    """The model as one that articles can come to and go from, see :class:`LiveIndex`.

    Raises:
        FileRefused: with the reason and the file's name, also where the version does not know what that takes.
    """
    manifest, index, terms = model.manifest, model.index, len(model.tfidf.idf)
    if manifest.lineage is None:
        raise FileRefused(manifest.version, MANIFEST, "names no training whose measures live articles could take")
    arrays = load_update_arrays(folder, manifest)
    archive = Archive(
        len(index),
        Compressed(index.indptr, index.terms, index.weights, 2 * terms),
        Compressed(arrays["coverage_indptr"], arrays["coverage_terms"], arrays["coverage_weights"], terms),
    )
    trained = Trained(
        index=index,
        analyzer=model.analyzer,
        tfidf=model.tfidf,
        archive=archive,
        mean_length=manifest.lineage.mean_length,
        shingle_indptr=arrays["shingle_indptr"],
        shingles=arrays["shingles"],
        phrases=arrays["phrases"],
        rule=manifest.config.stories,
        neighbour_days=manifest.config.neighbour_days,
        own_source=manifest.config.lists.own_source,
    )
    return replace(model, recommender=replace(model.recommender, index=LiveIndex.of(trained)))


def load_recommender(folder: Path, manifest: Manifest) -> Recommender:
    """The lists of a version alone: they need no analyzer, and outlive the one that made them.

    Raises:
        FileRefused: with the reason and the file's name.
    """
    arrays = {name: _load_array(folder, manifest.version, name, ARRAYS[name]) for name in (*INDEX_ARRAYS, "spans")}
    index = ArticleIndex(
        **{name: arrays[name] for name in INDEX_ARRAYS},
        section_names=list(NamesFile.open(folder, manifest.version, "sections.json")),
        cards=CardFile.open(folder / ARTICLES, arrays["spans"]),
    )
    return Recommender(index, manifest.config.lists)


def load_update_arrays(folder: Path, manifest: Manifest) -> dict[str, Any]:
    """The arrays that an update needs, memory-mapped, by name.

    Raises:
        FileRefused: with the reason and the file's name.
    """
    return {name: _load_array(folder, manifest.version, name, dtype) for name, dtype in UPDATE_ARRAYS.items()}


def _load_array(folder: Path, version: str, name: str, dtype: str) -> Any:
    file = f"{name}.npy"
    try:
        array = np.lib.format.open_memmap(folder / file, mode="r")
    except (OSError, ValueError) as error:
        raise FileRefused(version, file, f"cannot be read: {error}") from error
    if array.dtype != np.dtype(dtype):
        raise FileRefused(version, file, f"holds {array.dtype}, not {dtype}")
    return array.view(np.ndarray)  # still mapped, without what np.memmap adds to every slice


def read_boilerplate(folder: Path, version: str) -> BoilerplateReport:
    """Read what was taken off the pages of a version.

    Raises:
        FileRefused: with the reason.
    """
    try:
        return _REPORT.validate_json((folder / BOILERPLATE).read_bytes())
    except (OSError, ValidationError) as error:
        raise FileRefused(version, BOILERPLATE, "is no report of boilerplate") from error


@dataclass(frozen=True)
class NamesFile(Sequence[str]):
    """A list of names in a mapped file, read when it is first used, even when its folder is gone by then.

    Using it raises FileRefused when it holds something else.
    """

    version: str
    file: str
    data: bytes | mmap.mmap

    @classmethod
    def open(cls, folder: Path, version: str, file: str) -> NamesFile:
        """Map a file.

        Raises:
            FileRefused: when it cannot be read.
        """
        try:
            return cls(version, file, map_file(folder / file))
        except OSError as error:
            raise FileRefused(version, file, f"cannot be read: {error.strerror}") from error

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return self._names[place]

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    @cached_property
    def _names(self) -> list[str]:
        try:
            return _NAMES.validate_json(self.data[:])
        except ValidationError as error:
            raise FileRefused(self.version, self.file, "is no list of names") from error


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fsync_path(path: Path) -> None:
    """Bring a file, or the entries of a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
