"""The systems side by side: each turns queries and documents into scores.

scikit-learn's TfidfVectorizer and bm25s are the libraries themselves, as they come; the others are written
after their published formulas: BM25 (k1 1.2, b .75) on normalized words and, as Lucene does, on the terms of
an Arabic light stemmer; Lucene's MoreLikeThis, which asks BM25 with the 25 heaviest terms of an article
(min tf 2, min df 5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import bm25s
import numpy as np
from scipy import sparse

from models.analysis import Analyzer
from models.article import Article
from models.tfidf import Weighting
from training import fit
from training.blocks import Recipe, count
from training.evaluation.systems import K1, PEERS, B, Scores, System, bm25_of, version
from training.evaluation.texts import Text, words

MLT_TERMS, MLT_MIN_TF, MLT_MIN_DF = 25, 2, 5

_PREFIX = re.compile(r"^(?:وال|بال|كال|فال|لل|ال|و(?=...))(?=..)")
_SUFFIX = re.compile(r"(?<=..)(?:ها|ان|ات|ون|ين|يه|ه|ي)$")


def silah(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """This product: its analyzer and weighting, learned from the documents."""
    analyzer, weighting, counts = Analyzer(), Weighting(), fit.Counts()
    articles = [Article(str(number), text.title, text.body) for number, text in enumerate(documents)]
    block, rows = count(Recipe(analyzer.config, weighting), articles), np.arange(len(documents))
    counts.add(lambda: block, rows, rows)
    model, _, _ = fit.fit(counts, rows, weighting)
    return version(analyzer, model)(queries, documents)


def bm25s_as_it_comes(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """The bm25s library with its own tokenizer (Lù 2024, arXiv:2407.03618), Lucene's formula and parameters."""
    found = bm25s.tokenize(list(map(_joined, documents)), stopwords=None, show_progress=False)
    asked = bm25s.tokenize(list(map(_joined, queries)), stopwords=None, show_progress=False, return_ids=False)
    retriever = bm25s.BM25(method="lucene", k1=K1, b=B)
    retriever.index(found, show_progress=False)
    nothing = np.zeros(len(documents), dtype=np.float32)  # it refuses a query without a token
    return lambda rows: np.stack([retriever.get_scores(asked[row]) if asked[row] else nothing for row in rows])


def lucene(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """BM25 on light-stemmed words, all terms of the query."""
    return bm25_of(queries, documents, _light)


def more_like_this(queries: Sequence[Text], documents: Sequence[Text]) -> Scores:
    """BM25 on light-stemmed words, the 25 heaviest terms of the query."""
    return bm25_of(queries, documents, _light, _heaviest)


SYSTEMS: dict[str, System] = {
    "Silah": silah,
    "scikit-learn TfidfVectorizer": PEERS["scikit_learn"],
    "BM25, words": PEERS["bm25"],
    "bm25s": bm25s_as_it_comes,
    "Lucene's BM25, light stems": lucene,
    "Lucene's MoreLikeThis": more_like_this,
}


def _joined(text: Text) -> str:
    return f"{text.title}\n{text.body}"


def _light(text: str) -> list[str]:
    stops = _STOPS
    return [_SUFFIX.sub("", _PREFIX.sub("", word)) for word in words(text) if word not in stops]


_STOPS = frozenset(
    words("من في على الى عن مع ان او ثم لم لا ما هو هي هذا هذه ذلك التي الذي كان كما قد بين كل بعد قبل و")
)


def _heaviest(asked: sparse.csr_array, idf: np.ndarray, df: np.ndarray) -> sparse.csr_array:
    kept = asked.copy()
    for first, last in zip(asked.indptr[:-1], asked.indptr[1:], strict=True):
        terms, tf = asked.indices[first:last], asked.data[first:last]
        # a short query has no term twice: all its terms are asked, as Lucene's users set it
        good = (df[terms] >= MLT_MIN_DF) & (tf >= (MLT_MIN_TF if last - first > MLT_TERMS else 1))
        worth = np.where(good, tf * idf[terms], 0)
        chosen = np.argsort(-worth, kind="stable")[:MLT_TERMS]
        kept.data[first:last] = 0
        kept.data[first + chosen] = (worth[chosen] > 0).astype(np.float32)
    kept.eliminate_zeros()
    return kept
