"""Routers, one a resource; they do not know each other."""
