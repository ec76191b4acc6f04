"""robots.txt: what a site asks of programs that read it, RFC 9309."""

from __future__ import annotations

import re

from protego import Protego

MAX_BYTES = 500 * 1024  # that are read of one; the rest is as if it were not there
MAX_DELAY = 30.0  # seconds between two questions that a site may ask for

_TOKEN = re.compile(r"[A-Za-z_-]+")
_AGENT = re.compile(r"\s*user(?:-|\s+|)agent\s*[:\s]\s*(?P<name>[^#]*)", re.IGNORECASE)


class Robots:
    """The rules of one site for one program.

    Args:
        text: of robots.txt; without it all is allowed.
        user_agent: the name under which it asks; its first word counts.
    """

    def __init__(self, text: str, user_agent: str) -> None:
        token = _TOKEN.match(user_agent)
        self._agent = token.group().lower() if token else ""
        self._rules = Protego.parse("\n".join(map(self._ours, text.splitlines())))

    def allows(self, url: str) -> bool:
        return self._rules.can_fetch(url, self._agent)

    @property
    def delay(self) -> float:
        """Seconds between two questions, as asked for and as far as that is borne."""
        return min(self._rules.crawl_delay(self._agent) or 0.0, MAX_DELAY)

    def _ours(self, line: str) -> str:
        """The line, but for names of others: all of them are one, or each rule would be kept for each of thousands."""
        agent = _AGENT.match(line)
        if agent is None:
            return line
        name = agent["name"].strip().lower()
        return line if name in {self._agent, "*"} else "user-agent: -"
