"""Everything that can go wrong, as one tree.

::

    SilahError                     what a person can be told; the message is one sentence
    ├── RecordError                a record is not an article; carries a reason code
    ├── QueryError                 a question outside its limits
    ├── ArticleNotFound            no such article in the model
    ├── RuleNotFound               no such editorial rule
    ├── RuleRefused                what is no editorial rule; names the member at fault
    ├── KeyNotFound                no such key in the state
    ├── SourceError                a location cannot be read                      exit 4
    │   └── FetchError             the web gives no answer, or none that may be had; carries a reason code
    ├── StateError                 the database of what changed since training fails exit 4
    ├── TrainingRefused            nothing to train on, or a training is running  exit 5
    ├── QualityGateFailed          a new version is worse than the one in service exit 3
    └── ModelError                 a model version cannot be used                 exit 5
        ├── NothingPublished       no version is in service
        │   └── NoEarlierVersion   there is none to go back to
        ├── VersionNotFound        no version of that name
        ├── FolderNotWritable      another version cannot be put in service here
        ├── FormatUnsupported      written by a newer or unknown release
        ├── FileRefused            a file is missing or differs from its digest; names it
        └── AnalyzerMismatch       this code cuts text into other terms than the model's did
"""

from __future__ import annotations


class SilahError(Exception):
    """Root of the tree: catch this to tell a person what went wrong."""


class RecordError(SilahError):
    """A record that is not an article.

    Attributes:
        reason: a stable code, counted in summaries: ``missing_id``, ``blank_title``, …
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class QueryError(SilahError):
    """A question outside its limits, such as ``limit=0``."""


class ArticleNotFound(SilahError):
    """The model holds no article of this id."""

    def __init__(self, article_id: str) -> None:
        super().__init__(f"no article with id {article_id!r}")
        self.article_id = article_id


class RuleNotFound(SilahError):
    """No editorial rule has this id."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(f"no rule with id {rule_id!r}")
        self.rule_id = rule_id


class RuleRefused(SilahError):
    """What is no editorial rule, such as a pin without an article.

    Attributes:
        member: the name of the member at fault.
        problem: what is wrong with it.
    """

    def __init__(self, member: str, problem: str) -> None:
        super().__init__(f"{member} {problem}")
        self.member = member
        self.problem = problem


class KeyNotFound(SilahError):
    """The state holds no key of this id."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"no key with id {key_id!r}")
        self.key_id = key_id


class SourceError(SilahError):
    """A location that cannot be read, or that holds no article at all."""


class FetchError(SourceError):
    """What could not be fetched, or must not be.

    Attributes:
        reason: a stable code, counted in summaries: ``timeout``, ``private_address``, ``status_404``, …
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class StateError(SilahError):
    """The state, the database of what changed since training, cannot be read or written now."""


class TrainingRefused(SilahError):
    """A training that cannot start or has nothing to publish."""


class QualityGateFailed(SilahError):
    """A version that was made but not put in service, because its lists are worse than they may be."""


class ModelError(SilahError):
    """A model version that cannot be used."""


class NothingPublished(ModelError):
    """No version is in service yet."""


class NoEarlierVersion(NothingPublished):
    """No version was in service before the present one, or none of those is still there."""


class VersionNotFound(ModelError):
    """No complete version of this name."""

    def __init__(self, version: str) -> None:
        super().__init__(f"no model version {version!r}")
        self.version = version


class FolderNotWritable(ModelError):
    """The folder of the versions cannot be written by whoever tries."""


class FormatUnsupported(ModelError):
    """The folder was written in a format that this release does not read."""


class FileRefused(ModelError):
    """A file of a version is missing, unreadable, or differs from its digest.

    Attributes:
        file: the name of the file, relative to the version's folder.
    """

    def __init__(self, version: str, file: str, problem: str) -> None:
        super().__init__(f"model version {version!r} refused: {file} {problem}")
        self.file = file


class AnalyzerMismatch(ModelError):
    """The analyzer of this release behaves differently from the one that made the model."""
