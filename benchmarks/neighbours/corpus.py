"""Vectors to search: of real articles, and beyond their number of articles mixed from their sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from models.analysis import Analyzer
from models.tfidf import CountMatrix, TfidfModel, Weighting
from training.records import accepted
from training.sources import open_source

SEED = 20261123
SENTENCE_END = re.compile(r"(?<=[.!?؟؛:])\s+|\n+")
NEAR = 300  # articles beside each other in their file are of the same days and sections
PARTS = 3  # articles that a mixed one is made of
TOPICS, TOPIC_WORDS, NAMES = 400, 600, 40_000  # of the invented archive


@dataclass(frozen=True, slots=True)
class Sentences:
    """Articles as numbers of terms: of each its title and its sentences."""

    vocabulary: list[str]
    titles: list[np.ndarray]
    bodies: list[list[np.ndarray]]


def read(folder: Path, wanted: int) -> Sentences:
    """The first ``wanted`` articles of a folder of .jsonl.gz files, analysed sentence by sentence."""
    analyzer, number_of = Analyzer(), {}

    def numbers(text: str) -> np.ndarray:
        found = [number_of.setdefault(term, len(number_of)) for term in analyzer.terms(text)]
        return np.array(found, dtype=np.int32)

    titles, bodies = [], []
    files = [file for file in folder.glob("*.jsonl.gz") if not file.with_name(_pairs(file.name)).exists()]
    for file in sorted(files, key=lambda path: -path.stat().st_size):
        for article in accepted(open_source(str(file))):
            if len(titles) == wanted:
                break
            sentences = (numbers(part) for part in SENTENCE_END.split(analyzer.clean(article.body).text))
            titles.append(numbers(article.title))
            bodies.append([sentence for sentence in sentences if len(sentence)])
    return Sentences(list(number_of), titles, bodies)


def _pairs(name: str) -> str:
    """The file of judgements beside a file of single sentences, which are no articles."""
    return name.removesuffix(".jsonl.gz") + ".pairs.jsonl"


def invent(wanted: int, rng: np.random.Generator) -> Sentences:
    """An archive without any text: Zipfian words, of a topic or of all, and names of rare affairs."""
    words = 1 / np.arange(10, 60_010) ** 1.05
    words /= words.sum()
    topics = [rng.choice(len(words), TOPIC_WORDS) for _ in range(TOPICS)]
    titles, bodies = [], []
    for _ in range(wanted):
        topic, affair = topics[rng.integers(TOPICS)], len(words) + rng.integers(NAMES, size=6)
        sentences = []
        for length in rng.integers(6, 30, size=rng.integers(2, 16)):
            kinds = rng.random(length)
            common = rng.choice(len(words), length, p=words)
            sentence = np.where(kinds < 0.5, common, topic[rng.integers(TOPIC_WORDS, size=length)])
            sentences.append(np.where(kinds > 0.93, affair[rng.integers(len(affair), size=length)], sentence))
        titles.append(sentences[0][:8].astype(np.int32))
        bodies.append([sentence.astype(np.int32) for sentence in sentences])
    return Sentences([f"t{number:06d}" for number in range(len(words) + NAMES)], titles, bodies)


def articles(real: Sentences, wanted: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Title and body of ``wanted`` articles: the real ones first, then mixed ones.

    A mixed article has the title of one article, and as many sentences as it, drawn from it and from
    others that stand near it.
    """
    empty = np.empty(0, dtype=np.int32)
    for number in range(wanted):
        if number < len(real.titles):
            title, body = real.titles[number], real.bodies[number]
        else:
            first = int(rng.integers(len(real.titles)))
            near = (first + rng.integers(-NEAR, NEAR, size=PARTS - 1)) % len(real.titles)
            pool = [*real.bodies[first], *(sentence for other in near for sentence in real.bodies[other])]
            size = min(max(len(real.bodies[first]), 1), len(pool))
            title, body = real.titles[first], [pool[place] for place in rng.permutation(len(pool))[:size]]
        yield title, np.concatenate(body) if body else empty


def vectors(real: Sentences, wanted: int, weighting: Weighting) -> sparse.csr_array[Any]:
    """Unit rows of ``wanted`` articles, weighted as a training weights them, newest (last) first."""
    rng = np.random.default_rng(SEED)
    whole: list[np.ndarray] = []
    lead: list[np.ndarray] = []
    for title, body in articles(real, wanted, rng):
        whole.append(np.concatenate((np.repeat(title, weighting.title_weight), body)))
        lead.append(np.concatenate((title, body[: weighting.lead_terms])))
    counts = CountMatrix(_counted(whole[::-1], len(real.vocabulary)), _counted(lead[::-1], len(real.vocabulary)))
    known = np.flatnonzero(np.bincount(counts.whole.indices, minlength=len(real.vocabulary)))
    counts = CountMatrix(counts.whole[:, known], counts.lead[:, known])
    model = TfidfModel.fit([real.vocabulary[number] for number in known], counts.whole, weighting)
    return model.vectors(counts)


def _counted(texts: list[np.ndarray], terms: int) -> sparse.csr_array[Any]:
    indptr = np.concatenate(([0], np.cumsum([len(text) for text in texts])))
    columns = np.concatenate(texts)
    matrix = sparse.csr_array((np.ones(len(columns), dtype=np.float32), columns, indptr), shape=(len(texts), terms))
    matrix.sum_duplicates()
    return matrix
