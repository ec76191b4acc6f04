"""service.settings: flag, then environment, then silah.toml, then default; nonsense is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from models.page import DEFAULT_LAYOUT, Box, BoxList
from models.popularity import ReadingRules
from service.settings import ServiceSettings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults_need_no_file_and_no_variable() -> None:
    settings = ServiceSettings()
    assert settings.artifacts == Path("artifacts")
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.demo


def test_the_nearer_goes_before_the_farther(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "silah.toml").write_text('port = 1001\nworkers = 2\nhost = "0.0.0.0"\n', encoding="utf-8")
    monkeypatch.setenv("SILAH_PORT", "1002")
    monkeypatch.setenv("SILAH_WORKERS", "3")
    settings = ServiceSettings(port=1003)
    assert (settings.port, settings.workers, settings.host) == (1003, 3, "0.0.0.0")


def test_keys_of_other_commands_are_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "silah.toml").write_text("jobs = 2\n[model.weighting]\ntitle_weight = 3\n", encoding="utf-8")
    monkeypatch.setenv("SILAH_JOBS", "2")
    assert ServiceSettings() == ServiceSettings(port=8000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("workers", "0"),
        ("workers", "65"),
        ("follow_seconds", "0"),
        ("follow_seconds", "nan"),
        ("retry_seconds", "-1"),
        ("max_age", "-1"),
        ("stale_if_error", "forever"),
        ("readings_days", "inf"),
        ("events_together", "0"),
        ("demo", "perhaps"),
        ("read_key_required", "sometimes"),
        ("body_bytes", "0"),
        ("line_bytes", "-1"),
        ("json_depth", "0"),
        ("writes_per_second", "inf"),
    ],
)
def test_nonsense_in_the_environment_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SILAH_{name.upper()}", value)
    with pytest.raises(ValidationError) as refused:
        ServiceSettings()
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in ServiceSettings.model_fields.values())


def test_the_state_stands_beside_the_versions_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ServiceSettings().state_url == "sqlite:///artifacts/state.db"
    assert make_url(ServiceSettings(artifacts=Path("/srv/صلة %20")).state_url).database == "/srv/صلة %20/state.db"
    monkeypatch.setenv("SILAH_STATE", "postgresql+psycopg://silah@db/silah")
    assert ServiceSettings().state_url == "postgresql+psycopg://silah@db/silah"


def test_the_cache_control_is_made_of_three_settings() -> None:
    settings = ServiceSettings(max_age=1, stale_while_revalidate=2, stale_if_error=3)
    assert settings.cache_control == "public, max-age=1, stale-while-revalidate=2, stale-if-error=3"


def test_what_takes_a_key_is_kept_by_readers_alone() -> None:
    assert ServiceSettings(read_key_required=True).cache_control.startswith("private, max-age=10, ")


def test_sites_come_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILAH_CORS_ORIGINS", '["https://news.example"]')
    assert ServiceSettings().cors_origins == ["https://news.example"]


def test_the_layout_of_pages_stands_in_the_file_or_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ServiceSettings().page == DEFAULT_LAYOUT
    box = '[[page.boxes]]\nname = "top"\nlist = "section"\nsection = "رياضة"\nlimit = 3\ndeduplicate = false\n'
    (folder / "silah.toml").write_text(box, encoding="utf-8")
    assert ServiceSettings().page.boxes == (Box("top", BoxList.SECTION, None, "رياضة", 3, deduplicate=False),)
    monkeypatch.setenv("SILAH_PAGE", '{"boxes": [{"name": "top", "list": "trending"}]}')
    assert ServiceSettings().page.boxes == (Box("top", BoxList.TRENDING),)
    monkeypatch.setenv("SILAH_PAGE", '{"boxes": [{"name": "top", "list": "front"}]}')
    with pytest.raises(ValidationError):
        ServiceSettings()


def test_readers_are_counted_as_the_settings_say() -> None:
    settings = ServiceSettings(
        most_read_hours=12, trending_half_life_hours=3, readings_days=2, reader_articles_an_hour=9
    )
    assert settings.reading_rules == ReadingRules(12, 3, 2, 9)
    assert ServiceSettings().reading_rules == ReadingRules()


def test_a_list_may_not_look_back_further_than_readings_are_kept() -> None:
    with pytest.raises(ValidationError, match="readings are kept 1"):
        ServiceSettings(readings_days=1, trending_half_life_hours=6)
