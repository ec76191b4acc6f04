"""Settings of the service: flag, then environment, then silah.toml, then default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from sqlalchemy import URL

from models.errors import QueryError
from models.page import DEFAULT_LAYOUT, Layout
from models.popularity import ReadingRules


def _origin(text: str) -> str:
    """As a browser sends it: nothing else would ever match."""
    if text != "*" and not _ORIGIN.fullmatch(text):
        raise ValueError("an origin is https://HOST or https://HOST:PORT, without a path, or `*`")
    return text


_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+")
Origin = Annotated[str, AfterValidator(_origin)]


class ServiceSettings(BaseSettings):
    """``SILAH_…`` variables and the keys of ``silah.toml`` have the names of these members."""

    model_config = SettingsConfigDict(env_prefix="SILAH_", toml_file="silah.toml", extra="ignore")

    artifacts: Path = Field(default=Path("artifacts"), description="folder of the model versions")
    state: str | None = Field(
        default=None,
        description="database of what changed since training, sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME; "
        "without it state.db in the artifacts' folder",
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    workers: int = Field(default=1, ge=1, le=64, description="processes that answer")
    follow_seconds: float = Field(default=0.25, gt=0, description="how often to look for another version in service")
    retry_seconds: float = Field(
        default=10.0, gt=0, description="how long to wait before a refused version is tried again"
    )
    max_age: int = Field(default=10, ge=0, description="seconds for which a cache may answer without asking")
    stale_while_revalidate: int = Field(default=60, ge=0, description="seconds for which it may answer while it asks")
    stale_if_error: int = Field(
        default=86_400, ge=0, description="seconds for which it may answer while Silah does not"
    )
    cache_bytes: int = Field(
        default=64 * 2**20, ge=0, description="bytes of answers that each process keeps to send again; 0 keeps none"
    )
    read_key_required: bool = Field(default=False, description="whether lists and articles take a read key, too")
    cors_origins: list[Origin] = Field(
        default=[], description="sites whose pages may ask from a browser, such as https://news.example; `*` is all"
    )
    body_bytes: int = Field(default=2 * 2**20, gt=0, description="bytes of a request's body at most")
    line_bytes: int = Field(default=4 * 2**20, gt=0, description="bytes of a line at most, where lines stream in")
    json_depth: int = Field(default=16, gt=0, description="how deep JSON may stand in one another")
    writes_per_second: float = Field(
        default=200.0,
        ge=0,
        allow_inf_nan=False,
        description="requests that write which each process takes of a key, for long; 0 takes all",
    )
    page: Layout = Field(default=DEFAULT_LAYOUT, description="the boxes of an article's page")
    most_read_hours: float = Field(
        default=24.0, gt=0, allow_inf_nan=False, description="hours that the most read looks back"
    )
    trending_half_life_hours: float = Field(
        default=6.0, gt=0, allow_inf_nan=False, description="hours after which a reading trends half"
    )
    readings_days: float = Field(
        default=7.0,
        gt=0,
        allow_inf_nan=False,
        description="days for which readings count and are kept, and a reader has the same name",
    )
    reader_articles_an_hour: int = Field(
        default=60, ge=1, description="different articles that a reader opens in an hour; more is a bot's doing"
    )
    events_together: int = Field(default=1000, ge=1, le=10_000, description="events that one request may hold")
    deadline_seconds: float = Field(
        default=0.5, gt=0, allow_inf_nan=False, description="after which an answer is given as far as it is made"
    )
    demo: bool = Field(default=True, description="serve the demo newsroom at /demo")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @model_validator(mode="after")
    def _readers_can_be_counted(self) -> Self:
        try:
            _ = self.reading_rules
        except QueryError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def state_url(self) -> str:
        """Where the state is."""
        file = URL.create("sqlite", database=str(self.artifacts / "state.db"))
        return self.state or file.render_as_string()

    @property
    def reading_rules(self) -> ReadingRules:
        """How readers are counted."""
        return ReadingRules(
            self.most_read_hours, self.trending_half_life_hours, self.readings_days, self.reader_articles_an_hour
        )

    @property
    def cache_control(self) -> str:
        """The header of every cacheable answer; what takes a key is for no cache between."""
        who = "private" if self.read_key_required else "public"
        return (
            f"{who}, max-age={self.max_age}, stale-while-revalidate={self.stale_while_revalidate}, "
            f"stale-if-error={self.stale_if_error}"
        )
