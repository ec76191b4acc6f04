"""Fitting: counts are those of a plain count, vectors those of scikit-learn, whatever the number of processes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from models.analysis import Analyzer
from models.article import Article
from models.artifact import ARTICLES
from models.stories import shingles
from models.tfidf import Weighting
from tests.support.newsroom import topic_records
from training.blocks import SIZE, Block, Recipe
from training.fit import Counts, block_spans, covered, fit, make_blocks
from training.intake import Intake
from training.room import in_memory, on_disk

ANALYZER = Analyzer()
WORLD = [Article.from_record(record) for record in topic_records()]


def blocks_of(articles: Sequence[Article], weighting: Weighting, jobs: int = 1) -> list[Block]:
    """The blocks of articles that are staged first, as a training does it."""
    with TemporaryDirectory() as name:
        folder, intake = Path(name), Intake()
        assert list(intake.take(articles, folder, None)) == list(articles)
        wanted = [(span, None) for span in block_spans(intake.spans)]
        recipe = Recipe(ANALYZER.config, weighting)
        return [Block.load(file) for file, _, _ in make_blocks(recipe, folder, folder / ARTICLES, wanted, jobs)]


def put_together(blocks: Sequence[Block]) -> Counts:
    counts, first = Counts(), 0
    for block in blocks:
        rows = np.arange(len(block.lengths))
        counts.add(partial(lambda block: block, block), rows, first + rows)
        first += len(rows)
    return counts


def counted(articles: Sequence[Article], weighting: Weighting, jobs: int = 1) -> Counts:
    return put_together(blocks_of(articles, weighting, jobs))


def plain_count(article: Article, title_weight: int) -> Counter[str]:
    """The terms of an article, the plain way."""
    words = ANALYZER.terms(ANALYZER.clean(article.body).text) + ANALYZER.terms(article.title) * title_weight
    return Counter(words + [term for tag in article.tags for term in ANALYZER.terms(tag)])


def as_dicts(vocabulary: Sequence[str], matrix: sparse.csr_array) -> list[dict[str, float]]:
    rows = []
    for first, last in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        terms = [vocabulary[number] for number in matrix.indices[first:last]]
        assert terms == sorted(set(terms))
        rows.append(dict(zip(terms, matrix.data[first:last].tolist(), strict=True)))
    return rows


def scrambled(count: int) -> list[Article]:
    """Many short articles of the world's words, the same ones on every call."""
    words = sorted({word for article in WORLD for word in article.body.split()})
    chance = random.Random(7)
    return [
        Article(str(number), " ".join(chance.sample(words, 4)), " ".join(chance.choices(words, k=12)))
        for number in range(count)
    ]


def test_counts_are_those_of_a_plain_count() -> None:
    weighting = Weighting(title_weight=3, min_df=1)
    vocabulary, matrix = counted(WORLD, weighting).matrix(np.arange(len(WORLD)), min_df=1)
    assert as_dicts(vocabulary, matrix.whole) == [plain_count(article, 3) for article in WORLD]


def test_leads_are_counted_beside_the_whole() -> None:
    weighting = Weighting(lead_terms=4)
    vocabulary, matrix = counted(WORLD, weighting).matrix(np.arange(len(WORLD)), min_df=1)
    expected = [Counter([*ANALYZER.terms(article.title), *ANALYZER.terms(article.body)[:4]]) for article in WORLD]
    assert as_dicts(vocabulary, matrix.lead) == expected


def test_vocabulary_is_sorted_and_holds_each_term_once() -> None:
    vocabulary, _ = counted(WORLD, Weighting()).matrix(np.arange(len(WORLD)), min_df=1)
    assert vocabulary == sorted({term for article in WORLD for term in plain_count(article, 1)})


def test_page_furniture_is_not_counted() -> None:
    bare = Article("1", "عنوان", "أكد الوزير ذلك أمام المجلس.")
    pasted = Article("1", "عنوان", f"{bare.body}\n\nقد يهمك أيضا\n\nسرقة متحف المدينة")
    vocabulary, matrix = counted([bare, pasted], Weighting(min_df=1)).matrix(np.arange(2), min_df=1)
    one, other = as_dicts(vocabulary, matrix.whole)
    assert one == other


