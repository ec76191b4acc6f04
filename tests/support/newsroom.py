"""A small visible world: four topics of six short articles each, one agency copy, and models trained on them.

The topics share hardly a word, the articles of a topic share many: a reader of a test knows
who is near whom. Four articles look over the fence (football-5 to the hospital, football-6 to
the elections, water-5 to the elections, health-6 to the water), so that «you may also like»
has something to say. Ids count upwards in time: football-1 is the oldest of its topic.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models.artifact import ModelConfig
from models.registry import Registry
from training.job import TrainingPlan, TrainingSummary, train
from training.progress import Silent

SECTIONS = {"football": "رياضة", "elections": "سياسة", "water": "اقتصاد", "health": "صحة"}
FIRST_DAY = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)
AFTER_ALL = datetime(2025, 4, 1, tzinfo=UTC)  # every article of the world is out by then
TRAINED_AT = AFTER_ALL
# what the articles that look over the fence are about besides
ALSO_ABOUT = {"football-5": "health", "football-6": "elections", "water-5": "elections", "health-6": "water"}
COPY = "football-1-copy"  # football-1 word for word under another headline, an hour later, in another paper

# title, first sentences, second sentences
_TEXTS: dict[str, list[tuple[str, str, str]]] = {
    "football": [
        (
            "النوارس يهزم الصقور ويبلغ نهائي كأس المدينة",
            "بلغ فريق النوارس نهائي كأس المدينة بعد فوزه على غريمه الصقور بهدفين في ملعب الميناء.",
            "سجل المهاجم وليد حمدان الهدفين في الشوط الثاني، وأهدر لاعبو الصقور ركلة جزاء قبل صافرة الحكم الأخيرة.",
        ),
        (
            "مدرب النوارس: مباراة نهائي الكأس لا تحتمل الأخطاء",
            "حذر مدرب النوارس سامر الجندي لاعبيه من التهاون قبل نهائي كأس المدينة.",
            "وقال المدرب إن المهاجم وليد حمدان يتدرب منذ الأحد، وإن الفريق سيلعب في ملعب الميناء بخطة هجومية.",
        ),
        (
            "الصقور يقيل مدربه بعد الخروج من كأس المدينة",
            "أعلن نادي الصقور إقالة مدربه عقب الخسارة أمام النوارس في نصف نهائي الكأس.",
            "وطالب مشجعو الصقور الإدارة بضم مهاجم هداف ولاعب وسط قبل انطلاق الدوري.",
        ),
        (
            "تذاكر نهائي الكأس تنفد في ساعتين",
            "بيعت كل تذاكر مباراة النوارس في نهائي كأس المدينة خلال ساعتين.",
            "واصطف المشجعون أمام ملعب الميناء منذ الفجر، وخصص النادي شاشات لمن لم يحصل على تذكرة من مشجعي الفريق.",
        ),
        (
            "إصابة هداف النوارس وليد حمدان قبل النهائي",
            "نقل المهاجم وليد حمدان إلى مستشفى الشفاء إثر إصابة في الركبة خلال تدريب النوارس.",
            "وقال أطباء المستشفى إن هداف الفريق يحتاج إلى راحة، وقد يغيب عن نهائي كأس المدينة في ملعب الميناء.",
        ),
        (
            "مرشحة البلدية تعد مشجعي النوارس بملعب جديد",
            "زارت المرشحة ليلى النحاس ملعب الميناء ووعدت مشجعي النوارس بمدرجات جديدة إذا فازت في الانتخابات البلدية.",
            "ورد مدرب الفريق سامر الجندي بأن اللاعبين يريدون كأس المدينة أولا.",
        ),
    ],
    "elections": [
        (
            "مفوضية الانتخابات تفتح باب الترشح للمجلس البلدي",
            "فتحت مفوضية الانتخابات باب الترشح لعضوية المجلس البلدي حتى نهاية الأسبوع.",
            "وقالت المفوضية إن الناخبين المسجلين بلغوا مئة ألف ناخب، وإن صناديق الاقتراع ستوزع على عشرين مركزا.",
        ),
        (
            "ليلى النحاس تعلن ترشحها لرئاسة المجلس البلدي",
            "أعلنت المهندسة ليلى النحاس ترشحها لرئاسة المجلس البلدي في الانتخابات المقبلة.",
            "ووعدت المرشحة الناخبين بميزانية شفافة وبنشر محاضر المجلس، في حملة تبدأ من الأحياء القديمة.",
        ),
        (
            "مناظرة بين مرشحي البلدية تنتهي بتبادل الاتهامات",
            "تبادل مرشحو الانتخابات البلدية الاتهامات في مناظرة تلفزيونية حول ميزانية المجلس.",
            "واتهمت المرشحة ليلى النحاس منافسها فؤاد البيطار بإخفاء محاضر الجلسات عن الناخبين.",
        ),
        (
            "المفوضية تستبعد ثلاثة مرشحين من سباق البلدية",
            "استبعدت مفوضية الانتخابات ثلاثة مرشحين لم يقدموا كشوف تمويل الحملة.",
            "وقالت المفوضية إن قرارها قابل للطعن خلال ثلاثة أيام، وإن قوائم المرشحين النهائية تعلق في مراكز الاقتراع.",
        ),
        (
            "إقبال كبير على صناديق الاقتراع في الانتخابات البلدية",
            "توافد الناخبون منذ الصباح على مراكز الاقتراع لاختيار أعضاء المجلس البلدي.",
            "ومددت المفوضية التصويت ساعتين بسبب الإقبال، ولم تسجل شكاوى حول صناديق الاقتراع سوى في مركزين.",
        ),
        (
            "فوز ليلى النحاس برئاسة المجلس البلدي",
            "فازت ليلى النحاس برئاسة المجلس البلدي بعد فرز صناديق الاقتراع كلها.",
            "وهنأها منافسها فؤاد البيطار، وأعلنت مفوضية الانتخابات أن نسبة تصويت الناخبين بلغت ستين في المئة.",
        ),
    ],
    "water": [
        (
            "مخزون سد الوادي يهبط إلى الربع بسبب الجفاف",
            "هبط مخزون سد الوادي إلى ربع سعته مع استمرار الجفاف للموسم الثالث.",
            "وقالت هيئة المياه إن حصص الري ستخفض، ودعت المزارعين إلى تأجيل زراعة القمح حتى هطول الأمطار.",
        ),
        (
            "مزارعو القمح يخشون موسما ثالثا من الجفاف",
            "يخشى مزارعو القمح في سهل الوادي ضياع المحصول إذا استمر الجفاف وتأخرت الأمطار.",
            "ويقول المزارعون إن حصص الري من السد لا تكفي نصف الحقول.",
        ),
        (
            "هيئة المياه تخفض حصص الري إلى النصف",
            "قررت هيئة المياه خفض حصص الري من سد الوادي إلى النصف حتى نهاية الموسم.",
            "وستعوض الهيئة مزارعي القمح والزيتون عن الحقول التي تترك بلا زراعة.",
        ),
        (
            "آبار جديدة لإنقاذ حقول الزيتون من الجفاف",
            "بدأت هيئة المياه حفر آبار جديدة لري حقول الزيتون التي أصابها الجفاف.",
            "ويحذر خبراء من أن الآبار تستنزف المياه الجوفية ما لم تعد الأمطار إلى ملء السد.",
        ),
        (
            "الجفاف يدخل سباق البلدية من باب السد",
            "دعت المرشحة ليلى النحاس إلى إصلاح قنوات الري القديمة قبل بناء سد ثان على الوادي.",
            "ورحب مزارعو الزيتون بالوعد، لكنهم ذكروا بأن هيئة المياه سمعت مثله في الانتخابات البلدية الماضية.",
        ),
        (
            "أمطار غزيرة تعيد الماء إلى سد الوادي",
            "رفعت أمطار غزيرة مخزون سد الوادي إلى النصف في يومين بعد جفاف طويل.",
            "وأعادت هيئة المياه حصص الري كاملة، واستعد المزارعون لزراعة القمح في حقول السهل.",
        ),
    ],
    "health": [
        (
            "حملة تطعيم ضد الإنفلونزا في مدارس الأطفال",
            "أطلقت وزارة الصحة حملة تطعيم ضد الإنفلونزا تشمل الأطفال في المدارس.",
            "وقالت الوزارة إن اللقاح آمن ومجاني، وإن الممرضات سيبدأن من الصفوف الأولى.",
        ),
        (
            "مستشفى الشفاء يمتلئ بمرضى الإنفلونزا",
            "امتلأت أقسام مستشفى الشفاء بمرضى الإنفلونزا ومعظمهم من الأطفال وكبار السن.",
            "ودعا أطباء المستشفى الأهالي إلى أخذ اللقاح مبكرا وعدم استعمال المضادات الحيوية دون طبيب.",
        ),
        (
            "نقص في لقاح الإنفلونزا ووزارة الصحة تعد بشحنة",
            "نفد لقاح الإنفلونزا من معظم الصيدليات، ووعدت وزارة الصحة بشحنة جديدة خلال أيام.",
            "وأوضحت الوزارة أن الأولوية للأطفال والمرضى في مستشفى الشفاء.",
        ),
        (
            "أطباء يفندون شائعات حول لقاح الأطفال",
            "فند أطباء شائعات تقول إن لقاح الإنفلونزا يضر الأطفال.",
            "وأكد الأطباء أن التطعيم خفض عدد مرضى المستشفى، وأن حملة وزارة الصحة خضعت لمراجعة مستقلة.",
        ),
        (
            "شحنة لقاح تصل والصيدليات تستأنف التطعيم",
            "وصلت شحنة لقاح الإنفلونزا إلى المخازن واستأنفت الصيدليات التطعيم.",
            "وقالت وزارة الصحة إن الممرضات سيعدن إلى المدارس لاستكمال حملة تطعيم الأطفال.",
        ),
        (
            "مياه الآبار تنقل المرض إلى أطفال القرى",
            "سجل مستشفى الشفاء حالات تسمم بين أطفال القرى بعد شرب مياه من آبار حفرت بسبب الجفاف.",
            "وطلب أطباء المستشفى من هيئة المياه ووزارة الصحة فحص الآبار قبل استعمالها.",
        ),
    ],
}


def topic_records() -> list[dict[str, Any]]:
    """Twenty-five article records, oldest first; ``football-1`` and ``COPY`` are one story."""
    records = []
    for offset, (topic, texts) in enumerate(_TEXTS.items()):
        for number, (title, *body) in enumerate(texts, 1):
            published = FIRST_DAY + timedelta(days=2 * (number - 1), hours=offset)
            records.append(
                _record(f"{topic}-{number}", title, " ".join(body), SECTIONS[topic], published, "صحيفة المدينة")
            )
    body = " ".join(_TEXTS["football"][0][1:])
    later = FIRST_DAY + timedelta(hours=1, minutes=10)
    records.append(_record(COPY, "هدفا حمدان يطيحان الصقور", body, SECTIONS["football"], later, "وكالة الساحل"))
    return sorted(records, key=lambda record: record["published_at"])


def topics_of(article_id: str) -> set[str]:
    """The topics of an article of the world, by its id."""
    return {article_id.partition("-")[0]} | ({ALSO_ABOUT[article_id]} if article_id in ALSO_ABOUT else set())


def write_jsonl(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    """Write records as JSON lines in UTF-8; the path again, for passing on."""
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def train_into(artifacts: Path, records: Iterable[Mapping[str, Any]], **plan: Any) -> TrainingSummary:
    """Train a version in this process and put it in service; ``plan`` goes to :class:`TrainingPlan`.

    ``now`` is the moment of the training: unless given, a minute later for each version there is.
    """
    registry = Registry(artifacts)
    now = plan.pop("now", TRAINED_AT + timedelta(minutes=len(registry.names())))
    source = write_jsonl(artifacts.with_name(f"{artifacts.name}-articles.jsonl"), records)
    settings = {"sources": [str(source)], "config": ModelConfig(), "jobs": 1, **plan}
    return train(TrainingPlan(**settings), registry, lambda: now, Silent())


def _record(article_id: str, title: str, body: str, section: str, published: datetime, source: str) -> dict[str, Any]:
    return {
        "id": article_id,
        "title": title,
        "body": body,
        "section": section,
        "published_at": published.isoformat().replace("+00:00", "Z"),
        "url": f"https://news.example/{article_id}",
        "source": source,
        "language": "ar",
    }
