"""Lexicon: many texts at once to the terms that :meth:`models.analysis.Analyzer.terms` has of each, compiled.

A word is stemmed when it is met first; from then on its letters are hashed and compared where they stand, and no
text of it is made. What has no compiled form (names of several words, characters beyond the first plane) goes the
analyzer's own way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.analysis import Analyzer
from models.analysis.analyzer import readable
from models.analysis.normalization import SURROGATES, composed, normalize
from models.analysis.tokenization import LETTER, plain_number, undotted
from models.tfidf import Int32Array, Int64Array

MOST_WORDS = 250_000  # remembered: some 60 MB
DROPPED = -1

_SEPARATOR = "\0"  # between texts; no letter, no digit
_OTHER, _MARK, _LETTER, _DIGIT, _END = range(5)


def _kinds() -> NDArray[np.uint8]:
    """What each character of the first plane is to a tokenizer."""
    letters = re.compile(LETTER)
    kinds = np.fromiter((letters.fullmatch(chr(point)) is not None for point in range(1 << 16)), np.uint8, 1 << 16)
    kinds[kinds > 0] = _LETTER
    kinds[ord("0") : ord("9") + 1] = _DIGIT
    kinds[[ord("."), ord(",")]] = _MARK  # one inside a number
    kinds[ord(_SEPARATOR)] = _END
    return kinds


_KINDS = _kinds()

# FNV-1a (Fowler, Noll, Vo; RFC 9923), here over units of 16 bits, its high half mixed in at the end.
_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@dataclass(frozen=True, slots=True)
class TermsOfTexts:
    """The terms of n texts.

    Attributes:
        terms: all that occur, in order of appearance.
        numbers: int32, the places among these of the terms of each text, one text after the other.
        lengths: int64 (n,), how many of them each text has.
    """

    terms: list[str]
    numbers: Int32Array
    lengths: Int64Array


class Lexicon:
    """The words met so far, and how an analyzer reads them; threads that share it wait for each other."""

    def __init__(self, analyzer: Analyzer, most_words: int = MOST_WORDS) -> None:
        """Read as ``analyzer`` does; when ``most_words`` are known, begin anew."""
        self._analyzer = analyzer
        self._most = most_words
        self._lock = Lock()  # one of a process serves all tasks, which may be threads
        self._begin()

    def _begin(self) -> None:
        self._number_of: dict[str, int] = {}
        self._tokens: list[str] = []  # of each word
        self._term_number: dict[str, int] = {}
        self._terms: list[str] = []
        self._letters = np.empty(0, dtype=np.uint16)  # of all words, one after the other
        self._begins = np.zeros(1, dtype=np.int64)  # of each word among these
        self._hashes = np.empty(0, dtype=np.uint64)
        self._slots = np.full(1, -1, dtype=np.int32)  # of a hash table, open addressing: the number of a word or -1
        self._term_of = np.empty(0, dtype=np.int32)
        self._may_begin = np.empty(0, dtype=np.bool_)  # a name of several words

    def read(self, texts: Sequence[str]) -> TermsOfTexts:
        """The terms of plain texts, in reading order; stop words are gone."""
        with self._lock:
            if len(self._tokens) > self._most:
                self._begin()
            words, lengths = self._read(texts)
            terms = self._term_of[words]
            known = terms != DROPPED
            ends = np.concatenate(([0], np.cumsum(known)))[np.cumsum(lengths)]
            numbers, found = _renumbered(terms[known], len(self._terms))
            return TermsOfTexts([self._terms[term] for term in found.tolist()], numbers, np.diff(ends, prepend=0))

    def _read(self, texts: Sequence[str]) -> tuple[Int32Array, Int64Array]:
        """The numbers of the words of all texts, and how many each text has."""
        given = [composed(readable(text)).replace(_SEPARATOR, " ") for text in texts]
        odd = _beyond(given)
        for place in odd:
            given[place] = ""
        given = [undotted(text) for text in normalize(_SEPARATOR.join(given)).split(_SEPARATOR)]
        text = _SEPARATOR.join([*given, ""])
        codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
        words = np.empty(len(codes) // 2 + 1, dtype=np.int32)
        missed = np.empty((len(words), 3), dtype=np.int64)
        ends = np.zeros(len(texts), dtype=np.int64)
        table = (self._slots, self._hashes, self._begins, self._letters)
        count, misses = _scan(codes, _KINDS, *table, words, missed, ends)
        spans = missed[:misses].tolist()
        words[missed[:misses, 0]] = self._numbers([text[start:end] for _, start, end in spans])
        words, lengths = self._join_names(words[:count], ends)
        if odd:
            pieces = np.split(words, np.cumsum(lengths)[:-1])
            for place in odd:
                pieces[place] = self._numbers(self._analyzer.tokens(texts[place]))
                lengths[place] = len(pieces[place])
            words = np.concatenate(pieces)
        return words, lengths

    def _join_names(self, words: Int32Array, ends: Int64Array) -> tuple[Int32Array, Int64Array]:
        """The words of texts that end where it says, each name of several in one piece, and how many each text has."""
        names = self._analyzer.names
        lengths = np.diff(ends, prepend=0)
        kept = np.ones(len(words), dtype=np.bool_)
        begins = np.flatnonzero(self._may_begin[words])
        texts = np.searchsorted(ends, begins, side="right")
        end = 0
        for begin, text in zip(begins.tolist(), texts.tolist(), strict=True):
            if begin >= end:
                near = words[begin : min(begin + names.most_words, ends[text])].tolist()
                name, width = names.longest([self._tokens[word] for word in near])
                if width > 1:
                    end = begin + width
                    (words[begin],) = self._numbers([name])
                    kept[begin + 1 : end] = False
                    lengths[text] -= width - 1
        return words[kept], lengths

    def _numbers(self, words: Sequence[str]) -> Int32Array:
        """The numbers of words; those that were not met before are learned."""
        known, first = self._number_of, len(self._number_of)
        numbers = np.array([known.setdefault(word, len(known)) for word in words], dtype=np.int32)
        if len(known) > first:
            self._learn([*islice(reversed(known), len(known) - first)][::-1], first)
        return numbers

    def _learn(self, words: Sequence[str], first: int) -> None:
        """Read new words, which are numbered from ``first`` on, and give them their slots."""
        last = first + len(words)
        letters = np.frombuffer("".join(words).encode("utf-16-le", "surrogatepass"), dtype="<u2")
        lengths = [len(word.encode("utf-16-le", "surrogatepass")) // 2 for word in words]
        begin = self._begins[first]
        self._letters = _roomy(self._letters, begin + len(letters))
        self._letters[begin : begin + len(letters)] = letters
        self._begins = _roomy(self._begins, last + 1)
        self._begins[first + 1 : last + 1] = begin + np.cumsum(lengths)
        self._hashes = _roomy(self._hashes, last)
        _hash(self._letters, self._begins, self._hashes, first, last)
        if 2 * last > len(self._slots):
            self._slots, first_placed = np.full(4 * len(self._hashes), -1, dtype=np.int32), 0
        else:
            first_placed = first
        _place(self._slots, self._hashes, first_placed, last)
        tokens = [plain_number(word) for word in words]
        self._tokens.extend(tokens)
        terms = [self._analyzer.term(token) for token in tokens]
        known = self._term_number
        self._term_of = _roomy(self._term_of, last)
        self._term_of[first:last] = [known.setdefault(term, len(known)) if term else DROPPED for term in terms]
        self._terms.extend(islice(known, len(self._terms), None))
        self._may_begin = _roomy(self._may_begin, last)
        self._may_begin[first:last] = [self._analyzer.names.may_begin(token) for token in tokens]


def _roomy(array: NDArray[Any], size: int) -> NDArray[Any]:
    """The array, with room for so many elements at least: doubled when it grows."""
    if len(array) >= size:
        return array
    larger = np.empty(1 << int(size - 1).bit_length(), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


def _beyond(texts: Sequence[str]) -> list[int]:
    """The texts with a character beyond what 16 bits and the look-up of normalization hold."""
    codes = np.frombuffer("".join(texts).encode("utf-16-le", "surrogatepass"), dtype="<u2")
    if not len(codes) or codes.max() < SURROGATES:
        return []
    return [place for place, text in enumerate(texts) if not text.isascii() and max(text) >= chr(SURROGATES)]


# Compiled.


@njit(cache=True)
def _hash(letters, begins, hashes, first, last):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """The hash of each of some words, as :func:`_scan` finds them."""
    for number in range(first, last):
        value = _BASIS
        for place in range(begins[number], begins[number + 1]):
            value = (value ^ np.uint64(letters[place])) * _PRIME
        hashes[number] = value ^ (value >> np.uint64(32))


@njit(cache=True)
def _place(slots, hashes, first, last):  # type: ignore[no-untyped-def]  # compiled
    """Give each of some words the first free slot from its own on."""
    mask = np.uint64(len(slots) - 1)
    for number in range(first, last):
        slot = hashes[number] & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = number


@njit(cache=True)
def _scan(codes, kinds, slots, hashes, begins, letters, words, missed, ends):  # type: ignore[no-untyped-def]  # compiled
    """Find the words of texts, each of which an end follows; the places and spans of those that are not known.

    The rules are those of :func:`models.analysis.tokenization.tokenize`.
    """
    mask = np.uint64(len(slots) - 1)
    place, count, misses, text = 0, 0, 0, 0
    while place < len(codes):
        kind = kinds[codes[place]]
        if kind <= _MARK:
            place += 1
            continue
        if kind == _END:
            ends[text] = count
            text += 1
            place += 1
            continue
        start = place
        value = _BASIS
        while place < len(codes):
            code = codes[place]
            if kinds[code] != kind and not (
                kind == _DIGIT and kinds[code] == _MARK and place + 1 < len(codes) and kinds[codes[place + 1]] == _DIGIT
            ):
                break
            value = (value ^ np.uint64(code)) * _PRIME
            place += 1
        value ^= value >> np.uint64(32)
        slot = value & mask
        number = slots[slot]
        while number >= 0:
            begin = begins[number]
            if hashes[number] == value and begins[number + 1] - begin == place - start:
                same = True
                for letter in range(place - start):
                    if letters[begin + letter] != codes[start + letter]:
                        same = False
                        break
                if same:
                    break
            slot = (slot + np.uint64(1)) & mask
            number = slots[slot]
        words[count] = number
        if number < 0:
            missed[misses] = count, start, place
            misses += 1
        count += 1
    return count, misses


@njit(cache=True)
def _renumbered(numbers, size):  # type: ignore[no-untyped-def]  # compiled
    """Numbers below ``size`` by the order in which they appear, and what each was before."""
    new = np.full(size, -1, dtype=np.int32)
    found = np.empty(min(size, len(numbers)), dtype=np.int32)
    renumbered = np.empty(len(numbers), dtype=np.int32)
    count = 0
    for place, number in enumerate(numbers):
        if new[number] < 0:
            new[number] = count
            found[count] = number
            count += 1
        renumbered[place] = new[number]
    return renumbered, found[:count]
