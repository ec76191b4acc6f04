"""Copies of articles as editors and agencies make them, by a seeded generator; of each kind one function."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from models.article import Article

SENTENCE = re.compile(r"(?<=[.!؟…])\s+|\n+")
MARKS = "\u064e\u064f\u0650\u0652"
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WESTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")
REPORT_VERBS = (
    ("قال", "ذكر", "صرح"),
    ("قالت", "ذكرت", "صرحت"),
    ("أكد", "شدد", "جزم"),
    ("أكدت", "شددت", "جزمت"),
    ("أوضح", "بيّن", "أبان"),
    ("أوضحت", "بيّنت", "أبانت"),
    ("أضاف", "تابع", "أردف"),
    ("أضافت", "تابعت", "أردفت"),
    ("أعلن", "كشف", "أفاد"),
    ("أعلنت", "كشفت", "أفادت"),
    ("أشار", "لفت", "نوّه"),
    ("أشارت", "لفتت", "نوّهت"),
    ("كما", "أيضا", "كذلك"),
    ("خلال", "أثناء", "في أثناء"),
    ("أمس", "يوم أمس", "البارحة"),
    ("حيث", "إذ", "وقد"),
    ("بعد", "عقب", "إثر"),
)
SYNONYMS = {word: group for group in REPORT_VERBS for word in group}
HEADLINES = ("تفاصيل جديدة تنشر لأول مرة", "صور: هكذا بدا المشهد صباح اليوم", "خبراء يجيبون عن أسئلة القراء")

# what is done to (title, paragraphs), with the text of another article of the topic to extend by
Text = tuple[str, list[str]]
Change = Callable[[Text, Sequence[str], Random], Text]


def headline(text: Text, _: Sequence[str], pick: Random) -> Text:
    """Another headline: words of the text in place of the title's."""
    title, paragraphs = text
    said = sentences(paragraphs)
    words = pick.choice(said[:3]).split() if said else title.split()[::-1]
    start = pick.randrange(max(len(words) - 8, 1))
    other = " ".join(words[start : start + pick.randint(5, 8)])
    return other if any(map(str.isalnum, other)) else f"عاجل: {title}", paragraphs


def spelling(text: Text, _: Sequence[str], pick: Random) -> Text:
    """Hamza, ya and ta marbuta as some papers write them, other digits, tatweel and vowel marks."""
    title, paragraphs = text
    return _spelt(title, pick), [_spelt(paragraph, pick) for paragraph in paragraphs]


def cut(text: Text, _: Sequence[str], pick: Random) -> Text:
    """Two thirds of the text: its head, as most papers cut, or its tail."""
    title, paragraphs = text
    words = sum(len(paragraph.split()) for paragraph in paragraphs)
    keep = -(-2 * words // 3)
    if pick.random() < 0.75:
        return title, _first_words(paragraphs, keep)
    reversed_ = [" ".join(reversed(paragraph.split())) for paragraph in reversed(paragraphs)]
    return title, [" ".join(reversed(paragraph.split())) for paragraph in reversed(_first_words(reversed_, keep))]


def extended(text: Text, other: Sequence[str], pick: Random) -> Text:
    """A third more, of another article of the same topic, after the text or before it."""
    title, paragraphs = text
    more = _first_words(other, -(-sum(len(paragraph.split()) for paragraph in paragraphs) // 3))
    return title, [*paragraphs, *more] if pick.random() < 0.75 else [*more, *paragraphs]


def furniture(text: Text, _: Sequence[str], pick: Random) -> Text:
    """A dateline, an agency's signature, a pasted block of headlines."""
    title, paragraphs = text
    pasted = ["قد يهمك أيضا:", *pick.sample(HEADLINES, 2)]
    return title, ["المدينة - وكالات", *paragraphs, "(وكالة الأنباء)", *pasted]


def reworded(text: Text, _: Sequence[str], pick: Random) -> Text:
    """Sentences in another order, other verbs of report, one word in fourteen in another place."""
    title, paragraphs = text
    said = sentences(paragraphs)
    pick.shuffle(said)
    changed = []
    for sentence in said:
        words = [pick.choice(SYNONYMS.get(word, (word,))) for word in sentence.split()]
        for place in range(len(words) - 1):
            if pick.random() < 0.07:
                words[place], words[place + 1] = words[place + 1], words[place]
        changed.append(" ".join(words))
    return title, changed


def everything(text: Text, other: Sequence[str], pick: Random) -> Text:
    """All but the rewording, one after the other."""
    for change in (headline, spelling, cut, extended, furniture):
        text = change(text, other, pick)
    return text


KINDS: dict[str, Change] = {
    "headline": headline,
    "spelling": spelling,
    "cut": cut,
    "extended": extended,
    "furniture": furniture,
    "everything": everything,
    "reworded": reworded,
}


def copy_of(article: Article, paragraphs: Sequence[str], other: Sequence[str], kind: str, pick: Random) -> Article:
    """A copy in another paper, up to a day and a half later; ``paragraphs`` are the article's clean ones."""
    title, body = KINDS[kind]((article.title, list(paragraphs)), other, pick)
    later = None if article.published_at is None else article.published_at + timedelta(hours=pick.uniform(0.1, 36))
    return replace(
        article,
        id=f"{kind}:{article.id}"[:128],
        title=title,
        body="\n".join(body),
        source="صحيفة أخرى",
        published_at=later,
    )


def sentences(paragraphs: Sequence[str]) -> list[str]:
    """The sentences of a text; one without a full stop is cut into pieces of 25 words."""
    said = []
    for part in SENTENCE.split("\n".join(paragraphs)):
        words = part.split()
        said += [" ".join(words[start : start + 25]) for start in range(0, len(words), 25)]
    return said


def _first_words(paragraphs: Sequence[str], count: int) -> list[str]:
    kept = []
    for paragraph in paragraphs:
        words = paragraph.split()[:count]
        count -= len(words)
        if words:
            kept.append(" ".join(words))
    return kept


def _spelt(text: str, pick: Random) -> str:
    words = []
    for word in text.split():
        form = word.translate(EASTERN) if word.isascii() else word.translate(WESTERN)
        if pick.random() < 0.7:
            form = re.sub("[أإآ]", "ا", form)
        if pick.random() < 0.5:
            form = form[:-1] + form[-1].replace("ة", "ه").replace("ى", "ي")
        if pick.random() < 0.08 and len(form) > 3 and form.isalpha():
            form = f"{form[:2]}ـــ{form[2:]}"
        if pick.random() < 0.15 and form.isalpha():
            form = "".join(letter + (pick.choice(MARKS) if pick.random() < 0.5 else "") for letter in form)
        words.append(form)
    return " ".join(words)
