"""Requests a second, latencies and the start of the service, beside what its server and framework can do at best."""
