"""An archive that changes: random articles, news of them, and the site that trains on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from models.artifact import Model, ModelConfig
from models.registry import Registry
from models.tfidf import Weighting
from tests.support.newsroom import TRAINED_AT, write_jsonl
from training.job import TrainingPlan, TrainingSummary, train
from training.progress import Silent
from training.update import Base, update

TOPICS = [
    "النوارس نهائي كأس المدينة ملعب الميناء المهاجم حمدان هدف الصقور مدرب لاعب جمهور دوري ركلة حكم شوط تذكرة",
    "مفوضية الانتخابات المجلس البلدي المرشحة النحاس صندوق اقتراع ناخب حملة مناظرة محضر قائمة صوت تمويل طعن",
    "سد الوادي هيئة المياه حصص الري مزارع قمح زيتون جفاف مطر بئر قناة محصول سهل خزان حقل موسم",
]
COMMON = ["قال", "أعلن", "اليوم", "أمس", "خلال", "بعد", "مدينة", "رئيس", "عدد", "جديد", "كبير"]
NEW_WORDS = ["زلزال", "بركان", "مذنب", "غواصة"]
DAY = "2025-03-{:02}T{:02}:00:00Z"

CONFIGS = {
    "full lists": ModelConfig(neighbours=4),
    "open lists": ModelConfig(neighbours=100),
    "window": ModelConfig(neighbours=6, neighbour_days=4),
    "no leads, rare terms out": ModelConfig(neighbours=5, weighting=Weighting(lead_weight=0, min_df=2, max_terms=9)),
    "headlines all": ModelConfig(neighbours=4, weighting=Weighting(short_terms=60)),
}


def article(random: Random, number: int, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A record: often a copy of one that was told, a headline alone, without a time, or at the time of another."""
    words = random.choice(TOPICS).split()
    text = [random.choice(words if random.random() < 0.8 else COMMON) for _ in range(random.randint(12, 45))]
    if random.random() < 0.2:
        text.append(random.choice(NEW_WORDS))
    record: dict[str, Any] = {
        "id": f"{random.choice('abc')}{number}",
        "title": " ".join(random.sample(words, 4)),
        "body": " ".join(text) if random.random() < 0.8 else "",
    }
    if random.random() < 0.9:
        record["published_at"] = DAY.format(random.randint(1, 12), random.choice((8, 9)))
    if random.random() < 0.7:
        record["section"] = random.choice(("رياضة", "سياسة", "اقتصاد", "صحة"))
    if random.random() < 0.1:
        record["expires_at"] = "2026-01-01T00:00:00Z"
    if told and random.random() < 0.4:
        other = random.choice(told)
        part = other.get("body", "").split()
        record |= {
            "title": other.get("title", "خبر"),
            "body": " ".join(part[: random.randint(len(part) // 2, len(part))]),
        }
    return record


def archive(random: Random, count: int, first: int = 0, told: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for number in range(count):
        records.append(article(random, first + number, [*told, *records]))
    return records


def news(random: Random, known: Sequence[dict[str, Any]], first: int) -> list[dict[str, Any]]:
    """New records, records of known ids that say something else or the same, and deletions, mixed."""
    living = [record for record in known if "title" in record]
    records = archive(random, random.randint(1, 8), first, living)
    some = random.sample(living, 9)
    records += [{**article(random, 0, living), "id": record["id"]} for record in some[:2]]
    records += [{**record, "title": f"{record['title']} اليوم"} for record in some[2:4]]
    records += some[4:6]
    records += [{"id": record["id"], "deleted": True} for record in some[5:8]]
    records.append({"id": "nobody", "deleted": True})
    random.shuffle(records)
    return [*records, {"id": some[8]["id"], "deleted": True}, some[8]]


def plan(source: Path, config: ModelConfig, **given: Any) -> TrainingPlan:
    return TrainingPlan([str(source)], config, jobs=2, **given)


class Site:
    """Artifacts, and the records that they were made of so far."""

    def __init__(self, folder: Path, records: Sequence[dict[str, Any]], config: ModelConfig | None = None) -> None:
        self.folder, self.config = folder, config or ModelConfig()
        self.registry = Registry(folder / "artifacts")
        self.records = list(records)
        self._count = 0
        self.full = train(plan(self._source(records), self.config), self.registry, lambda: TRAINED_AT, Silent())

    def _source(self, records: Sequence[Mapping[str, Any]]) -> Path:
        self._count += 1
        return write_jsonl(self.folder / f"{self._count}.jsonl", records)

    def update(self, records: Sequence[dict[str, Any]], **given: Any) -> TrainingSummary:
        self.records += records
        source, now = self._source(records), TRAINED_AT + timedelta(minutes=self._count)
        return update(plan(source, self.config, **given), self.registry, lambda: now, Silent())

    def model(self) -> Model:
        return self.registry.load_current()

    def living(self) -> list[dict[str, Any]]:
        """The last record of each id that is not deleted."""
        last = {str(record["id"]): record for record in self.records}
        return [record for record in last.values() if not record.get("deleted")]

    def whole(self) -> Registry:
        """All records trained at once with what is frozen in the version in service."""
        frozen = Base.of(self.registry, self.config).frozen
        whole = Registry(self.folder / f"whole-{self._count}")
        train(plan(self._source(self.records), self.config), whole, lambda: TRAINED_AT, Silent(), frozen)
        return whole
