"""Tracing: a span for each request and for what writing takes, where OpenTelemetry's own variables ask for it.

A span has the route, the method, the status and the request id; no query, no body, no id of a reader or a key,
and no message of an error. Where nothing asks for traces, nothing of OpenTelemetry's SDK is loaded, and no layer
stands in front of an answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

log = logging.getLogger("silah.tracing")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

Span = Callable[[str], AbstractContextManager[object]]


def untraced(_name: str) -> AbstractContextManager[object]:
    """What stands for a span where there are none."""
    return nullcontext()


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether the variables of an environment ask for traces."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    return not is_off and exporter == "otlp" and any(environment.get(name, "").strip() for name in ENDPOINTS)


def tracing(environment: Mapping[str, str]) -> Tracing | None:
    """What traces this process, if that is asked for and can be done; the rest of the variables is read by the SDK."""
    if not wanted(environment):
        return None
    try:
        return Tracing(_provider())
    except ImportError:
        log.warning("traces are asked for, and cannot be made: pip install 'silah[tracing]'")
        return None


def _provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource({"service.name": "silah"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class Tracing:
    """The spans of one process."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import propagate, trace  # noqa: PLC0415

        self._provider = provider
        self._tracer = provider.get_tracer("silah")
        self._trace = trace
        self._caller = propagate.extract

    def close(self) -> None:
        """Send what is not sent yet."""
        self._provider.shutdown()

    def span(self, name: str) -> AbstractContextManager[object]:
        """A span within the one of the request that is being answered."""
        return self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)

    def layer(self, app: ASGIApp) -> ASGIApp:
        """Middleware outside of telemetry: a span for each request, within that of its caller if it has one."""
        trace, start = self._trace, self._tracer.start_span

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            method = scope["method"]
            span = start(method, context=self._caller(headers), kind=trace.SpanKind.SERVER)
            status = 500

            async def noted(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                    await app(scope, receive, noted)
            finally:
                route = getattr(scope.get("route"), "path_format", None)
                if route is not None:
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.route", route)
                span.set_attribute("http.request.method", method)
                span.set_attribute("http.response.status_code", status)
                span.set_attribute("silah.request_id", scope.get("request_id", ""))
                if status >= 500:
                    span.set_status(trace.StatusCode.ERROR)
                span.end()

        return traced
