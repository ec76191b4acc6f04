"""The page of a real newspaper, where it lies beside the project: what becomes of its text."""

from __future__ import annotations

from pathlib import Path

from training.sources.document import Document
from training.sources.pagetext import explained_text
from training.sources.patterns import PagePatterns

PAGE = Path(__file__).parents[2] / "shared" / "seed" / "page.txt"

# nothing is collected, and so nothing skipped, where there is no page
if PAGE.is_file():

    def test_the_article_comes_out_and_the_boxes_stay_behind() -> None:
        reading = explained_text(Document(PAGE.read_bytes(), PAGE.name), PagePatterns.load())
        assert isinstance(reading.value, dict)
        text = PAGE.read_text(encoding="utf-8")
        record = reading.value
        assert record["section"] == "أخبار السياسة والسياسيين"
        box = text.split("قد يهمك أيضا\n")[1].split("View on")[0]
        assert record["links"] == [line.strip() for line in box.splitlines() if line.strip()]
        assert len(record["links"]) == 2
        paragraphs = record["body"].split("\n\n")
        assert paragraphs[0].startswith("أكد الرئيس الروسي")
        assert paragraphs[-1].endswith("مارس 2022.")
        assert len(paragraphs) == 15
        assert record["title"].rstrip("…") in paragraphs[0]
        after = text[text.index("قد يهمك أيضا") :]
        for line in filter(None, map(str.strip, after.splitlines())):
            assert line not in record["body"]
            assert line in [taken.line for taken in reading.taken]
