"""service.tracing: spans go where OpenTelemetry's own variables say, and hold nothing private."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.scopes import Scope
from service.tracing import tracing, wanted
from tests.service.routes.test_archive import NEWS
from tests.support.processes import running
from tests.support.serving import Client, serving

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
LIST = "/v1/articles/football-2/related"
SECRET = "hunter2"


@dataclass
class Collector:
    """What a collector of traces was sent."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    def requests(self) -> list[Any]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]

    def spans(self) -> dict[str, Any]:
        """By their names."""
        return {
            span.name: span
            for request in self.requests()
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }

    def services(self) -> set[str]:
        return {
            attribute.value.string_value
            for request in self.requests()
            for resource in request.resource_spans
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
        }


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector on this machine that the environment names."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            found.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv(ENDPOINT, found.url)
        yield found
        server.shutdown()
        thread.join()


@contextmanager
def traced(artifacts: Path) -> Iterator[Client]:
    """An application whose spans are sent when the block ends."""
    with serving(artifacts) as client:
        yield client


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def test_a_request_is_a_span_that_names_its_route(trained: Path, collector: Collector) -> None:
    with traced(trained) as client:
        client.get(LIST, headers={"X-Request-ID": "call-7"})
        client.get(LIST)  # the one that is kept
        client.get("/nowhere")
    spans = collector.spans()
    assert set(spans) == {"GET /v1/articles/{article_id}/related", "GET"}
    assert attributes(spans["GET"])["http.response.status_code"] == 404
    assert collector.services() == {"silah"}
    (request,) = [span for each in collector.requests() for span in _all(each) if b"call-7" in span.SerializeToString()]
    assert attributes(request) == {
        "http.route": "/v1/articles/{article_id}/related",
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "silah.request_id": "call-7",
    }


def _all(request: Any) -> list[Any]:
    return [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]


def test_a_span_stands_within_that_of_its_caller(trained: Path, collector: Collector) -> None:
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with traced(trained) as client:
        client.get(LIST, headers={"traceparent": f"00-{trace}-{parent}-01"})
    (span,) = collector.spans().values()
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (trace, parent)


def test_what_writing_takes_is_told_within_the_request(artifacts: Path, collector: Collector) -> None:
    with traced(artifacts) as client:
        answer = client.request("PUT", "/v1/articles/new", json=NEWS, headers=client.key(Scope.WRITE))
        assert answer.status_code == 201
    spans = collector.spans()
    request = spans["PUT /v1/articles/{article_id}"]
    for name in ("journal append", "snapshot apply"):
        assert spans[name].parent_span_id == request.span_id
        assert request.start_time_unix_nano <= spans[name].start_time_unix_nano
        assert spans[name].end_time_unix_nano <= request.end_time_unix_nano
    assert spans["journal append"].end_time_unix_nano <= spans["snapshot apply"].start_time_unix_nano


def test_no_query_no_body_no_reader_and_no_key_is_traced(artifacts: Path, collector: Collector) -> None:
    with traced(artifacts) as client:
        key = client.key(Scope.WRITE)
        client.get(LIST, params={"section": SECRET}, headers={"Cookie": SECRET, "User-Agent": SECRET})
        client.request("POST", "/v1/related", json={"title": f"{SECRET} عنوان", "body": SECRET})
        client.request("PUT", f"/v1/articles/{SECRET}", json={**NEWS, "title": SECRET}, headers=key)
        client.request(
            "POST", "/v1/events", json={"events": [{"type": "read", "article_id": "a", "reader": SECRET}]}, headers=key
        )
    assert len(collector.spans()) >= 5
    sent = b"".join(collector.bodies)
    assert SECRET.encode() not in sent
    assert key["Authorization"].split("_", 2)[2].encode() not in sent


def test_a_server_sends_what_it_has_when_it_ends_and_the_framework_adds_nothing(
    trained: Path, tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    arguments = ("--artifacts", trained, "--state", f"sqlite:///{tmp_path}/state.db", "--port", "0")
    with running(tmp_path, "serve", *arguments) as server:
        assert server.get(LIST, params={"section": SECRET}).status_code == 200
        server.stop()
    assert set(collector.spans()) == {"GET /v1/articles/{article_id}/related"}
    assert SECRET.encode() not in b"".join(collector.bodies)


def test_an_error_is_marked_without_its_message(trained: Path, collector: Collector) -> None:
    with serving(trained) as client:

        @client.app.get("/raise")
        async def fail() -> None:
            raise RuntimeError(SECRET)

        assert client.get("/raise").status_code == 500
    (span,) = collector.spans().values()
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert SECRET.encode() not in b"".join(collector.bodies)


def test_the_environment_names_the_service(
    trained: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "the-news")
    with traced(trained) as client:
        client.get(LIST)
    assert collector.services() == {"the-news"}


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        ({}, False),
        ({ENDPOINT: "http://collector:4318"}, True),
        ({ENDPOINT: " "}, False),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_SERVICE_NAME": "silah"}, False),
        ({ENDPOINT: "http://collector:4318", "OTEL_SDK_DISABLED": "True"}, False),
        ({ENDPOINT: "http://collector:4318", "OTEL_SDK_DISABLED": "false"}, True),
        ({ENDPOINT: "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({ENDPOINT: "http://collector:4318", "OTEL_TRACES_EXPORTER": "otlp"}, True),
    ],
)
def test_the_standard_variables_ask_for_traces(environment: dict[str, str], asked: bool) -> None:
    assert wanted(environment) == asked


def test_where_they_cannot_be_made_it_is_said_and_the_service_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert tracing({ENDPOINT: "http://collector:4318"}) is None
    assert "silah[tracing]" in caplog.text


def test_nothing_of_it_is_loaded_where_nothing_asks(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from service.app import create_app\n"
        "create_app()\n"
        "assert not {'opentelemetry.sdk', 'opentelemetry.exporter'} & set(sys.modules)\n"
    )
    environment = {"SILAH_ARTIFACTS": str(tmp_path), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
