"""Serves a model: HTTP in, lists out, always from one snapshot.

The verbs, in the order in which a request meets them::

    telemetry     a request id, a line of log, the figures of /metrics
    caching       an answer that was made before and still holds goes out from here
    methods       HEAD wherever there is GET
    paths         percent-encoded slashes inside an id stay inside it
    reading       lists whose query string was read before are made here
    routes        a router a resource: articles and their lists, models, health
    follower      notices that another version is in service, loads it, swaps one reference
    snapshot      what that reference holds: frozen, so an answer never mixes two models
    rendering     lists as JSON, from what was serialised once for each article
    problems      the one table that turns errors into application/problem+json
    site          the demo newsroom that people look at
"""
