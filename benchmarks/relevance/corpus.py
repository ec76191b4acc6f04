"""The articles that are measured on: read and cleaned once for every system."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from models.analysis import Analyzer
from models.article import Article
from training.evaluation.texts import Document


def read(path: Path) -> list[Document]:
    """The articles of a file of records."""
    analyzer = Analyzer()
    documents = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            article = Article.from_record(json.loads(line))
            documents.append(Document.of(article, analyzer))
    return documents
