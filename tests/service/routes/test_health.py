"""service.routes.health: a process that runs, a process that can answer, and its figures."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from models.registry import Registry
from tests.support.newsroom import topic_records
from tests.support.problems import assert_problem
from tests.support.serving import Client


def test_a_process_is_live_whatever_is_published(client: Client, nothing: Client) -> None:
    for one in (client, nothing):
        response = one.get("/health/live")
        assert response.status_code == 200
        assert response.json() == {"status": "live"}


def test_a_process_with_a_model_is_ready_and_names_it(client: Client, trained: Path) -> None:
    assert client.get("/health/ready").json() == {
        "status": "ready",
        "model": Registry(trained).current(),
        "articles": len(topic_records()),
        "seq": client.app.state.context.journal.last(),
    }


def test_a_process_without_a_model_is_not_ready_and_says_what_to_run(nothing: Client, tmp_path: Path) -> None:
    problem = assert_problem(nothing.get("/health/ready"), 503, "nothing-published")
    assert "silah train" in problem["detail"]
    assert str(tmp_path / "artifacts") in problem["detail"]


def test_the_figures_are_those_that_the_documentation_names(client: Client) -> None:
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    expected = {
        "silah_http_requests": "counter",
        "silah_http_request_seconds": "histogram",
        "silah_list_items": "histogram",
        "silah_fallbacks": "counter",
        "silah_model_created_timestamp_seconds": "gauge",
        "silah_model_articles": "gauge",
        "silah_model_refused": "gauge",
        "silah_degraded": "counter",
        "silah_journal_behind_entries": "gauge",
        "silah_journal_lost": "gauge",
        "silah_live_articles": "gauge",
        "silah_live_unknown_terms_share": "gauge",
    }
    assert {name: family.type for name, family in families.items() if not name.endswith("_created")} == expected
    assert all(families[name].documentation for name in expected)
    told = Path(__file__).parents[3] / "docs" / "serving.md"
    assert all(f"`{name}`" in told.read_text("utf-8") for name in expected)
