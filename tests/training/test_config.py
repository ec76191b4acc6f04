"""Settings of training: flag over environment over silah.toml over default, down to a single weight."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.artifact import ModelConfig
from training.config import TrainingSettings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with none of this machine's settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SILAH_")]:
        monkeypatch.delenv(name)
    return tmp_path


def test_defaults_need_no_file_and_no_environment() -> None:
    settings = TrainingSettings()
    assert settings.artifacts == Path("artifacts")
    assert settings.jobs == -1
    assert (settings.backend, settings.scheduler, settings.blocks) == ("loky", None, None)
    assert settings.model == ModelConfig()


def test_flag_over_environment_over_file_over_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "silah.toml").write_text('jobs = 2\nartifacts = "of-the-file"\n')
    assert (TrainingSettings().jobs, TrainingSettings().artifacts) == (2, Path("of-the-file"))
    monkeypatch.setenv("SILAH_JOBS", "3")
    assert (TrainingSettings().jobs, TrainingSettings().artifacts) == (3, Path("of-the-file"))
    assert (TrainingSettings(jobs=4).jobs, TrainingSettings(jobs=4).artifacts) == (4, Path("of-the-file"))


def test_settings_of_the_model_are_set_one_by_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "silah.toml").write_text(
        "[model]\nneighbours = 30\n[model.weighting]\ntitle_weight = 5\nmin_df = 4\n[model.stories]\nmin_shingles = 9\n"
    )
    monkeypatch.setenv("SILAH_MODEL__WEIGHTING__MIN_DF", "7")
    model, default = TrainingSettings().model, ModelConfig()
    assert (model.neighbours, model.stories.min_shingles) == (30, 9)
    assert (model.weighting.title_weight, model.weighting.min_df) == (5, 7)
    assert model.weighting.max_terms == default.weighting.max_terms
    assert (model.analyzer, model.lists) == (default.analyzer, default.lists)


def test_settings_of_the_service_in_the_same_file_are_passed_over(folder: Path) -> None:
    (folder / "silah.toml").write_text('host = "0.0.0.0"\nport = 9000\njobs = 2\n')
    assert TrainingSettings().jobs == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SILAH_JOBS", "many"),
        ("SILAH_JOBS", "0"),
        ("SILAH_JOBS", "1.5"),
        ("SILAH_MODEL__NEIGHBOURS", "0"),
        ("SILAH_MODEL__NEIGHBOURS", "-1"),
        ("SILAH_MODEL__WEIGHTING__MIN_DF", "few"),
        ("SILAH_MODEL__WEIGHTING", '{"min_df": []}'),
    ],
)
def test_bad_value_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        TrainingSettings()
    ((*place,),) = [error["loc"] for error in refused.value.errors()]
    assert name.removeprefix("SILAH_").lower().split("__") == place[: name.count("__") + 1]


@pytest.mark.parametrize("text", ["jobs = = 3", "jobs = \xff"], ids=["no TOML", "no UTF-8"])
def test_broken_file_is_refused(folder: Path, text: str) -> None:
    (folder / "silah.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"line 1|utf-8"):
        TrainingSettings()


@pytest.mark.parametrize(
    "setting",
    [
        "WEIGHTING__MAX_TERMS=0",
        "WEIGHTING__TITLE_WEIGHT=-1",
        "LISTS__RELATED_DIVERSITY=7",
        "STORIES__MIN_SIMILARITY=nan",
    ],
)
def test_settings_of_the_model_outside_their_limits_are_refused(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    name, _, value = setting.partition("=")
    monkeypatch.setenv(f"SILAH_MODEL__{name}", value)
    with pytest.raises(ValidationError):
        TrainingSettings()


def test_misspelt_settings_of_the_model_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILAH_MODEL__WEIGHTING__TITEL_WEIGHT", "2")
    with pytest.raises(ValidationError, match="titel_weight"):
        TrainingSettings()
