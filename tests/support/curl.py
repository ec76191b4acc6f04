"""Commands of `curl` as documents show them, asked of an application in this process."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser

import httpx

from tests.support.serving import Client

_VARIABLE = re.compile(r"\$\{?([A-Z]+)\}?")
_PARSER = ArgumentParser(allow_abbrev=False)
_PARSER.add_argument("url")
_PARSER.add_argument("-X", dest="method")
_PARSER.add_argument("-H", dest="headers", action="append", default=[])
_PARSER.add_argument("-G", dest="in_url", action="store_true")
_PARSER.add_argument("-d", "--data-urlencode", dest="data", action="append", default=[])


def commands(block: str) -> list[list[str]]:
    """The arguments of each `curl` of a block of shell; what comes before the first is passed over."""
    found: list[list[str]] = []
    for word in shlex.split(block.replace("\\\n", " "), comments=True):
        if word == "curl":
            found.append([])
        elif found:
            found[-1].append(word)
    return found


def asked(client: Client, arguments: list[str], **variables: str) -> httpx.Response:
    """What an application answers to a command, with these in the place of variables of the shell."""
    given = _PARSER.parse_args([_VARIABLE.sub(lambda name: variables[name[1]], argument) for argument in arguments])
    url = re.sub(r"^http://127\.0\.0\.1:8000/", "/", given.url)
    assert url.startswith("/"), given.url
    headers = dict(header.split(": ", 1) for header in given.headers)
    if given.data:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")  # as curl does
    if given.in_url:
        return client.get(url, params=[part.split("=", 1) for part in given.data], headers=headers)
    method = given.method or ("POST" if given.data else "GET")
    return client.request(method, url, headers=headers, content="&".join(given.data).encode() if given.data else None)
