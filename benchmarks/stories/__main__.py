"""Print how many copies join their story, by kind, and what is joined or shown together that should not be."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.stories.copies import KINDS, copy_of
from benchmarks.trained import NEWSROOM, corpora, read, trained
from models.analysis import Analyzer
from models.article import Article
from models.artifact import Model
from models.candidates import Query
from models.index import DAY, NEVER, ArticleIndex
from models.recommenders import related_news
from training.evaluation.tasks import COPY, Grams
from training.evaluation.texts import grams, shared

SEED = 20261123
WORDS = 30  # an original has at least so many
GRAMS = 10  # below, a share of 5-grams says little
FOLLOW_UP = 0.1  # share of the shorter text's 5-grams
SIMILAR = 0.4
LISTS = 2000
OTHER_DAY = 1.25 * DAY
# titles of what is printed in the same words on other days
FORMS = tuple(
    map(re.compile, ("طقس", "برقي|تهنئة|يهنئ", "القتل|قصاص", "أسعار|الذهب", "حكام|برنامج|النقل", "أبرز أ", "ضياع"))
)


def interval(found: int, of: int) -> str:
    """A share with its 95 % interval (Wilson 1927)."""
    if not of:
        return "–"
    p, z = found / of, 1.96
    middle, half = p + z * z / 2 / of, z * np.sqrt(p * (1 - p) / of + z * z / 4 / of / of)
    low, high = (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)
    return f"{p:.3f} [{low:.3f}, {high:.3f}] of {of}"


def copies(articles: Sequence[Article], each: int) -> dict[str, tuple[str, Article]]:
    """Id of a copy → its kind and the copy; ``each`` of a kind, of as many originals."""
    analyzer, pick = Analyzer(), Random(SEED)
    long = [row for row, one in enumerate(articles) if len(analyzer.clean(one.body).text.split()) >= WORDS]
    each = min(each, len(long) // len(KINDS))
    originals = pick.sample(long, each * len(KINDS))
    titles = TfidfVectorizer(token_pattern=r"\S+").fit_transform(one.title for one in articles)
    made = {}
    for number, row in enumerate(originals):
        kind = list(KINDS)[number % len(KINDS)]
        alike = (titles[[row]] @ titles.T).toarray()[0]
        alike[row] = -1
        topic = articles[int(np.argsort(-alike)[pick.randrange(3)])]  # of the same topic, by its title
        bodies = [analyzer.clean(one.body).paragraphs for one in (articles[row], topic)]
        copy = copy_of(articles[row], *bodies, kind, pick)
        made[copy.id] = (kind, copy)
    return made


def measure(model: Model, made: dict[str, tuple[str, Article]]) -> dict[str, str]:
    """The row of a corpus."""
    index = model.index
    # runs of five words, stop words included: independent of how stories are found
    texts = [grams(model.analyzer.clean(index.article(row).body).text) for row in range(len(index))]
    told: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for article_id, (kind, _) in made.items():
        original = index.row_of(article_id.partition(":")[2])
        told[kind].append(index.story[index.row_of(article_id)] == index.story[original])
    rows = {kind: interval(sum(found), len(found)) for kind, found in told.items()}
    follow_ups, forms = _kept_apart(index, texts)
    members = [row for row in range(len(index)) if index.story[row] != row and len(texts[row]) >= GRAMS]
    sound = sum(shared(texts[row], texts[index.story[row]]) >= 2 * FOLLOW_UP for row in members)
    return {
        **rows,
        "follow-ups apart": interval(*follow_ups),
        "forms of other days apart": interval(*forms),
        "members alike to the first report": interval(sound, len(members)),
        "largest story": str(np.bincount(index.story).max()),
        f"of {LISTS:,} lists with copies": str(_lists_with_copies(model, texts)),
    }


def _kept_apart(index: ArticleIndex, texts: Grams) -> tuple[tuple[int, int], tuple[int, int]]:
    """Neighbours of one affair in other words, and of one form on other days: how many are two stories, of how many."""
    follow_ups, forms = [], []
    fits = [
        {number for number, form in enumerate(FORMS) if form.search(index.article(row).title)}
        for row in range(len(index))
    ]
    for row in range(len(index)):
        near = index.neighbours(row)
        for other in near.rows[(near.rows > row) & (near.scores >= SIMILAR)].tolist():
            apart = bool(index.story[row] != index.story[other])
            if min(len(texts[row]), len(texts[other])) >= GRAMS and shared(texts[row], texts[other]) < FOLLOW_UP:
                follow_ups.append(apart)
            if fits[row] & fits[other] and index.published[row] - index.published[other] > OTHER_DAY:
                forms.append(apart)
    return (sum(follow_ups), len(follow_ups)), (sum(forms), len(forms))


def _lists_with_copies(model: Model, texts: Grams) -> int:
    index, found = model.index, 0
    for source in Random(SEED).sample(range(len(index)), min(LISTS, len(index))):
        shown = [source, *(item.row for item in related_news(model.recommender, source, Query(as_of=NEVER - 1)))]
        pairs = ((texts[one], texts[other]) for place, one in enumerate(shown) for other in shown[:place])
        found += any(shared(one, other) >= COPY for one, other in pairs)
    return found


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.stories", description=__doc__)
    arguments.add_argument("corpus", type=Path, help="folder of article records, *.jsonl.gz")
    arguments.add_argument("--copies", type=int, default=150, help="copies of each kind")
    given = arguments.parse_args()
    results: dict[str, dict[str, str]] = {}
    for name, path in track(corpora(given.corpus).items(), "measuring", console=Console(stderr=True)):
        articles = read(path)
        made = copies(articles, given.copies)
        with trained([*articles, *(copy for _, copy in made.values())]) as model:
            results[name] = measure(model, made)
    with trained(read(NEWSROOM / "articles.jsonl")) as model:
        results["newsroom"] |= _by_truth(model.index)
    table = Table("", *results)
    for label in dict.fromkeys(label for row in results.values() for label in row):
        table.add_row(label, *(row.get(label, "") for row in results.values()))
    Console(width=220).print(table)


def _by_truth(index: ArticleIndex) -> dict[str, str]:
    """What is known of the bundled newsroom by construction."""
    truth = [json.loads(line) for line in (NEWSROOM / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    story = {one["id"]: int(index.story[index.row_of(one["id"])]) for one in truth}
    true = {(one["id"], one["copy_of"]) for one in truth if one["copy_of"]}
    original = {one["id"]: one["copy_of"] or one["id"] for one in truth}
    joined = sum(story[one] == story[other] for one, other in true)
    wrong = sum(
        story[one["id"]] == story[other["id"]] and original[one["id"]] != original[other["id"]]
        for place, one in enumerate(truth)
        for other in truth[:place]
    )
    return {"copies by its truth": f"{joined} of {len(true)}", "wrongly joined by its truth": str(wrong)}


if __name__ == "__main__":
    main()
