"""Blocks: a part of the staged articles becomes a file of counts, and an interrupted training leaves it to the next.

A file bears the digest of what it was made of: the articles, the settings, the furniture known. It is written
beside its place and renamed, so it is whole or not there, and whoever needs the same again finds it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from io import BytesIO
from socket import gethostname
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analyzer, AnalyzerConfig
from models.analysis.boilerplate import NOTHING_LEARNED, Boilerplate, Learned
from models.article import Article
from models.errors import TrainingRefused
from models.stories import Shingles
from models.tfidf import Float32Array, Int32Array, Int64Array, Weighting
from training.counting import counted
from training.furniture import read_lines
from training.lexicon import Lexicon
from training.places import Place, read, write
from training.shingling import shingled

FORMAT = 1  # of a block's file; to be raised when what is counted changes
SIZE = 500  # articles: long enough to be worth a task, short enough for progress to move


@dataclass(frozen=True, slots=True)
class Block:
    """What is known of a block of n articles.

    Attributes:
        terms: the block's terms, UTF-8, one a line, in order of appearance.
        lengths: int32 (n,), distinct terms of each article.
        numbers, counts, lead: int32 and float32, the terms of each article one article after the other, how
            often each counts, and how often it stands in the lead.
        shingle_counts, shingles: int32 (n,) and uint32, see :func:`training.shingling.shingled`.
        kinds, removed: the kinds of the lines taken off, one a line, and int32, the place of the article of each.
        keys, articles, about: see :class:`training.furniture.BlockLines`.
        asked, askers: uint32 and int32, hashes of what would be looked for in learned furniture, and by whom.
    """

    terms: NDArray[np.uint8]
    lengths: Int32Array
    numbers: Int32Array
    counts: Float32Array
    lead: Float32Array
    shingle_counts: Int32Array
    shingles: Shingles
    kinds: NDArray[np.uint8]
    removed: Int32Array
    keys: NDArray[np.uint64]
    articles: Int64Array
    about: NDArray[np.uint32]
    asked: NDArray[np.uint32]
    askers: Int32Array

    @classmethod
    def load(cls, file: Place) -> Block:
        """Read a file that :meth:`save` wrote.

        Raises:
            OSError, EOFError, ValueError, KeyError, BadZipFile: when it is not there or damaged.
        """
        with np.load(BytesIO(read(file)), allow_pickle=False) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def save(self, file: Place) -> None:
        """Write the file, whole or not at all."""
        packed = BytesIO()
        np.savez(packed, **{field.name: getattr(self, field.name) for field in fields(self)})
        write(file, packed.getvalue())

    @property
    def words(self) -> list[str]:
        """The terms as text."""
        return _unpacked(self.terms)

    def taken_off(self, places: Int64Array) -> tuple[Counter[str], Counter[str]]:
        """Of the given articles: how many had lines of each kind taken off, and how many lines."""
        wanted = np.isin(self.removed, places).tolist()
        pairs = [
            (kind, place)
            for kind, place, taken in zip(_unpacked(self.kinds), self.removed.tolist(), wanted, strict=True)
            if taken
        ]
        return Counter(kind for kind, _ in set(pairs)), Counter(kind for kind, _ in pairs)

    def touched_by(self, learned: Learned) -> Int64Array:
        """The articles whose text may be another one when this furniture is known, ascending."""
        known = np.array([crc32(line.encode()) for line in learned.lines | learned.heads], dtype=np.uint32)
        return np.unique(self.askers[np.isin(self.asked, known)]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a block is made by; ``learned`` is page furniture known from an earlier look at all articles."""

    analyzer: AnalyzerConfig
    weighting: Weighting
    learned: Learned = NOTHING_LEARNED

    def digest(self) -> str:
        """Equal recipes, equal digest; that of the analyzer's own behaviour is part of it."""
        return _digest(self)


