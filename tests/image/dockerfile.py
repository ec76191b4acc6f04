"""Reads a Dockerfile and a .dockerignore."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter, extract_key_values

WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name and the rest of it, lines joined."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} {' '.join(self.value.split())}"

    def words(self, known: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Leading ``--flag=value`` words, then the other words; variables are replaced, quotes are taken away."""
        flags: dict[str, str] = {}
        words = list(WordSplitter(self.value, envs=known).split())
        while words and words[0].startswith("--"):
            name, _, value = words.pop(0)[2:].partition("=")
            flags[name] = value
        return flags, words

    def pairs(self, known: Mapping[str, str]) -> dict[str, str]:
        """The ``name=value`` words of ENV, ARG and LABEL; an ARG without a value has none."""
        if self.name == "ARG" and "=" not in self.value:
            return {}
        return dict(extract_key_values(env_replace=True, args={}, envs=known, instruction_value=self.value))

    def command(self, shell: Iterable[str] = ("/bin/sh", "-c")) -> list[str]:
        """The command of RUN, CMD, ENTRYPOINT or HEALTHCHECK, in its JSON form or for the shell."""
        text = re.sub(r"^(--\S+\s+)*(CMD\s+)?", "", self.value) if self.name == "HEALTHCHECK" else self.value
        return json.loads(text) if text.startswith("[") else [*shell, text]


@dataclass(frozen=True)
class Stage:
    """A FROM and the instructions after it."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)


def read_stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile, in order; a stage without a name has its number."""
    stages: list[Stage] = []
    for entry in DockerfileParser(fileobj=io.BytesIO(text.encode()), env_replace=False).structure:
        instruction = Instruction(entry["instruction"], entry["value"])
        if instruction.name == "FROM":
            _, (base, *rest) = instruction.words({})
            stages.append(Stage(base, rest[1] if rest else str(len(stages))))
        elif instruction.name != "COMMENT":
            stages[-1].instructions.append(instruction)
    return stages


class Ignored:
    """What a .dockerignore keeps out: the last pattern that matches a path, or a folder above it, decides."""

    def __init__(self, text: str) -> None:
        lines = (line.strip() for line in text.splitlines())
        self._rules = [_rule(line) for line in lines if line and not line.startswith("#")]

    def __contains__(self, path: PurePosixPath) -> bool:
        ignored = False
        for excepted, pattern in self._rules:
            if pattern.fullmatch(str(path)):
                ignored = not excepted
        return ignored


def _rule(line: str) -> tuple[bool, re.Pattern[str]]:
    excepted = line.startswith("!")
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+])", line.removeprefix("!").strip("/"))
    pattern = "".join(WILDCARDS.get(part, part if part.startswith("[") else re.escape(part)) for part in parts)
    return excepted, re.compile(f"{pattern}(?:/.*)?")
