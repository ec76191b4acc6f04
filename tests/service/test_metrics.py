"""service.metrics: every answer has its place in the figures."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.metrics import Distribution
from tests.support.newsroom import topic_records
from tests.support.serving import Client

LIST = "/v1/articles/football-2/related"
RELATED = "/v1/articles/{article_id:path}/related"


def figures(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples of /metrics by name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def answered(client: Client, route: str, status: int, method: str = "GET") -> float:
    labels = (("method", method), ("route", route), ("status", str(status)))
    return figures(client).get(("silah_http_requests_total", labels), 0.0)


def test_answers_are_counted_by_route_and_status(fresh: Client) -> None:
    for path in (LIST, LIST, f"{LIST}?limit=0", "/v1/articles/nobody/related", "/nowhere"):
        fresh.get(path)
    assert answered(fresh, RELATED, 200) == 2
    assert answered(fresh, RELATED, 422) == 1
    assert answered(fresh, RELATED, 404) == 1
    assert answered(fresh, "unknown", 404) == 1


def test_an_encoded_id_is_counted_for_its_route(fresh: Client) -> None:
    fresh.get("/v1/articles/football%2F2/related")
    fresh.get("/v1/articles/100%25/related")
    assert answered(fresh, RELATED, 404) == 2


def test_paths_from_outside_do_not_become_labels(fresh: Client) -> None:
    for number in range(20):
        fresh.get(f"/nowhere/{number}")
        fresh.get(f"/v1/articles/{number}/related")
    routes = {dict(labels)["route"] for name, labels in figures(fresh) if name == "silah_http_requests_total"}
    assert routes == {RELATED, "unknown"}


def test_the_time_of_every_answer_is_in_the_histogram(fresh: Client) -> None:
    for _ in range(3):
        fresh.get(LIST)
    found = figures(fresh)
    assert found["silah_http_request_seconds_count", (("route", RELATED),)] == 3
    assert found["silah_http_request_seconds_bucket", (("le", "+Inf"), ("route", RELATED))] == 3
    assert found["silah_http_request_seconds_sum", (("route", RELATED),)] > 0


def test_lengths_of_lists_and_fallbacks_are_counted(fresh: Client) -> None:
    fresh.get(f"{LIST}?limit=2")
    fresh.get("/v1/articles/nobody/also-like?fallback=latest&limit=3")
    found = figures(fresh)
    assert found["silah_list_items_sum", (("list", "related"),)] == 2
    assert found["silah_list_items_sum", (("list", "also-like"),)] == 3
    assert found["silah_fallbacks_total", (("fallback", "latest"), ("list", "also-like"))] == 1
    assert ("silah_fallbacks_total", (("fallback", "latest"), ("list", "related"))) not in found


def test_the_model_is_in_the_figures(fresh: Client) -> None:
    found = figures(fresh)
    assert found["silah_model_articles", ()] == len(topic_records())
    assert found["silah_model_created_timestamp_seconds", ()] > 0
    assert found["silah_model_refused", ()] == 0


def test_figures_are_given_before_anything_is_published(nothing: Client) -> None:
    assert figures(nothing)["silah_model_articles", ()] == 0


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 7.0, 50.0, 51.0]), max_size=20))
def test_many_values_at_once_are_observed_as_each_alone(values: list[float]) -> None:
    text = []
    for kind in (Distribution, Histogram):
        registry = CollectorRegistry()
        figure = kind("values", "Values.", ("name",), buckets=(0.5, 1, 2, 50), registry=registry).labels("x")
        if isinstance(figure, Distribution):
            figure.observe_all(values)
        else:
            for value in values:
                figure.observe(value)
        text.append([line for line in generate_latest(registry).decode().splitlines() if "_created" not in line])
    assert text[0] == text[1]
