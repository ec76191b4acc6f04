"""Settings of the training commands: flag, then environment, then silah.toml, then default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from sqlalchemy import URL

from models.artifact import ModelConfig
from models.limits import NO_OTHERS, Amount, Share
from training.sources.options import SourceOptions


def _some(jobs: int) -> int:
    if jobs == 0:
        raise ValueError("no process trains nothing: give a number above 0, or -1 for one a core")
    return jobs


# figures with a value for each article, where more is better
COMPARABLE = (
    "title_mrr_10",
    "half_mrr_10",
    "coverage_5",
    "coverage_also_2",
    "links_recall_10",
    "links_mrr_10",
    "section_match_5",
    "diversity_5",
    "diversity_also_5",
)


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(names) - set(COMPARABLE)):
        raise ValueError(f"no figure to be gated: {', '.join(unknown)}; there are {', '.join(COMPARABLE)}")
    return names


def _known_keys(numbers: Mapping[str, float]) -> Mapping[str, float]:
    _known(tuple(numbers))
    return numbers


Figures = Annotated[tuple[str, ...], AfterValidator(_known)]
ByFigure = Annotated[Mapping[str, Share], AfterValidator(_known_keys)]


@dataclass(frozen=True, slots=True)
class GateRules:
    """What a version must hold to go into service: ``[gate]`` in ``silah.toml``.

    Attributes:
        margin: the share of a figure that it may lose against the version in service.
        margins: the same for single figures.
        figures: those that are compared.
        floors: values below which a figure is never accepted.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    margin: Share = 0.05
    margins: ByFigure = field(default_factory=dict)
    figures: Figures = ("title_mrr_10", "half_mrr_10", "coverage_5", "links_recall_10", "section_match_5")
    floors: ByFigure = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateRules:
    """The drift from which a full training is due: ``[update]`` in ``silah.toml``; see :mod:`training.drift`.

    Attributes:
        unknown_terms: share of terms that the vocabulary lacks.
        idf_change: mean change of the idf of a term met in the archive.
        turnover: articles that came, changed or went, as a share of those of the last full training.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    unknown_terms: Share = 0.1
    idf_change: Amount = 0.1
    turnover: Amount = 0.2


class TrainingSettings(BaseSettings):
    """``SILAH_…`` variables and the keys of ``silah.toml`` have the names of these members.

    What ends up in the model stands under ``model`` (in the file ``[model.weighting]``, in the
    environment ``SILAH_MODEL__WEIGHTING__TITLE_WEIGHT``); the rest is about this machine.
    """

    model_config = SettingsConfigDict(
        env_prefix="SILAH_", env_nested_delimiter="__", toml_file="silah.toml", extra="ignore"
    )

    artifacts: Path = Field(default=Path("artifacts"), description="folder of the model versions")
    state: str | None = Field(
        default=None,
        description="database of what changed in the running service; without it state.db in the artifacts' folder, "
        "where there is one",
    )
    jobs: Annotated[int, AfterValidator(_some)] = Field(
        default=-1, description="processes that train; -1 is one a core"
    )
    backend: str = Field(default="loky", description="joblib backend that does the tasks: loky, threading, dask")
    scheduler: str | None = Field(default=None, description="address of Dask's scheduler")
    blocks: str | None = Field(
        default=None, description="folder or fsspec address that all machines see; without it, that of the artifacts"
    )
    sources: SourceOptions = Field(default_factory=SourceOptions, description="what is said of all sources")
    model: ModelConfig = Field(default_factory=ModelConfig, description="what is chosen about the model")
    gate: GateRules = Field(default_factory=GateRules, description="what a version must hold to go into service")
    update: UpdateRules = Field(default_factory=UpdateRules, description="drift from which a full training is due")

    @property
    def state_url(self) -> str | None:
        """Where the state is, if there is any."""
        file = self.artifacts / "state.db"
        if self.state is None and file.exists():
            return URL.create("sqlite", database=str(file)).render_as_string()
        return self.state

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
