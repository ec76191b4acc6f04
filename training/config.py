"""Settings of the training commands: flag, then environment, then silah.toml, then default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from models.artifact import ModelConfig


def _some(jobs: int) -> int:
    if jobs == 0:
        raise ValueError("no process trains nothing: give a number above 0, or -1 for one a core")
    return jobs


class TrainingSettings(BaseSettings):
    """``SILAH_…`` variables and the keys of ``silah.toml`` have the names of these members.

    What ends up in the model stands under ``model`` (in the file ``[model.weighting]``, in the
    environment ``SILAH_MODEL__WEIGHTING__TITLE_WEIGHT``); the rest is about this machine.
    """

    model_config = SettingsConfigDict(
        env_prefix="SILAH_", env_nested_delimiter="__", toml_file="silah.toml", extra="ignore"
    )

    artifacts: Path = Field(default=Path("artifacts"), description="folder of the model versions")
    jobs: Annotated[int, AfterValidator(_some)] = Field(
        default=-1, description="processes that train; -1 is one a core"
    )
    model: ModelConfig = Field(default_factory=ModelConfig, description="what is chosen about the model")

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