@pytest.mark.parametrize("min_df", [1, 2, 3, 26])
def test_terms_of_too_few_articles_are_left_out(min_df: int) -> None:
    df = Counter(term for article in WORLD for term in plain_count(article, 1))
    vocabulary, matrix = counted(WORLD, Weighting()).matrix(np.arange(len(WORLD)), min_df)
    assert vocabulary == sorted(term for term, articles in df.items() if articles >= min_df)
    assert matrix.whole.shape == matrix.lead.shape == (len(WORLD), len(vocabulary))


def test_rows_come_in_the_order_asked_and_the_rest_does_not_count() -> None:
    rows = np.array([9, 2, 17])
    vocabulary, matrix = counted(WORLD, Weighting()).matrix(rows, min_df=2)
    chosen = [plain_count(WORLD[row], Weighting().title_weight) for row in rows]
    df = Counter(term for counts in chosen for term in counts)
    assert vocabulary == sorted(term for term, articles in df.items() if articles >= 2)
    assert as_dicts(vocabulary, matrix.whole) == [
        {term: count for term, count in counts.items() if df[term] >= 2} for counts in chosen
    ]


@given(st.lists(st.lists(st.sampled_from(WORLD), max_size=4), max_size=4))
def test_blocks_add_up_to_one_count_of_all(blocks: list[list[Article]]) -> None:
    apart = put_together([block for articles in blocks for block in blocks_of(articles, Weighting())])
    together = [article for articles in blocks for article in articles]
    if together:
        vocabulary, matrix = apart.matrix(np.arange(len(together)), min_df=1)
        assert as_dicts(vocabulary, matrix.whole) == [
            plain_count(article, Weighting().title_weight) for article in together
        ]


def test_articles_of_two_blocks_take_the_places_that_they_are_given() -> None:
    one, other = (blocks_of(WORLD[part], Weighting())[0] for part in (slice(10), slice(10, None)))
    counts = Counts()
    counts.add(lambda: one, np.array([0, 2, 9]), np.array([3, 0, 1]))
    counts.add(lambda: other, np.array([4]), np.array([2]))
    vocabulary, matrix = counts.matrix(np.arange(4), min_df=1)
    expected = [WORLD[place] for place in (2, 9, 14, 0)]
    assert as_dicts(vocabulary, matrix.whole) == [plain_count(article, 3) for article in expected]


def test_shingles_are_of_the_body_and_of_the_title_where_there_is_none(tmp_path: Path) -> None:
    bodyless = Article("2", "أمطار غزيرة تعيد الماء إلى سد الوادي")
    articles = [WORLD[0], bodyless, Article("3", "!1", "")]
    indptr, marks = counted(articles, Weighting()).shingles(np.array([1, 0, 2]), tmp_path / "marks")
    found = [marks[first:last] for first, last in pairwise(indptr)]
    assert np.array_equal(found[1], shingles(ANALYZER.terms(WORLD[0].body)))
    assert np.array_equal(found[0], shingles(ANALYZER.terms(bodyless.title)))
    assert np.array_equal(found[2], shingles(ANALYZER.terms("!1")))


def test_one_process_and_two_count_the_same() -> None:
    articles = scrambled(2 * SIZE + 30)
    one, two = (blocks_of(articles, Weighting(), jobs) for jobs in (1, 2))
    assert [len(block.lengths) for block in one] == [SIZE, SIZE, 30]
    for block, other in zip(one, two, strict=True):
        for field in fields(Block):
            assert getattr(block, field.name).tobytes() == getattr(other, field.name).tobytes()


def test_vectors_are_the_same_in_however_many_parts_they_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, rows = counted(WORLD, Weighting()), np.arange(len(WORLD))
    _, whole, _ = fit(counts, rows, Weighting())
    monkeypatch.setattr("training.fit.ROWS", 4)
    steps: list[int] = []
    _, parts, _ = fit(counts, rows, Weighting(), steps.append)
    assert sum(steps) == len(WORLD)
    assert len(steps) == 7
    assert (whole != parts).nnz == 0


