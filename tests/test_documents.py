"""What documents say of the HTTP API is so: routes, parameters, problems, examples; what they ask is answered."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer

import silah
from service.app import create_app
from service.codes import CODES, example
from service.examples import ANSWERS
from service.scopes import Scope
from service.settings import ServiceSettings
from tests.support.curl import asked, commands
from tests.support.newsroom import topic_records, train_into
from tests.support.serving import Client, serving

PROJECT = Path(__file__).parents[1]
API = (PROJECT / "docs/api.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PROBLEM = "application/problem+json"

DOCUMENT = create_app(ServiceSettings(state="sqlite:///nowhere/state.db")).openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SECTIONS = dict(re.findall(r"^### `(.*?)`\n(.*?)(?=^##|\Z)", API, flags=re.MULTILINE | re.DOTALL))
each = pytest.mark.parametrize("name", OPERATIONS)


def line(section: str, title: str) -> str | None:
    """What a section says under a title."""
    found = re.search(rf"^- {title}: (.*)$", section, flags=re.MULTILINE)
    return found[1] if found else None


def named(text: str | None) -> list[str]:
    return re.findall(r"`(.*?)`", text or "")


def blocks(text: str, *languages: str) -> list[str]:
    return re.findall(rf"^```(?:{'|'.join(languages)})\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_every_route_has_a_section_and_every_section_a_route() -> None:
    assert SECTIONS.keys() == OPERATIONS.keys()


@each
def test_a_section_says_what_openapi_says(name: str) -> None:
    section, operation = SECTIONS[name], OPERATIONS[name]
    assert section.startswith(operation["description"])
    assert set(named(line(section, "Parameters"))) == {one["name"] for one in operation.get("parameters", [])}
    assert named(line(section, "Body")) == list(operation.get("requestBody", {}).get("content", {}))
    good = [status for status in operation["responses"] if int(status) < 400]
    assert line(section, "Answers") == ", ".join(good)
    problems = [code for each in operation["responses"].values() for code in problems_of(each)]
    assert named(line(section, "Problems")) == problems
    scopes = {scope for one in operation["security"] for scopes in one.values() for scope in scopes}
    assert set(named(line(section, "Key"))) == scopes


def problems_of(answer: dict[str, Any]) -> list[str]:
    return list(answer.get("content", {}).get(PROBLEM, {}).get("examples", {}))


@each
def test_a_section_shows_the_example_of_openapi(name: str) -> None:
    method, path = name.split()
    if (method, path) not in ANSWERS:
        assert next(iter(OPERATIONS[name]["responses"])) == "204"
        assert not blocks(SECTIONS[name], "json", "ndjson", "text")
        return
    (shown,) = blocks(SECTIONS[name], "json", "ndjson", "text")
    expected = ANSWERS[method, path]
    assert (shown if isinstance(expected, str) else json.loads(shown)) == expected


def test_the_parameters_of_lists_are_told_as_openapi_tells_them() -> None:
    expected = {
        one["name"]: one["description"]
        for operation in OPERATIONS.values()
        for one in operation.get("parameters", [])
        if one["in"] == "query"
    }
    part = API.partition("## What lists can be asked for")[2].partition("\n## ")[0]
    assert dict(re.findall(r"^\| `(.*?)` \| (.*) \|$", part, flags=re.MULTILINE)) == expected


def test_every_problem_that_a_route_may_answer_is_told() -> None:
    part = API.partition("## What goes wrong")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| `(.*?)` \| (.*) \|$", part, flags=re.MULTILINE)
    answers = [answer for operation in OPERATIONS.values() for answer in operation["responses"].values()]
    told = {code for answer in answers for code in problems_of(answer)}
    assert {code for _, code, _ in rows} == told
    assert all((int(status), detail) == CODES[code] for status, code, detail in rows)
    (shown,) = blocks(part, "json")
    assert json.loads(shown) == example("invalid-input")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A site with two versions."""
    artifacts = tmp_path_factory.mktemp("documents") / "artifacts"
    for _ in range(2):
        train_into(artifacts, topic_records())
    with serving(artifacts) as client:
        yield client


@pytest.fixture
def ask(served: Client) -> Callable[[list[str]], httpx.Response]:
    """Asks as an editor, on a site that has what the documents ask about."""
    headers = served.key(Scope.ADMIN)
    for article_id in ("123", "98", "politics-01"):
        article = {"title": "النوارس يبلغ نهائي كأس المدينة", "section": "رياضة"}
        assert served.request("PUT", f"/v1/articles/{article_id}", json=article, headers=headers).is_success
    rule = {"type": "ban", "article_id": "nobody"}
    assert served.request("PUT", "/v1/rules/pin-final", json=rule, headers=headers).is_success
    key = headers["Authorization"].removeprefix("Bearer ")
    version = served.get("/v1/models", headers=headers).json()["current"]
    return lambda command: asked(served, command, SILAH="", KEY=key, VERSION=version)


@each
def test_the_question_of_a_section_is_answered(ask: Callable[[list[str]], httpx.Response], name: str) -> None:
    method, path = name.split()
    (block,) = blocks(SECTIONS[name], "sh")
    (command,) = commands(block)
    response = ask(command)
    assert str(response.status_code) in (line(SECTIONS[name], "Answers") or "").split(", "), response.text
    assert response.request.method == method
    assert re.fullmatch(re.sub(r"\\{.*?\\}", ".*", re.escape(path)), response.request.url.path)
    expected = ANSWERS.get((method, path))
    if isinstance(expected, dict):
        assert response.json().keys() <= expected.keys()


def test_what_the_readme_asks_is_answered(ask: Callable[[list[str]], httpx.Response]) -> None:
    found = [command for block in blocks(README, "sh") for command in commands(block)]
    assert len(found) >= 7
    answers = [ask(command) for command in found]
    assert [answer.text for answer in answers if not answer.is_success] == []
    page = next(answer.json() for answer in answers if answer.request.url.path == "/v1/articles/4712/page")
    assert page["boxes"]


def test_what_python_the_page_shows_is_what_the_client_has() -> None:
    (block,) = blocks(API, "python")
    compile(block, "docs/api.md", "exec")
    from service.client import Silah

    for name in re.findall(r"silah\.(\w+)\(", block):
        assert callable(getattr(Silah, name))


# behind a prompt, a variable or a pipe; a quoted argument may go over lines
SILAH = re.compile(
    r"""^(?:\$ |[A-Z_]+=\S+ |[^#\n|]*\| )?(?:\.venv/bin/)?silah (\S(?:"[^"]*"|'[^']*'|[^#|\n"'])*)""", re.MULTILINE
)
FENCE = re.compile(r"^```(\w*)$", re.MULTILINE)


def told() -> list[str]:
    """The commands of `silah` that documents show."""
    found = []
    for path in (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))):
        parts = FENCE.split(path.read_text(encoding="utf-8"))  # text, language, block, "", text, …
        shown = [block for language, block in zip(parts[1::4], parts[2::4], strict=True) if language in COMMANDS]
        found += [command for block in shown for command in SILAH.findall(block)]
    return found


COMMANDS = {"", "sh", "console"}


@pytest.mark.parametrize("command", told())
def test_a_command_that_is_shown_is_one(command: str) -> None:
    words = shlex.split(command)
    found: Any = typer.main.get_command(silah.app)
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    found.make_context("silah", words)  # raises when an argument is wrong or wanting


def test_many_commands_are_shown() -> None:
    assert len(told()) > 30