class _Asked(frozenset[str]):
    """Holds nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __contains__(self, line: object) -> bool:
        self.lines.append(str(line))
        return False

    def __bool__(self) -> bool:
        return True  # else nobody would ask


def made(
    recipe: Recipe, folder: Place, path: Place, span: tuple[int, int], places: Sequence[int] | None = None
) -> tuple[Place, int, bool]:
    """The file of a block in ``folder``, made unless it is there already.

    The block stands in the staged file ``path``, from the first byte of ``span`` to one past the last; ``places``
    are those of its articles that are wanted.

    Returns:
        The file, its number of articles, and whether it was there.

    Raises:
        TrainingRefused: this machine does not see the staged file.
    """
    try:
        data = read(path, *span)
    except FileNotFoundError as error:
        raise TrainingRefused(
            f"{gethostname()} does not see {path}: share the folder of the artifacts between machines, or give --blocks"
        ) from error
    records = data.splitlines()
    if places is not None:
        records = [records[place] for place in places]
    name = hashlib.sha256(b"\n".join([recipe.digest().encode(), *records])).hexdigest()
    target = folder / f"{name}.npz"
    if _sound(target):
        return target, len(records), True
    count(recipe, [Article.from_record(json.loads(record)) for record in records]).save(target)
    return target, len(records), False


def _sound(file: Place) -> bool:
    """Whether a file is there and whole; a machine that loses its power may leave a name without content."""
    try:
        Block.load(file)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return False
    return True


def count(recipe: Recipe, articles: Sequence[Article]) -> Block:
    """Clean, analyse and count articles."""
    analyzer, weighting = _analyzer(recipe), recipe.weighting
    questions, clean = _Asked(), analyzer.clean
    first_look = recipe.learned == NOTHING_LEARNED
    if first_look:
        headings, lines_of_site = recipe.analyzer.boilerplate_headings, recipe.analyzer.boilerplate_lines
        clean = Boilerplate.default(headings, lines_of_site, Learned(questions, questions)).clean
    kinds: list[str] = []
    removed: list[int] = []
    asked: list[int] = []
    askers: list[int] = []
    paragraphs = []
    texts: list[str] = []
    for place, article in enumerate(articles):
        cleaned = clean(article.body)
        paragraphs.append(cleaned.paragraphs)
        taken = [kind for kind, _ in cleaned.removed if kind != "blank"]
        kinds.extend(taken)
        removed.extend([place] * len(taken))
        hashes = sorted({crc32(line.encode()) for line in questions.lines})
        questions.lines.clear()
        asked.extend(hashes)
        askers.extend([place] * len(hashes))
        texts.extend((article.title, cleaned.text, "\n".join(article.tags)))
    lines = read_lines(articles, paragraphs) if first_look else read_lines((), ())
    found = _lexicon(recipe).read(texts)
    parts = found.lengths.reshape(-1, 3)
    shingles, shingle_counts = shingled(found.terms, found.numbers, *_told(parts))
    lengths, numbers, counts, lead = counted(len(found.terms), found.numbers, parts, weighting)
    return Block(
        terms=_packed(found.terms),
        lengths=lengths,
        numbers=numbers,
        counts=counts,
        lead=lead,
        shingle_counts=shingle_counts,
        shingles=shingles,
        kinds=_packed(kinds),
        removed=np.array(removed, dtype=np.int32),
        keys=lines.keys,
        articles=lines.articles,
        about=lines.about,
        asked=np.array(asked, dtype=np.uint32),
        askers=np.array(askers, dtype=np.int32),
    )


def _told(parts: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Where the terms begin that tell each article's story, its body or a title alone, and how many they are."""
    part = (np.arange(len(parts)), np.where(parts[:, 1] > 0, 1, 0))
    starts = np.cumsum(parts).reshape(parts.shape) - parts
    return starts[part], parts[part]


def _packed(texts: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\n") if len(packed) else []


@lru_cache(maxsize=1)
def _analyzer(recipe: Recipe) -> Analyzer:
    """One for all blocks of a process, so that the words it knows stay known."""
    return Analyzer(recipe.analyzer, recipe.learned)


@lru_cache(maxsize=1)
def _lexicon(recipe: Recipe) -> Lexicon:
    """Likewise."""
    return Lexicon(_analyzer(recipe))


@lru_cache(maxsize=2)
def _digest(recipe: Recipe) -> str:
    counted = [FORMAT, _analyzer(recipe).fingerprint(), asdict(recipe.weighting)]
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()
