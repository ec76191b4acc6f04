"""From text to terms, through one door: :class:`Analyzer`.

::

    body ──boilerplate──▶ paragraphs ──normalization──▶ one spelling ──tokenization──▶ words ──names, stemming──▶ terms
"""

from models.analysis.analyzer import Analyzer, AnalyzerConfig
from models.analysis.boilerplate import CleanText, Furniture, Learned

__all__ = ["Analyzer", "AnalyzerConfig", "CleanText", "Furniture", "Learned"]
