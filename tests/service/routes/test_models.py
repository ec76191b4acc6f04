"""service.routes.models: which versions there are, which is named as in service, which one answers."""

from __future__ import annotations

from pathlib import Path

from models.registry import Registry
from service.scopes import Scope
from tests.support.damage import flip_byte
from tests.support.newsroom import topic_records, train_into
from tests.support.serving import Client, eventually, serving


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
