"""service.rendering: what is written by hand is what the schema of the API describes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from models.answers import LISTS, ListName, items
from models.candidates import Query
from models.index import NEVER
from models.registry import Registry
from service.rendering import Renderer
from service.schemas import ITEM_FIELDS, ListAnswer, ModelName
from tests.support.newsroom import train_into
from tests.support.worlds import edge_records

ANSWER = TypeAdapter(ListAnswer)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version of articles that are special in one way each, one of them with everything that JSON escapes."""
    artifacts = tmp_path_factory.mktemp("rendered") / "artifacts"
    odd = {"id": 'a"b\\/c%s', "title": 'هدف "النوارس" \\ ١٠٠%s\u2028', "source": "<وكالة>", "body": "كأس المدينة."}
    train_into(artifacts, [*edge_records(), odd])
    return artifacts


@given(
    st.data(),
    st.sampled_from(ListName),
    st.integers(1, 50),
    st.booleans(),
    st.lists(st.sampled_from(ITEM_FIELDS), unique=True),
)
def test_a_list_is_written_as_its_schema_writes_it(
    version: Path, data: st.DataObject, name: ListName, limit: int, explain: bool, fields: list[str]
) -> None:
    model = Registry(version).load_current()
    source = data.draw(st.integers(0, len(model.index) - 1))
    places = LISTS[name].recommend(model.recommender, source, Query(as_of=NEVER - 1, limit=limit))
    renderer = Renderer(model)
    written = renderer.answer(
        request_id="0f",
        name=name,
        source_id=model.index.article(source).id,
        as_of="2025-04-01T00:00:00Z",
        items=renderer.items(places, source, explain, tuple(fields)),
        fallback=None,
    )
    described = ListAnswer(
        request_id="0f",
        list=name,
        source_id=model.index.article(source).id,
        as_of="2025-04-01T00:00:00Z",
        model=ModelName(model.manifest.version, model.manifest.created_at),
        items=items(model, places, source, explain),
    )
    expected = json.loads(ANSWER.dump_json(described, exclude={"items": {"__all__": set(ITEM_FIELDS) - set(fields)}}))
    assert json.loads(written) == expected
    assert list(json.loads(written)) == list(expected)
    assert [list(item) for item in json.loads(written)["items"]] == [fields for _ in places]
