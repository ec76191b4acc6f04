"""Serves a model: HTTP in, lists out, always from one snapshot.

The verbs, in the order in which a request meets them::

    paths         percent-encoded slashes inside an id stay inside it
    telemetry     a request id, a line of log, the figures of /metrics
    routes        a router a resource: articles and their lists, models, health
    follower      notices that another version is in service, loads it, swaps one reference
    snapshot      what that reference holds: frozen, so an answer never mixes two models
    problems      the one table that turns errors into application/problem+json
    site          the demo newsroom that people look at
"""
