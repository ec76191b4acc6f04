"""Serves a model: HTTP in, lists out, always from one snapshot.

The verbs, in the order in which a request meets them::

    telemetry     a request id, a line of log, the figures of /metrics
    origins       which sites' pages may ask
    security      which key may do what
    caching       an answer that was made before and still holds goes out from here
    bodies        none too large, no JSON too deep
    methods       HEAD wherever there is GET
    paths         percent-encoded slashes inside an id stay inside it
    reading       lists whose query string was read before are made here
    routes        a router a resource: articles, their lists and pages, drafts, rules, events, models, health
    writing       a change is in the journal, and in effect, before it is answered
    journal       the ordered log of what changed since training, in SQLite or PostgreSQL
    follower      notices another version and new entries, makes the next snapshot, swaps one reference
    snapshot      what that reference holds: frozen, so an answer never mixes two states
    listing       what is chosen becomes an answer, kept for as long as it holds
    rendering     lists as JSON, from what was serialised once for each article
    problems      the one table that turns errors into application/problem+json
    description   /openapi.json: who may ask, examples of all that may be answered
    client        what a site and an editor ask all this with; knows nothing of the rest
    site          the demo newsroom that people look at
"""
