"""Search: whatever stands in the archive or in blocks is found as if all stood in one matrix."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from models import search
from models.candidates import Candidates
from models.search import Archive, Asked, Block, Compressed, Search, added
from models.tfidf import COVERAGE_POWER, SparseVector

COLUMNS, TERMS = 60, 30


def matrix(random: Random, rows: int, columns: int) -> sparse.csr_array[Any]:
    """Some weights a row, none in some rows."""
    dense = np.zeros((rows, columns), dtype=np.float32)
    for row in range(rows):
        for column in random.sample(range(columns), random.choice((0, 3, 8))):
            dense[row, column] = random.choice((0.125, 0.25, 0.5, 0.5))
    return sparse.csr_array(dense)


def compressed(whole: sparse.csr_array[Any]) -> Compressed:
    return Compressed(whole.indptr, whole.indices, whole.data, whole.shape[1])


def row_of(whole: sparse.csr_array[Any], row: int) -> SparseVector:
    part = slice(int(whole.indptr[row]), int(whole.indptr[row + 1]))
    return SparseVector(whole.indices[part], whole.data[part])


def together(parts: list[Candidates], count: int) -> list[tuple[int, float]]:
    rows = np.concatenate([part.rows for part in parts])
    found = Candidates(rows, np.concatenate([part.scores for part in parts])).ranked().take(slice(count))
    return list(zip(found.rows.tolist(), found.scores.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_what_is_found_is_what_a_look_at_everything_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PLAIN", 4)
    random = Random(seed)
    sizes = [random.randint(1, 20), *(random.choice((1, 1, 2, 6, 9)) for _ in range(12))]
    vectors = [matrix(random, size, COLUMNS) for size in sizes]
    saturations = [matrix(random, size, TERMS) for size in sizes]
    searched = Search(Archive(sizes[0], compressed(vectors[0]), compressed(saturations[0])))
    for one, other in zip(vectors[1:], saturations[1:], strict=True):
        searched = searched.with_block(Block.of(one, other))
    all_vectors, all_saturations = (sparse.csr_array(sparse.vstack(parts)) for parts in (vectors, saturations))
    rows = sum(sizes)
    allowed = np.array([random.random() < 0.7 for _ in range(rows)])
    for asked_row in random.sample(range(rows), 8):
        for asked, scores in (
            (Asked(row_of(all_vectors, asked_row)), all_vectors @ all_vectors[[asked_row]].toarray()[0]),
            (
                Asked(row_of(all_vectors, asked_row), row_of(all_saturations, asked_row)),
                (all_saturations @ all_saturations[[asked_row]].toarray()[0]) ** np.float32(COVERAGE_POWER),
            ),
        ):
            expected = sorted((-score, row) for row, score in enumerate(scores.tolist()) if score > 0 and allowed[row])
            count = random.choice((1, 3, 100))
            found = together(searched.everywhere(asked, count, allowed), count)
            assert found == [(row, -score) for score, row in expected[:count]]
            since = together(searched.since(asked, count, allowed), count)
            assert since == [(row, -score) for score, row in expected if row >= sizes[0]][:count]
    for row in range(rows):
        for found_row, whole in ((searched.vector(row), all_vectors), (searched.saturation(row), all_saturations)):
            assert found_row.terms.tolist() == row_of(whole, row).terms.tolist()
            assert found_row.weights.tolist() == row_of(whole, row).weights.tolist()


def test_a_row_that_there_is_not_is_no_other_one() -> None:
    random = Random(0)
    one = matrix(random, 3, COLUMNS), matrix(random, 3, TERMS)
    searched = Search(Archive(3, compressed(one[0]), compressed(one[1])), (Block.of(*one),))
    with pytest.raises(IndexError):
        searched.vector(6)


def test_there_are_never_more_blocks_than_doublings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PLAIN", 4)
    random = Random(1)
    blocks: tuple[Block, ...] = ()
    for number in range(1, 200):
        blocks = added(blocks, Block.of(matrix(random, 1, COLUMNS), matrix(random, 1, TERMS)))
        assert sum(map(len, blocks)) == number
        assert len(blocks) <= 2 + np.log2(number)
        assert all((len(block) > 4) == (block.postings is not None) for block in blocks)


def test_postings_are_made_once() -> None:
    random = Random(2)
    archive = Archive(9, compressed(matrix(random, 9, COLUMNS)), compressed(matrix(random, 9, TERMS)))
    assert not archive.ready
    assert archive.make_ready() is archive.make_ready()
    assert archive.ready
