"""A model version of any size without a training: arrays of the right shapes, seeded, with no real text in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from models.analysis import Analyzer
from models.article import format_time, to_microseconds
from models.artifact import (
    ARTICLES,
    BOILERPLATE,
    Lineage,
    Manifest,
    ModelConfig,
    list_files,
    save_arrays,
    write_json,
    write_manifest,
)
from models.index import NEVER, id_hash
from models.registry import Registry

FIRST_DAY = datetime(2018, 1, 1, tzinfo=UTC)
LAST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
VERSION = "generated"
SECTIONS = ("سياسة", "رياضة", "اقتصاد", "صحة", "ثقافة", "علوم", "منوعات", "محليات")
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
TOPIC = 400  # articles of one topic: neighbours of an article are of its own
COPIES = 0.1  # share of the articles that are copies of the one before in their topic
COVERED = 100  # terms and shingles of an article that live ones are compared with
BODIES = 64  # different bodies: enough that files have their real size


def article_id(number: int) -> str:
    """The id of the article of a row."""
    return f"news/{number}"


def build(root: Path, articles: int, seed: int = 1) -> None:
    """Publish a generated version in a folder; one that is there already, of the same size, is kept.

    Each article has 100 neighbours of its topic by falling scores, 200 terms, a body of about 2 kB, one of
    eight sections, a time within eight years; a tenth are copies of another.
    """
    registry = Registry(root)
    if registry.current() == VERSION and registry.manifests()[0].counts["articles"] == articles:
        return
    config, pick = ModelConfig(), np.random.default_rng(seed)
    with registry.training(), registry.staging() as folder:
        words = _words(max(articles, 20_000), pick)
        section = pick.integers(0, len(SECTIONS), articles, dtype=np.int32)
        story = np.arange(articles, dtype=np.int32)
        copies = np.flatnonzero(pick.random(articles) < COPIES)
        copies = copies[copies + _topics(articles) < articles]
        story[copies] = story[copies + _topics(articles)]  # the older one: rows stand newest first
        published = np.sort(pick.integers(to_microseconds(FIRST_DAY), to_microseconds(LAST_DAY), articles))[::-1]
        published -= published % 1_000_000
        save_arrays(
            folder,
            {
                **_vectors(articles, len(words), config.weighting.max_terms, pick),
                **_neighbours(articles, config.neighbours, pick),
                **_ids(articles),
                "published": published,
                "expires": np.full(articles, NEVER),
                "section": section,
                "story": story,
                "alike_indptr": np.zeros(articles + 1),
                "alike_rows": np.empty(0),
                "own": np.ones(articles),
                "idf": pick.random(len(words)) * 10,
                "burst": pick.random(len(words)) + 1,
                "spans": _write_articles(folder / ARTICLES, published, section, words, pick),
                **_measures(articles, len(words), pick),
            },
        )
        (folder / "vocabulary.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        write_json(folder / "sections.json", SECTIONS)
        write_json(folder / BOILERPLATE, {"removed": {}, "learned": []})
        write_manifest(
            folder,
            Manifest(
                version=VERSION,
                created_at=format_time(LAST_DAY),
                parents=(),
                config=config,
                fingerprint=Analyzer(config.analyzer).fingerprint(),
                counts={"articles": articles, "vocabulary": len(words)},
                metrics={},
                files=list_files(folder),
                lineage=Lineage(VERSION, articles, float(COVERED)),
            ),
        )
        registry.complete(folder, VERSION)
    registry.activate(VERSION, LAST_DAY)


def _topics(articles: int) -> int:
    """How many topics there are: rows of one topic lie so far apart."""
    return max(articles // TOPIC, 1)


def _words(count: int, pick: np.random.Generator) -> list[str]:
    """Sorted unique words of random letters."""
    found: set[str] = set()
    while len(found) < count:
        letters = pick.integers(0, len(LETTERS), (count, 6))
        lengths = pick.integers(4, 7, count)
        found.update(
            "".join(LETTERS[letter] for letter in row[:length])
            for row, length in zip(letters.tolist(), lengths.tolist(), strict=True)
        )
    return sorted(found)[:count]


def _vectors(articles: int, words: int, terms: int, pick: np.random.Generator) -> dict[str, np.ndarray]:
    """Unit vectors of ``terms`` terms each; the columns of a row ascend."""
    most = 2 * words // terms
    columns = np.cumsum(pick.integers(1, most, (articles, terms), dtype=np.int32), axis=1, dtype=np.int32)
    weights = pick.random((articles, terms), dtype=np.float32)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return {"indptr": np.arange(articles + 1) * terms, "terms": columns.ravel(), "weights": weights.ravel()}


def _measures(articles: int, words: int, pick: np.random.Generator) -> dict[str, np.ndarray]:
    """What articles that come live are measured by: coverages of ``COVERED`` terms each, shingles, no phrases."""
    columns = np.cumsum(pick.integers(1, words // COVERED, (articles, COVERED)), axis=1)
    told = np.sort(pick.integers(0, 2**32, (articles, COVERED), dtype=np.uint32), axis=1)
    return {
        "coverage_indptr": np.arange(articles + 1) * COVERED,
        "coverage_terms": columns.ravel(),
        "coverage_weights": pick.random(articles * COVERED, dtype=np.float32),
        "shingle_indptr": np.arange(articles + 1) * COVERED,
        "shingles": told.ravel(),
        "phrases": np.empty(0),
        "copies": np.empty((0, 2)),
        "likeness": np.empty(0),
    }


def _neighbours(articles: int, count: int, pick: np.random.Generator) -> dict[str, np.ndarray]:
    """Neighbours of the own topic, near in time and far, with scores from about 0.9 down to 0.02."""
    topics = _topics(articles)
    steps = np.concatenate((np.arange(1, count // 2 + 1), -np.arange(1, count // 2 + 1)))
    order = pick.permuted(np.tile(steps, (min(articles, 4096), 1)), axis=1)
    rows = np.empty((articles, count), dtype=np.int32)
    scores = np.empty((articles, count), dtype=np.float32)
    fall = np.geomspace(0.9, 0.02, count, dtype=np.float32)
    for start in range(0, articles, len(order)):
        block = np.arange(start, min(start + len(order), articles))
        near = block[:, None] + topics * order[: len(block)]
        there = (near >= 0) & (near < articles)
        first = np.argsort(~there, axis=1, kind="stable")  # those that are none stand last
        rows[block] = np.take_along_axis(np.where(there, near, -1), first, axis=1)
        scores[block] = np.where(rows[block] >= 0, fall * pick.uniform(0.8, 1.0, (len(block), 1)), 0)
    return {"neighbour_rows": rows, "neighbour_scores": scores}


def _ids(articles: int) -> dict[str, np.ndarray]:
    hashes = np.fromiter((id_hash(article_id(row)) for row in range(articles)), dtype=np.uint64, count=articles)
    order = np.argsort(hashes, kind="stable")
    return {"id_hashes": hashes[order], "id_rows": order}


def _write_articles(
    path: Path, published: np.ndarray, section: np.ndarray, words: list[str], pick: np.random.Generator
) -> np.ndarray:
    """Write the records; where each stands."""
    some = pick.integers(0, len(words), (BODIES, 200))
    bodies = [" ".join(words[word] for word in row) + "." for row in some.tolist()]
    titles = [" ".join(body.split()[:9]) for body in bodies]
    lengths = np.empty(len(published), dtype=np.int64)
    with path.open("wb") as file:
        for row, (moment, number) in enumerate(zip(published.tolist(), section.tolist(), strict=True)):
            address = f"https://news.example/{row}"
            record = {
                "id": article_id(row),
                "title": f"{titles[row % BODIES]} {row}",
                "body": bodies[row % BODIES],
                "section": SECTIONS[number],
                "published_at": format_time(FIRST_DAY + timedelta(microseconds=moment - to_microseconds(FIRST_DAY))),
                "url": address,
                "image_url": f"{address}.jpg",
            }
            lengths[row] = file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
    ends = np.cumsum(lengths)
    return np.stack((ends - lengths, ends), axis=1)