def test_vectors_are_the_same_in_memory_and_in_files(tmp_path: Path) -> None:
    counts, rows = counted(WORLD, Weighting()), np.arange(len(WORLD))[::-1]
    _, whole, _ = fit(counts, rows, Weighting())
    _, mapped, matrix = fit(counts, rows, Weighting(), room=on_disk(tmp_path, {"weights", "terms"}, tmp_path))
    assert matrix.whole.nnz > 0
    assert {path.name for path in tmp_path.iterdir()} == {"weights.npy", "terms.npy"}
    for name, of_mapped, of_whole in (("terms", mapped.indices, whole.indices), ("weights", mapped.data, whole.data)):
        assert of_mapped.tobytes() == of_whole.tobytes() == np.load(tmp_path / f"{name}.npy").tobytes()


def test_coverage_is_that_of_all_rows_together_in_memory_and_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = scrambled(30)
    model, _, matrix = fit(counted(articles, Weighting()), np.arange(30), Weighting())
    together = model.saturations(matrix)
    monkeypatch.setattr("training.fit.ROWS", 7)
    for room in (in_memory, on_disk(tmp_path, (), tmp_path)):
        found = covered(model, matrix, model.mean_length(matrix), room)
        for one, other in ((found.indptr, together.indptr), (found.indices, together.indices)):
            assert one.tolist() == other.tolist()
        assert found.data.tolist() == together.data.tolist()


def test_what_is_taken_off_is_counted_by_kind() -> None:
    furnished = [
        Article(str(number), "عنوان", "أكد الوزير ذلك أمام المجلس.\n\nقد يهمك أيضا\n\nسرقة متحف المدينة\nحريق في السوق")
        for number in range(3)
    ]
    assert counted([*furnished, *WORLD], Weighting()).removed == {"heading": (3, 3), "pasted": (3, 6)}


def test_no_article_makes_no_block() -> None:
    assert blocks_of([], Weighting()) == []


@pytest.mark.parametrize(
    "weighting",
    [
        Weighting(burst_weight=0, lead_weight=0),
        Weighting(1, 1, 1.0, 0, 2, lead_weight=0),
        Weighting(2, 0, 0.75, 0, 3, lead_weight=0),
    ],
)
def test_vectors_are_those_of_scikit_learn_where_nothing_is_cut(weighting: Weighting) -> None:
    counts, rows = counted(WORLD, weighting), np.arange(len(WORLD))[::-1]
    model, vectors, _ = fit(counts, rows, weighting)
    vocabulary, matrix = counts.matrix(rows, weighting.min_df)
    powered = matrix.whole
    powered.data = powered.data.astype(np.float64) ** weighting.tf_exponent
    theirs = TfidfTransformer(norm="l2", smooth_idf=True).fit_transform(sparse.csr_matrix(powered))
    assert np.diff(vectors.indptr).max() < weighting.max_terms
    assert model.vocabulary == vocabulary
    np.testing.assert_allclose(vectors.toarray()[:, : len(vocabulary)], theirs.toarray(), rtol=1e-5, atol=1e-7)


def test_term_that_clumps_weighs_more_than_one_of_equal_df_that_does_not() -> None:
    articles = [Article(str(n), "خبر", "زلزال زلزال زلزال زلزال" if n < 3 else "مؤتمر") for n in range(6)]
    counts = counted(articles, Weighting())
    model, _, _ = fit(counts, np.arange(6), Weighting())
    weight = dict(zip(model.vocabulary, model.burst.tolist(), strict=True))
    clumped, even = (weight[ANALYZER.terms(word)[0]] for word in ("زلزال", "مؤتمر"))
    assert clumped > even == 1


def test_cut_vectors_keep_their_heaviest_terms_and_their_length_of_one() -> None:
    counts, rows = counted(WORLD, Weighting()), np.arange(len(WORLD))
    _, whole, _ = fit(counts, rows, Weighting(lead_weight=0))
    _, cut, _ = fit(counts, rows, Weighting(max_terms=5, lead_weight=0))
    for row in rows:
        heaviest = sorted(whole[[row]].data.tolist(), reverse=True)[:5]
        np.testing.assert_allclose(
            sorted(cut[[row]].data.tolist(), reverse=True), np.array(heaviest) / np.linalg.norm(heaviest), rtol=1e-5
        )


def test_articles_without_a_common_term_have_empty_vectors() -> None:
    strangers = [Article("1", "فيضان"), Article("2", "مسرح")]
    model, vectors, _ = fit(counted(strangers, Weighting()), np.arange(2), Weighting(min_df=2))
    assert model.vocabulary == []
    assert vectors.shape == (2, 0)
    assert vectors.nnz == 0
