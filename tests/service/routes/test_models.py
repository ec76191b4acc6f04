"""service.routes.models: which versions there are, which one is in service, and how another one comes to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from models.article import to_microseconds
from models.registry import Registry
from service.scopes import Scope
from tests.support.damage import flip_byte
from tests.support.newsroom import AFTER_ALL, topic_records, train_into
from tests.support.problems import assert_problem
from tests.support.serving import Client, eventually, serving

SLOW = {"follow_seconds": 3600.0}  # nobody but the request itself looks
LIST = "/v1/articles/football-2/related"


def ask(client: Client, change: str, **given: Any) -> httpx.Response:
    """Put another version in service, with a key that may."""
    return client.request("POST", f"/v1/models{change}", headers=client.key(Scope.ADMIN), **given)


def answering(client: Client) -> str:
    """The version that answers a reader."""
    version: str = client.get(LIST).json()["model"]["version"]
    return version


def history(artifacts: Path) -> list[tuple[str, str]]:
    """What was put in service, and how."""
    lines = (artifacts / "activations.jsonl").read_text("utf-8").splitlines()
    return [(entry["version"], entry["action"]) for entry in map(json.loads, lines)]


def test_before_the_first_training_there_is_no_version(nothing: Client) -> None:
    response = nothing.get("/v1/models", headers=nothing.key(Scope.ADMIN))
    assert response.status_code == 200
    assert response.json() == {"current": None, "serving": None, "versions": []}


def test_a_version_tells_what_it_is(client: Client, trained: Path) -> None:
    manifest = Registry(trained).load_current().manifest
    answer = client.get("/v1/models", headers=client.key(Scope.ADMIN)).json()
    assert answer["current"] == answer["serving"] == manifest.version
    assert answer["versions"] == [
        {
            "version": manifest.version,
            "created_at": manifest.created_at,
            "current": True,
            "serving": True,
            "counts": manifest.counts,
            "metrics": manifest.metrics,
        }
    ]
    assert answer["versions"][0]["counts"]["articles"] == len(topic_records())


def test_versions_stand_oldest_first_and_the_new_one_is_served(artifacts: Path) -> None:
    with serving(artifacts, follow_seconds=0.02) as client:
        first = client.get("/v1/models", headers=client.key(Scope.ADMIN)).json()["current"]
        second = train_into(artifacts, topic_records()).version
        third = train_into(artifacts, topic_records(), publish=False).version
        answer = eventually(
            lambda: (
                (answer := client.get("/v1/models", headers=client.key(Scope.ADMIN)).json())["serving"] == second
                and answer
            )
        )
    assert [entry["version"] for entry in answer["versions"]] == [first, second, third]
    assert [entry["current"] for entry in answer["versions"]] == [False, True, False]
    assert [entry["serving"] for entry in answer["versions"]] == [False, True, False]


def test_a_refused_version_is_current_but_not_served(artifacts: Path) -> None:
    with serving(artifacts, follow_seconds=0.02) as client:
        first = client.get("/v1/models", headers=client.key(Scope.ADMIN)).json()["current"]
        second = train_into(artifacts, topic_records(), publish=False).version
        flip_byte(artifacts / "versions" / second / "idf.npy")
        (artifacts / "current").write_text(second, encoding="utf-8")
        eventually(lambda: "refused" in client.get("/health/ready").json())
        answer = client.get("/v1/models", headers=client.key(Scope.ADMIN)).json()
    assert (answer["current"], answer["serving"]) == (second, first)
    assert [(entry["current"], entry["serving"]) for entry in answer["versions"]] == [(False, True), (True, False)]


def test_a_version_without_a_sound_manifest_is_not_listed(artifacts: Path) -> None:
    second = train_into(artifacts, topic_records(), publish=False).version
    flip_byte(artifacts / "versions" / second / "manifest.json")
    with serving(artifacts) as client:
        assert second not in client.get("/v1/models", headers=client.key(Scope.ADMIN)).text


def test_a_version_is_put_in_service_for_the_next_read(artifacts: Path) -> None:
    with serving(artifacts, **SLOW) as client:
        first = answering(client)
        second = train_into(artifacts, topic_records(), publish=False).version
        for version in (second, first, second, second):
            response = ask(client, f"/{version}:activate")
            assert response.status_code == 200
            assert response.headers["cache-control"] == "no-store"
            assert response.json() == {"current": version, "serving": version}
            assert answering(client) == Registry(artifacts).current() == version
    assert history(artifacts)[-1] == (second, "activate")


def test_a_rollback_goes_back_for_the_next_read_until_there_is_nothing_before(artifacts: Path) -> None:
    with serving(artifacts, **SLOW) as client:
        first = answering(client)
        second, third = (train_into(artifacts, topic_records()).version for _ in range(2))
        for version in (second, first):
            assert ask(client, ":rollback").json() == {"current": version, "serving": version}
            assert answering(client) == version
        assert_problem(ask(client, ":rollback"), 409, "no-earlier-version")
        assert answering(client) == first
    assert history(artifacts)[-3:] == [(third, "publish"), (second, "rollback"), (first, "rollback")]


def test_another_process_follows(artifacts: Path, state: str) -> None:
    with serving(artifacts, state=state) as one, serving(artifacts, state=state) as other:
        first = answering(other)
        second = train_into(artifacts, topic_records(), publish=False).version
        assert ask(one, f"/{second}:activate").status_code == 200
        eventually(lambda: answering(other) == second)
        assert ask(other, ":rollback").json()["serving"] == first
        eventually(lambda: answering(one) == first)


def test_what_changed_since_training_is_in_effect_with_every_version(artifacts: Path) -> None:
    with serving(artifacts, now=lambda: to_microseconds(AFTER_ALL), **SLOW) as client:
        second = train_into(artifacts, topic_records(), publish=False).version
        key = client.key(Scope.WRITE)
        new = {"title": "النوارس يتوج بكأس المدينة", "body": "رفع النوارس كأس المدينة في ملعب الميناء."}
        assert client.request("PUT", "/v1/articles/new", json=new, headers=key).status_code == 201
        assert client.request("DELETE", "/v1/articles/football-4", headers=key).status_code == 204
        before = client.get(LIST, {"limit": 50}).json()
        for change in (f"/{second}:activate", ":rollback"):
            assert ask(client, change).status_code == 200
            answer = client.get(LIST, {"limit": 50}).json()
            assert answer["items"] == before["items"]
            ids = [item["id"] for item in answer["items"]]
            assert "new" in ids
            assert "football-4" not in ids


@pytest.mark.parametrize("name", ["20200101T000000000Z-abcdef", "..", "a/b", "نسخة", "", ":activate"])
def test_a_version_that_is_not_there_is_404_and_changes_nothing(client: Client, name: str) -> None:
    before = answering(client)
    problem = ask(client, f"/{quote(name, safe='')}:activate")
    assert_problem(problem, 404, "version-not-found" if name else "not-found")
    assert answering(client) == before


def test_a_damaged_version_is_409_names_the_file_and_changes_nothing(artifacts: Path) -> None:
    with serving(artifacts, **SLOW) as client:
        first = answering(client)
        second = train_into(artifacts, topic_records()).version
        assert ask(client, f"/{first}:activate").status_code == 200
        flip_byte(artifacts / "versions" / second / "idf.npy")
        for change in (f"/{second}:activate", f"/{first}:activate", f"/{second}:activate"):
            response = ask(client, change)
            if second in change:
                detail = assert_problem(response, 409, "version-refused")["detail"]
                assert "idf.npy" in detail
                assert "stays" in detail
            assert answering(client) == Registry(artifacts).current() == first


def test_a_folder_that_cannot_be_written_is_503(artifacts: Path) -> None:
    with serving(artifacts, **SLOW) as client:
        first = answering(client)
        (artifacts / "activations.jsonl").unlink()
        (artifacts / "activations.jsonl").mkdir()
        detail = assert_problem(ask(client, f"/{first}:activate"), 503, "folder-not-writable")["detail"]
        assert str(artifacts) in detail


def test_what_cannot_be_served_here_yet_is_told_by_what_is(artifacts: Path) -> None:
    with serving(artifacts) as client:
        first = answering(client)
        second = train_into(artifacts, topic_records(), publish=False).version
        headers = client.key(Scope.ADMIN)
        with client.app.state.context.journal.database.writing() as connection:
            connection.execute(text("DROP TABLE journal"))  # what it must not show is not known
        response = client.request("POST", f"/v1/models/{second}:activate", headers=headers)
        assert response.json() == {"current": second, "serving": first}
        assert answering(client) == first
