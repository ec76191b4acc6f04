"""Rendering: lists as JSON, put together from what was serialised once for each article.

The shape is that of :class:`service.schemas.ListAnswer`, which describes it; here it is only written, fast.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter

from models.answers import Explanation, shown_score
from models.artifact import Model
from models.candidates import Reason, Recommendation
from models.index import ArticleIndex
from service.schemas import DUPLICATE_FIELDS, ITEM_FIELDS

CARDS = 32_768  # articles whose texts are kept serialised: about a kilobyte each

Cards = dict[int, tuple[str, ...]]  # row → members of an item as JSON

_REASONS = {reason: f'"{reason.value}"' for reason in Reason}

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Renderer:
    """Writes the lists of one model."""

    def __init__(self, model: Model, cards: Cards | None = None) -> None:
        """``cards`` are those that another renderer of the same rows has serialised, and are shared with it."""
        self._model = model
        self._cards: Cards = {} if cards is None else cards
        self._version = to_json({"version": model.manifest.version, "trained_at": model.manifest.created_at})

    def items(
        self, places: Sequence[Recommendation], source: int | None, explain: bool, fields: tuple[str, ...]
    ) -> str:
        """The items of a list as a JSON array, each with these of its members."""
        template, chosen = _template(fields)
        explained = Explanation(self._model, source) if explain and source is not None else None
        written = []
        for place in places:
            identifier, *others = self._card(place.row)
            matched = None if explained is None else explained.of(place.row)
            values = (
                identifier,
                place.rank,
                shown_score(place),
                _REASONS[place.reason],
                *others,
                "null" if matched is None else to_json([{"term": m.term, "weight": m.weight} for m in matched]),
            )
            written.append(template % chosen(values))
        return f"[{','.join(written)}]"

    def _card(self, row: int) -> tuple[str, ...]:
        card = self._cards.get(row)
        if card is None:
            if len(self._cards) >= CARDS:
                self._cards.clear()
            card = self._cards[row] = _serialised(self._model.index, row)
        return card

    def duplicates(self, rows: Sequence[int]) -> str:
        """Articles as a JSON array, each with the members of an item that stand in the article."""
        template, chosen = _template(DUPLICATE_FIELDS)
        filler = ("null",) * len(ITEM_FIELDS)
        written = []
        for row in rows:
            identifier, *others = self._card(row)
            written.append(template % chosen((identifier, *filler[1:4], *others, "null")))
        return f"[{','.join(written)}]"

    def answer(
        self,
        *,
        request_id: str,
        name: str,
        source_id: str | None,
        as_of: str,
        items: str,
        fallback: str | None,
        duplicates: str | None = None,
        degraded: bool = False,
    ) -> bytes:
        """A whole :class:`ListAnswer`, or of a draft a :class:`DraftAnswer`, in UTF-8."""
        more = "" if duplicates is None else f',"duplicates":{duplicates}'
        return (
            f'{{"request_id":"{request_id}","list":"{name}","source_id":{to_json(source_id)},"as_of":"{as_of}",'
            f'"model":{self._version},"items":{items},"fallback":{to_json(fallback)},"degraded":{to_json(degraded)}{more}}}'
        ).encode()

    def page(
        self, *, request_id: str, source_id: str, as_of: str, boxes: Iterable[tuple[str, str, str]], degraded: bool
    ) -> bytes:
        """A whole :class:`PageAnswer` in UTF-8; of each box its name, its title and its items as a JSON array."""
        written = ",".join(
            f'{{"name":{to_json(name)},"title":{to_json(title)},"items":{items}}}' for name, title, items in boxes
        )
        return (
            f'{{"request_id":"{request_id}","source_id":{to_json(source_id)},"as_of":"{as_of}",'
            f'"model":{self._version},"boxes":[{written}],"degraded":{to_json(degraded)}}}'
        ).encode()


def to_json(value: object) -> str:
    """A value as JSON in one line."""
    return _encoder.encode(value)


def _serialised(index: ArticleIndex, row: int) -> tuple[str, ...]:
    """The members of an item that stand in its article, in their order, as JSON."""
    card = index.cards.card(row)
    story = int(index.story[row])
    story_id = card.id if story == row else index.cards.card(story).id
    texts = (card.id, card.title, card.url, card.section, card.published_at, card.image_url, card.source, story_id)
    return tuple("null" if text is None else encode_basestring(text) for text in texts)


@lru_cache(maxsize=256)
def _template(fields: tuple[str, ...]) -> tuple[str, Callable[[tuple[object, ...]], tuple[object, ...]]]:
    """An item of these members with a gap for each value, and what takes these values among all of an item's."""
    template = f"{{{','.join(f'{to_json(name)}:%s' for name in fields)}}}"
    positions = [ITEM_FIELDS.index(name) for name in fields]
    several = itemgetter(*positions) if len(positions) > 1 else None  # one alone would come without its tuple
    return template, several or (lambda values: tuple(values[position] for position in positions))
