"""models.registry: which versions there are and which one is in service, through every interruption."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.artifact import MANIFEST, ModelConfig, list_files, read_manifest, write_manifest
from models.errors import (
    AnalyzerMismatch,
    FileRefused,
    FolderNotWritable,
    ModelError,
    NoEarlierVersion,
    NothingPublished,
    TrainingRefused,
    VersionNotFound,
)
from models.registry import Registry
from tests.support.disks import files_of_at_most
from tests.support.newsroom import TRAINED_AT, topic_records, train_into

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUTSIDE = (
    ".",
    "..",
    "../x",
    "../versions/{name}",
    "./{name}",
    "{name}/",
    "{name}/.",
    "{name}\x00",
    "/etc",
    "{root}/versions/{name}",
    "..\\x",
    "~",
    "%2e%2e",
    ".staged-1",
    "x" * 101,
    "نسخة",
)


@pytest.fixture
def registry(artifacts: Path) -> Registry:
    """A registry with one published version."""
    return Registry(artifacts)


def publish(registry: Registry, name: str, *, activate: bool = True) -> str:
    """One version more, a copy of the first under another name, made as a training makes it."""
    original = next(registry.versions_folder.iterdir())
    with registry.training(), registry.staging() as staged:
        shutil.copytree(original, staged, dirs_exist_ok=True)
        manifest = json.loads((staged / MANIFEST).read_bytes())
        (staged / MANIFEST).unlink()
        write_manifest(staged, replace(read_manifest(original), version=name, created_at=manifest["created_at"]))
        registry.complete(staged, name)
    if activate:
        registry.activate(name, NOW, "publish")
    return name


def three(registry: Registry) -> list[str]:
    """Names of three published versions, oldest first; the last is in service."""
    return [*registry.names(), publish(registry, "3"), publish(registry, "4")]


def damage(registry: Registry, version: str) -> None:
    path = registry.versions_folder / version / "idf.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")


def activations(registry: Registry) -> list[dict[str, str]]:
    return [json.loads(line) for line in (registry.root / "activations.jsonl").read_text("utf-8").splitlines()]


class TestNothingYet:
    @pytest.mark.parametrize("make", [lambda root: None, Path.mkdir, Path.touch], ids=["none", "empty", "a file"])
    def test_an_unused_place_has_no_versions(self, tmp_path: Path, make: Callable[[Path], None]):
        make(tmp_path / "artifacts")
        registry = Registry(tmp_path / "artifacts")
        assert (registry.names(), registry.manifests(), registry.current()) == ([], [], None)
        assert registry.prune(1) == []
        with pytest.raises(NothingPublished, match="silah train"):
            registry.load_current()
        with pytest.raises(NothingPublished):
            registry.rollback(NOW)
        with pytest.raises(VersionNotFound):
            registry.activate("1", NOW)

    def test_looking_makes_no_file(self, tmp_path: Path):
        registry = Registry(tmp_path / "artifacts")
        assert registry.current() is None
        assert registry.prune(1) == []
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("content", ["", "\n", "  \n"])
    def test_an_empty_pointer_names_nothing(self, registry: Registry, content: str):
        (registry.root / "current").write_text(content, "utf-8")
        assert registry.current() is None

    def test_a_missing_pointer_is_nothing_published_though_versions_are_there(self, registry: Registry):
        (name,) = registry.names()
        (registry.root / "current").unlink()
        with pytest.raises(NothingPublished):
            registry.load_current()
        registry.activate(name, NOW)
        assert registry.load_current().manifest.version == name


class TestVersionNames:
    @pytest.mark.parametrize("pattern", [*OUTSIDE, "", "{name}\n", " {name}", "\ud800"])
    def test_a_name_never_leads_out_of_the_folder_of_versions(self, registry: Registry, pattern: str):
        (name,) = registry.names()
        shutil.copytree(registry.versions_folder / name, registry.root / "x")  # a sound version where none may be
        shutil.copytree(registry.versions_folder / name, registry.versions_folder / ".staged-1")
        hostile = pattern.format(name=name, root=registry.root)
        for ask in (registry.folder, registry.verify, lambda version: registry.activate(version, NOW)):
            with pytest.raises(VersionNotFound):
                ask(hostile)
        assert registry.current() == name

    @pytest.mark.parametrize("pattern", OUTSIDE)
    def test_a_pointer_never_leads_out_of_the_folder_of_versions(self, registry: Registry, pattern: str):
        (name,) = registry.names()
        shutil.copytree(registry.versions_folder / name, registry.root / "x")
        shutil.copytree(registry.versions_folder / name, registry.versions_folder / ".staged-1")
        (registry.root / "current").write_text(pattern.format(name=name, root=registry.root), "utf-8")
        with pytest.raises(VersionNotFound):
            registry.load_current()

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80"])
    def test_a_pointer_of_garbage_is_a_model_error(self, registry: Registry, content: bytes):
        (registry.root / "current").write_bytes(content)
        with pytest.raises(ModelError, match="current"):
            registry.load_current()

    def test_a_pointer_that_is_a_folder_is_a_model_error(self, registry: Registry):
        (registry.root / "current").unlink()
        (registry.root / "current").mkdir()
        with pytest.raises(ModelError, match="current"):
            registry.load_current()

    def test_what_is_no_version_is_not_listed(self, registry: Registry):
        (name,) = registry.names()
        (registry.versions_folder / ".staged-77").mkdir()
        (registry.versions_folder / "notes.txt").write_text("left by a person", "utf-8")
        (registry.versions_folder / "lost+found").mkdir()
        assert registry.names() == [name]
        assert registry.prune(1) == []
        assert (registry.versions_folder / "notes.txt").exists()


class TestPublish:
    def test_a_training_puts_its_version_in_service(self, tmp_path: Path):
        first = train_into(tmp_path / "artifacts", topic_records())
        second = train_into(tmp_path / "artifacts", topic_records()[1:])
        registry = Registry(tmp_path / "artifacts")
        assert registry.names() == [first.version, second.version]
        assert registry.current() == second.version
        assert [manifest.parents for manifest in registry.manifests()] == [(), (first.version,)]
        assert (registry.root / "current").read_text("utf-8") == f"{second.version}\n"
        assert [(entry["version"], entry["action"]) for entry in activations(registry)] == [
            (first.version, "publish"),
            (second.version, "publish"),
        ]
        assert registry.load_current().manifest.counts["articles"] == 24

    def test_a_version_can_wait(self, registry: Registry):
        before = registry.current()
        waiting = publish(registry, "3", activate=False)
        assert registry.names()[-1] == waiting
        assert registry.current() == before

    def test_nothing_but_the_version_is_left(self, registry: Registry):
        publish(registry, "3")
        assert sorted(path.name for path in registry.root.iterdir()) == [
            ".training",
            "activations.jsonl",
            "current",
            "rejects.jsonl",
            "versions",
        ]
        assert sorted(path.name for path in registry.versions_folder.iterdir()) == registry.names()

    def test_an_unsound_version_is_not_among_the_manifests(self, registry: Registry):
        (first,) = registry.names()
        publish(registry, "3")
        (registry.versions_folder / "3" / MANIFEST).write_text("{", "utf-8")
        assert [manifest.version for manifest in registry.manifests()] == [first]
        assert registry.names() == [first, "3"]


class TestVerify:
    def test_a_sound_version_is_handed_back_as_its_manifest(self, registry: Registry):
        (name,) = registry.names()
        assert registry.verify(name).version == name

    def test_a_damaged_one_is_refused_by_the_name_of_the_file(self, registry: Registry):
        (name,) = registry.names()
        damage(registry, name)
        with pytest.raises(FileRefused, match=r"idf\.npy"):
            registry.verify(name)


class TestActivate:
    def test_any_version_can_be_put_in_service(self, registry: Registry):
        first, second, third = three(registry)
        for name in (second, first, third):
            registry.activate(name, NOW)
            assert registry.load_current().manifest.version == name
        assert activations(registry)[-1] == {"at": "2026-01-01T00:00:00Z", "version": third, "action": "activate"}

    def test_a_damaged_version_is_refused_and_the_present_one_stays(self, registry: Registry):
        (first,) = registry.names()
        second = publish(registry, "3", activate=False)
        damage(registry, second)
        with pytest.raises(FileRefused, match=r"idf\.npy"):
            registry.activate(second, NOW)
        assert registry.current() == first
        assert len(activations(registry)) == 1

    def test_a_version_of_another_analyzer_is_refused_and_the_present_one_stays(self, registry: Registry):
        (first,) = registry.names()
        folder = registry.folder(publish(registry, "3", activate=False))
        manifest = read_manifest(folder)
        (folder / MANIFEST).unlink()
        write_manifest(folder, replace(manifest, fingerprint="0" * 64, files=list_files(folder)))
        with pytest.raises(AnalyzerMismatch):
            registry.activate("3", NOW)
        assert registry.current() == first

    def test_a_missing_version_is_refused_and_the_present_one_stays(self, registry: Registry):
        before = registry.current()
        with pytest.raises(VersionNotFound, match="'4'"):
            registry.activate("4", NOW)
        assert registry.current() == before

    def test_a_folder_that_cannot_be_written_is_told_and_the_present_one_stays(self, registry: Registry):
        first, second = registry.current(), publish(registry, "3", activate=False)
        there = sorted(registry.root.iterdir())
        with files_of_at_most(0), pytest.raises(FolderNotWritable, match="cannot be written"):
            registry.activate(second, NOW)
        assert registry.current() == first
        assert sorted(registry.root.iterdir()) == there


class TestRollback:
    def test_each_step_goes_one_version_back(self, registry: Registry):
        first, second, third = three(registry)
        assert registry.current() == third
        assert registry.rollback(NOW) == second
        assert registry.rollback(NOW) == first
        assert registry.load_current().manifest.version == first
        with pytest.raises(NoEarlierVersion):
            registry.rollback(NOW)
        assert registry.current() == first

    def test_goes_along_what_was_in_service_not_along_the_names(self, registry: Registry):
        first, second, third = three(registry)
        registry.activate(first, NOW)
        assert [registry.rollback(NOW), registry.rollback(NOW), registry.rollback(NOW)] == [third, second, first]

    def test_after_a_rollback_and_an_explicit_choice_goes_back_before_the_choice(self, registry: Registry):
        first, second, third = three(registry)
        registry.rollback(NOW)
        registry.activate(third, NOW)
        assert [registry.rollback(NOW), registry.rollback(NOW)] == [second, first]

    def test_after_a_rollback_and_a_new_version_skips_the_one_rolled_back_from(self, registry: Registry):
        _, second, _ = three(registry)
        registry.rollback(NOW)
        publish(registry, "5")
        assert registry.rollback(NOW) == second

    def test_putting_the_present_one_in_service_again_is_no_step(self, registry: Registry):
        _, second, third = three(registry)
        registry.activate(third, NOW)
        assert registry.rollback(NOW) == second

    def test_a_version_that_is_gone_is_passed_over(self, registry: Registry):
        first, second, _ = three(registry)
        shutil.rmtree(registry.versions_folder / second)
        assert registry.rollback(NOW) == first

    def test_a_damaged_version_is_refused_and_the_present_one_stays(self, registry: Registry):
        _, second, third = three(registry)
        damage(registry, second)
        with pytest.raises(FileRefused):
            registry.rollback(NOW)
        assert registry.current() == third

    @pytest.mark.parametrize("line", ['{"at": "2026', "null", "[]", "7", "\x00\x00\x00", '{"version": "4"}', "\udcff"])
    def test_a_line_cut_by_a_crash_is_passed_over(self, registry: Registry, line: str):
        first, second, third = three(registry)
        with (registry.root / "activations.jsonl").open("ab") as log:
            log.write(line.encode("utf-8", "surrogateescape"))
        assert registry.rollback(NOW) == second
        registry.activate(third, NOW)
        assert [registry.rollback(NOW), registry.rollback(NOW)] == [second, first]

    def test_the_first_activation_after_a_cut_line_is_remembered(self, registry: Registry):
        three(registry)
        with (registry.root / "activations.jsonl").open("a", encoding="utf-8") as log:
            log.write('{"at": "2026-01-0')
        fourth = publish(registry, "5")
        publish(registry, "6")
        assert registry.rollback(NOW) == fourth

    @pytest.mark.parametrize("version", ['"../x"', '"x"', "7", "null", '["3"]', '{"a": 1}'])
    def test_a_line_that_names_no_version_is_passed_over(self, registry: Registry, version: str):
        _, second, third = three(registry)
        shutil.copytree(registry.versions_folder / second, registry.root / "x")
        with (registry.root / "activations.jsonl").open("a", encoding="utf-8") as log:
            log.write(f'{{"at": "2026-01-01T00:00:00Z", "version": {version}, "action": "activate"}}\n')
        assert registry.current() == third
        assert registry.rollback(NOW) == second

    def test_a_switch_whose_line_was_lost_still_finds_the_one_before(self, registry: Registry):
        first, second, third = three(registry)
        log = registry.root / "activations.jsonl"
        lines = log.read_text("utf-8").splitlines(keepends=True)
        log.write_text("".join(lines[:-1]), "utf-8")  # the pointer was replaced, then the power went
        assert registry.current() == third
        assert [registry.rollback(NOW), registry.rollback(NOW)] == [second, first]

    def test_a_rollback_whose_line_was_lost_does_not_come_back_to_where_it_left(self, registry: Registry):
        first, second, _ = three(registry)
        registry.rollback(NOW)
        log = registry.root / "activations.jsonl"
        lines = log.read_text("utf-8").splitlines(keepends=True)
        log.write_text("".join(lines[:-1]), "utf-8")
        assert registry.current() == second
        assert registry.rollback(NOW) == first

    @pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["removed", "emptied"])
    def test_without_a_history_there_is_nothing_to_go_back_to(self, registry: Registry, harm: Callable[[Path], None]):
        _, _, third = three(registry)
        harm(registry.root / "activations.jsonl")
        with pytest.raises(NothingPublished):
            registry.rollback(NOW)
        assert registry.current() == third


class TestPrune:
    def test_keeps_the_newest(self, registry: Registry):
        first, second, third = three(registry)
        assert registry.prune(2) == [first]
        assert registry.names() == [second, third]

    def test_never_removes_the_one_in_service(self, registry: Registry):
        first, second, third = three(registry)
        registry.activate(first, NOW)
        assert registry.prune(1) == [second, third]
        assert registry.load_current().manifest.version == first

    def test_counts_the_one_in_service_among_the_kept(self, registry: Registry):
        first, second, third = three(registry)
        registry.activate(first, NOW)
        assert registry.prune(2) == [second]
        assert registry.names() == [first, third]

    @pytest.mark.parametrize("keep", [3, 4, 100])
    def test_with_room_for_all_removes_none(self, registry: Registry, keep: int):
        names = three(registry)
        assert registry.prune(keep) == []
        assert registry.names() == names

    def test_without_a_version_in_service_keeps_the_newest(self, registry: Registry):
        first, second, third = three(registry)
        (registry.root / "current").unlink()
        assert registry.prune(2) == [first]
        assert registry.names() == [second, third]

    def test_what_an_interrupted_one_left_is_no_version_and_goes_with_the_next_training(self, registry: Registry):
        first, second, third = three(registry)
        (registry.versions_folder / first).rename(registry.versions_folder / f".staged-{first}")
        assert registry.names() == [second, third]
        publish(registry, "5")
        assert sorted(path.name for path in registry.versions_folder.iterdir()) == [second, third, "5"]


class TestTraining:
    def test_two_do_not_run_at_once(self, registry: Registry):
        with registry.training(), pytest.raises(TrainingRefused, match="another training"), registry.training():
            pass

    def test_one_in_another_process_is_seen(self, registry: Registry):
        code = (
            "import sys; from pathlib import Path; from models.registry import Registry\n"
            "with Registry(Path(sys.argv[1])).training():\n"
            "    print('locked', flush=True); sys.stdin.read()\n"
        )
        command = [sys.executable, "-c", code, str(registry.root)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout
            assert other.stdin
            assert other.stdout.readline() == "locked\n"
            with pytest.raises(TrainingRefused), registry.training():
                pass
            other.kill()
            other.stdin.close()
        with registry.training():  # what was killed holds no lock
            pass

    def test_another_folder_is_another_matter(self, registry: Registry, tmp_path: Path):
        with registry.training(), Registry(tmp_path / "other").training():
            pass

    def test_the_one_in_service_can_be_switched_while_one_runs(self, registry: Registry):
        (first,) = registry.names()
        with registry.training():
            registry.activate(first, NOW)

    def test_after_a_failure_the_next_may_start(self, registry: Registry):
        def fail() -> None:
            with registry.training(), registry.staging() as staged:
                (staged / "idf.npy").write_bytes(b"half")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert sorted(path.name for path in registry.versions_folder.iterdir()) == registry.names()
        with registry.training():
            pass

    def test_what_an_interrupted_one_left_is_removed_by_the_next(self, registry: Registry):
        left = registry.versions_folder / ".staged-4711"
        left.mkdir()
        (left / "articles.jsonl").write_text("{", "utf-8")
        before = registry.names()
        assert before == [registry.current()]
        with registry.training():
            assert not left.exists()
        assert registry.names() == before

    def test_a_training_over_leftovers_publishes(self, registry: Registry):
        (registry.versions_folder / ".staged-4711").mkdir()
        (registry.root / ".current-4711").write_text("half", "utf-8")
        summary = train_into(registry.root, topic_records(), now=TRAINED_AT + timedelta(days=1))
        assert registry.load_current().manifest.version == summary.version

    def test_a_name_that_is_taken_is_not_written_over(self, registry: Registry):
        (first,) = registry.names()
        with registry.staging() as staged:
            (staged / "x").touch()
            with pytest.raises(OSError, match=first):
                registry.complete(staged, first)
        assert registry.verify(first).config == ModelConfig()


@pytest.mark.usefixtures("artifacts")
class TestAnyHistory:
    def test_the_pointer_goes_where_a_plain_stack_says(self, registry: Registry):
        names = three(registry)

        class History(RuleBasedStateMachine):
            """Activations and rollbacks in any order, beside the plainest model of them: a list."""

            def __init__(self) -> None:
                super().__init__()
                (registry.root / "activations.jsonl").unlink(missing_ok=True)
                (registry.root / "current").unlink(missing_ok=True)
                self.stack: list[str] = []

            @rule(name=st.sampled_from(names))
            def activate(self, name: str) -> None:
                registry.activate(name, NOW)
                self.stack.append(name)

            @precondition(lambda self: len(set(self.stack)) > 1)
            @rule()
            def roll_back(self) -> None:
                before = self.stack[-1]
                while self.stack[-1] == before:
                    self.stack.pop()
                assert registry.rollback(NOW) == self.stack[-1]

            @precondition(lambda self: len(set(self.stack)) < 2)
            @rule()
            def cannot_roll_back(self) -> None:
                with pytest.raises(NothingPublished):
                    registry.rollback(NOW)

            @invariant()
            def the_last_one_is_in_service(self) -> None:
                assert registry.current() == (self.stack[-1] if self.stack else None)

        History.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
        History.TestCase().runTest()
