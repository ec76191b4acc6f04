"""models.artifact: a version comes back as it was saved, or is refused by the name of the file that is wrong."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import math
import pickle
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import AnalyzerConfig
from models.artifact import (
    ARRAYS,
    ARTICLES,
    BOILERPLATE,
    FORMAT,
    MANIFEST,
    UPDATE_ARRAYS,
    VOCABULARY,
    FileEntry,
    ModelConfig,
    list_files,
    load,
    load_at_once,
    load_update_arrays,
    read_manifest,
    verify_digest,
    write_manifest,
)
from models.candidates import Query
from models.errors import AnalyzerMismatch, FileRefused, FormatUnsupported
from models.index import NEVER
from models.recommenders import related_news, you_may_also_like
from models.registry import Registry
from models.tfidf import Weighting
from tests.support.damage import flip_byte
from tests.support.newsroom import topic_records, train_into

FILES = sorted([*(f"{name}.npy" for name in ARRAYS), ARTICLES, BOILERPLATE, "vocabulary.json", "sections.json"])
OF_UPDATES = sorted(f"{name}.npy" for name in UPDATE_ARRAYS)
FLIPS = 8


@pytest.fixture
def version(artifacts: Path) -> Path:
    """The folder of a version of one's own."""
    registry = Registry(artifacts)
    return registry.folder(str(registry.current()))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another version, of other articles."""
    artifacts = tmp_path_factory.mktemp("stranger") / "artifacts"
    records = [record for record in topic_records() if record["id"] not in {"water-5", "football-1"}]
    train_into(artifacts, [{**record, "section": record["section"].replace("صحة", "طب")} for record in records])
    registry = Registry(artifacts)
    return registry.folder(str(registry.current()))


def refused(folder: Path) -> str:
    """The file by whose name a version is refused."""
    with pytest.raises(FileRefused) as caught:
        load(folder)
    assert folder.name in str(caught.value)
    assert caught.value.file in str(caught.value)
    return caught.value.file


def reseal(folder: Path, **changes: Any) -> None:
    """Write the manifest anew, as one who knows the format could: digests and seal fit whatever lies there."""
    manifest = read_manifest(folder)
    (folder / MANIFEST).unlink()
    write_manifest(folder, replace(manifest, **{"files": list_files(folder), **changes}))


class TestSaved:
    def test_a_version_says_what_it_is(self, version: Path):
        manifest = read_manifest(version)
        assert manifest.version == version.name
        assert manifest.created_at == "2025-04-01T00:00:00Z"
        assert manifest.counts["articles"] == 25
        assert manifest.counts["vocabulary"] == len(json.loads((version / "vocabulary.json").read_text("utf-8")))
        assert manifest.config == ModelConfig()
        assert manifest.format == FORMAT

    def test_every_file_is_listed_with_its_size_and_digest(self, version: Path):
        files = read_manifest(version).files
        assert sorted(files) == sorted([*FILES, *OF_UPDATES])
        assert sorted(path.name for path in version.iterdir()) == sorted([*FILES, *OF_UPDATES, MANIFEST])
        for name, entry in files.items():
            content = (version / name).read_bytes()
            assert entry == FileEntry(len(content), hashlib.sha256(content).hexdigest())

    def test_the_folder_holds_plain_arrays_and_json_and_nothing_else(self, version: Path):
        for path in version.iterdir():
            if path.suffix == ".npy":
                assert np.load(path, allow_pickle=False).dtype == {**ARRAYS, **UPDATE_ARRAYS}[path.stem]
            else:
                for line in path.read_text("utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]:
                    json.loads(line)

    def test_the_articles_can_be_read_without_this_program(self, version: Path):
        lines = (version / ARTICLES).read_text("utf-8").splitlines()
        assert sorted(map(json.loads, lines), key=lambda record: record["id"]) == sorted(
            topic_records(), key=lambda record: record["id"]
        )

    def test_what_was_chosen_comes_back(self, tmp_path: Path):
        config = replace(
            ModelConfig(), analyzer=AnalyzerConfig(min_length=3), weighting=Weighting(min_df=1), neighbours=7
        )
        train_into(tmp_path / "artifacts", topic_records(), config=config)
        model = Registry(tmp_path / "artifacts").load_current()
        assert model.manifest.config == config
        assert model.analyzer.config == config.analyzer
        assert model.index.neighbour_rows.shape[1] == 7

    def test_equal_articles_make_equal_files(self, version: Path, tmp_path: Path):
        train_into(tmp_path / "again", topic_records())
        twin = Registry(tmp_path / "again").load_current().manifest
        assert asdict(twin) == asdict(read_manifest(version))


class TestLoaded:
    def test_arrays_are_mapped_and_cannot_be_written(self, version: Path):
        index = load(version).index
        assert isinstance(index.weights.base, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            index.weights[0] = 1

    def test_names_are_read_when_they_are_used_even_when_their_folder_is_gone(self, version: Path):
        words = json.loads((version / VOCABULARY).read_text("utf-8"))
        model, later = load_at_once(version, math.inf)
        shutil.rmtree(version)
        assert later == []
        assert list(model.tfidf.vocabulary) == words
        assert model.tfidf.vocabulary[1:3] == words[1:3]
        assert model.tfidf.vocabulary[0] in model.tfidf.number_of

    def test_only_the_largest_files_are_compared_later(self, version: Path):
        files = read_manifest(version).files
        by_size = sorted(files, key=lambda name: files[name].size)
        flip_byte(version / by_size[-1])
        model, later = load_at_once(version, sum(entry.size for entry in files.values()) - 1)
        assert later == by_size[-1:]
        assert len(model.index) == model.manifest.counts["articles"]
        with pytest.raises(FileRefused, match=by_size[-1]):
            verify_digest(version, model.manifest, by_size[-1])
        verify_digest(version, model.manifest, by_size[0])
        _, everything = load_at_once(version, 0)
        assert everything == by_size

    def test_names_that_are_none_are_refused_when_they_are_used(self, version: Path):
        (version / VOCABULARY).write_bytes(b"{}")
        reseal(version)
        model, _ = load_at_once(version, math.inf)
        with pytest.raises(FileRefused, match=VOCABULARY):
            len(model.tfidf.vocabulary)

    def test_a_folder_may_be_carried_elsewhere(self, version: Path, tmp_path: Path):
        moved = Path(shutil.copytree(version, tmp_path / "elsewhere" / version.name))
        assert load(moved).manifest == load(version).manifest

    def test_a_loaded_version_goes_on_when_its_folder_is_removed(self, version: Path):
        model = load(version)
        source, query = model.index.row_of("water-1"), Query(as_of=NEVER - 1)
        before = related_news(model.recommender, source, query)
        shutil.rmtree(version)
        assert before
        assert related_news(model.recommender, source, query) == before
        assert model.index.article(before[0].row).id.startswith("water")

    @pytest.mark.parametrize(
        "records",
        [
            [{"id": "1", "title": "خبر وحيد"}],
            [{"id": "1", "title": "أمطار"}, {"id": "2", "title": "انتخابات"}],
            [{"id": str(number), "title": "خبر واحد بعنوان واحد"} for number in range(4)],
        ],
        ids=["one article", "no word in common", "all the same"],
    )
    def test_a_tiny_world_comes_back_too(self, tmp_path: Path, records: list[dict[str, Any]]):
        train_into(tmp_path / "artifacts", records)
        model = Registry(tmp_path / "artifacts").load_current()
        assert {model.index.article(row).id for row in range(len(model.index))} == {each["id"] for each in records}
        for row in range(len(model.index)):
            for recommend in (related_news, you_may_also_like):
                assert recommend(model.recommender, row, Query(as_of=NEVER - 1)) == []


def cut_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def cut_in_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def cut_by_one(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\x00")


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def point_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def point_at_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


HARMS = [
    Path.unlink,
    cut_to_nothing,
    cut_in_half,
    cut_by_one,
    grow,
    make_a_folder,
    point_nowhere,
    point_at_itself,
]


class TestDamaged:
    @pytest.mark.parametrize("name", [*FILES, *OF_UPDATES, MANIFEST])
    @pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
    def test_a_damaged_file_is_refused_by_name(self, version: Path, name: str, harm: Callable[[Path], None]):
        if (name, harm) == (MANIFEST, cut_by_one):  # takes the newline after the last brace: nothing is lost
            harm = cut_in_half
        harm(version / name)
        assert refused(version) == name

    @pytest.mark.parametrize("name", FILES)
    def test_a_flipped_byte_is_refused_by_name(self, version: Path, name: str):
        path = version / name
        sound = path.read_bytes()
        pick = Random(name)
        for place in [0, len(sound) - 1, *(pick.randrange(len(sound)) for _ in range(FLIPS))]:
            flipped = bytearray(sound)
            flipped[place] ^= pick.randrange(1, 256)
            path.write_bytes(flipped)
            assert refused(version) == name
        path.write_bytes(sound)
        load(version)

    def test_a_flipped_byte_of_the_manifest_is_refused_or_changes_nothing(self, version: Path):
        path = version / MANIFEST
        sound, manifest = path.read_bytes(), read_manifest(version)
        pick = Random(MANIFEST)
        refusals = 0
        for place in [0, len(sound) - 1, *(pick.randrange(len(sound)) for _ in range(200))]:
            flipped = bytearray(sound)
            flipped[place] ^= pick.randrange(1, 256)
            path.write_bytes(flipped)
            try:
                assert read_manifest(version) == manifest  # one kind of white space instead of another
            except FileRefused as error:
                refusals += error.file == MANIFEST
        assert refusals > 150

    @pytest.mark.parametrize("name", [name for name in FILES if name != BOILERPLATE])  # both have nothing taken off
    def test_a_file_of_another_version_is_refused_by_name(self, version: Path, stranger: Path, name: str):
        assert (stranger / name).read_bytes() != (version / name).read_bytes()
        shutil.copy(stranger / name, version / name)
        assert refused(version) == name

    def test_the_manifest_of_another_version_is_refused_by_name(self, version: Path, stranger: Path):
        shutil.copy(stranger / MANIFEST, version / MANIFEST)
        assert refused(version) == MANIFEST

    def test_a_version_under_another_name_is_refused(self, version: Path):
        assert refused(version.rename(version.with_name("another"))) == MANIFEST

    @pytest.mark.parametrize("first", FILES[:3])
    def test_two_files_that_changed_places_are_refused(self, version: Path, first: str):
        one, other, aside = version / first, version / FILES[-1], version / "aside"
        one.rename(aside)
        other.rename(one)
        aside.rename(other)
        assert refused(version) in {first, FILES[-1]}

    @pytest.mark.parametrize("name", FILES)
    def test_a_file_that_the_manifest_forgets_is_refused_by_name(self, version: Path, name: str):
        files = list_files(version)
        del files[name]
        reseal(version, files=files)
        assert refused(version) == name

    def test_a_stray_file_does_no_harm(self, version: Path):
        (version / ".nfs000012").write_bytes(b"left by a network disk")
        load(version)

    def test_no_folder_is_refused(self, tmp_path: Path):
        assert refused(tmp_path / "none") == MANIFEST

    @pytest.mark.parametrize(
        "content",
        [b"", b"null", b"[]", b"7", b'"x"', b"{}", b"{", b"\xff\xfe", b"[" * 100_000, b'{"seal": NaN}', b"9" * 5000],
        ids=lambda content: repr(content[:12]),
    )
    def test_what_is_no_manifest_is_refused(self, version: Path, content: bytes):
        (version / MANIFEST).write_bytes(content)
        assert refused(version) == MANIFEST

    @given(st.binary(max_size=60))
    def test_any_bytes_are_refused_as_a_manifest(self, tmp_path_factory: pytest.TempPathFactory, content: bytes):
        folder = tmp_path_factory.mktemp("version")
        (folder / MANIFEST).write_bytes(content)
        assert refused(folder) == MANIFEST

    @pytest.mark.parametrize("member", ["version", "created_at", "config", "fingerprint", "counts", "files", "metrics"])
    def test_an_edited_manifest_is_refused(self, version: Path, member: str):
        content = json.loads((version / MANIFEST).read_bytes())
        content[member] = {"version": "1", "counts": {"articles": 1}, "files": {}}.get(member, "x")
        (version / MANIFEST).write_text(json.dumps(content), "utf-8")
        assert refused(version) == MANIFEST


class TestForged:
    """Digests and seal fit: only what the files hold can give them away."""

    @pytest.mark.parametrize("form", [0, FORMAT + 1, 99])
    def test_an_unknown_format_is_refused(self, version: Path, form: int):
        reseal(version, format=form)
        with pytest.raises(FormatUnsupported, match=rf"format {form}"):
            load(version)

    def test_another_behaviour_of_the_analyzer_is_refused(self, version: Path):
        reseal(version, fingerprint="0" * 64)
        with pytest.raises(AnalyzerMismatch, match=version.name):
            load(version)

    def test_another_choice_for_the_analyzer_is_another_behaviour(self, version: Path):
        config = read_manifest(version).config
        reseal(version, config=replace(config, analyzer=AnalyzerConfig(min_length=5)))
        with pytest.raises(AnalyzerMismatch):
            load(version)

    @pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".npy")])
    @pytest.mark.parametrize("dress", ["array", "bare"])
    def test_a_pickle_is_refused_and_never_run(self, version: Path, tmp_path: Path, name: str, dress: str):
        trap = Trap(tmp_path / "sprung")
        file = io.BytesIO()
        if dress == "array":
            np.save(file, np.array([trap], dtype=object), allow_pickle=True)
        else:
            pickle.dump(trap, file)
        (version / name).write_bytes(file.getvalue())
        reseal(version)
        assert refused(version) == name
        assert not trap.mark.exists()
        pickle.loads(pickle.dumps(trap))  # the trap is a real one
        assert trap.mark.exists()

    @pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"{}"])
    def test_what_is_no_array_is_refused_by_name(self, version: Path, content: bytes):
        (version / "idf.npy").write_bytes(content)
        reseal(version)
        assert refused(version) == "idf.npy"

    @pytest.mark.parametrize("name", sorted(ARRAYS))
    def test_an_array_of_another_type_is_refused_by_name(self, version: Path, name: str):
        path = version / f"{name}.npy"
        np.save(path, np.zeros(np.load(path, allow_pickle=False).shape, dtype="float16"), allow_pickle=False)
        reseal(version)
        assert refused(version) == path.name

    @pytest.mark.parametrize("name", sorted(UPDATE_ARRAYS))
    def test_what_updates_need_is_refused_when_it_is_of_another_type_or_gone(self, version: Path, name: str):
        manifest, path = read_manifest(version), version / f"{name}.npy"
        assert load_update_arrays(version, manifest).keys() == UPDATE_ARRAYS.keys()
        np.save(path, np.zeros(3, dtype="float16"), allow_pickle=False)
        with pytest.raises(FileRefused, match=f"{name}.npy holds float16"):
            load_update_arrays(version, manifest)
        path.unlink()
        with pytest.raises(FileRefused, match=f"{name}.npy cannot be read"):
            load_update_arrays(version, manifest)

    @pytest.mark.parametrize("name", ["vocabulary.json", "sections.json"])
    @pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[1]", b'"x"', b"null", b"\xff"])
    def test_what_is_no_list_of_names_is_refused_by_name(self, version: Path, name: str, content: bytes):
        (version / name).write_bytes(content)
        reseal(version)
        assert refused(version) == name

    @pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b'{"removed": {}, "learned": [{}]}', b"\xff"])
    def test_what_is_no_report_of_boilerplate_is_refused(self, version: Path, content: bytes):
        (version / BOILERPLATE).write_bytes(content)
        reseal(version)
        assert refused(version) == BOILERPLATE

    @pytest.mark.parametrize("changes", [{"counts": "many"}, {"files": ["idf.npy"]}, {"config": {"neighbours": "x"}}])
    def test_a_sealed_manifest_of_another_shape_is_refused(self, version: Path, changes: dict[str, Any]):
        content = json.loads((version / MANIFEST).read_bytes())
        content.pop("seal")
        content.update(changes)
        seal = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        (version / MANIFEST).write_text(json.dumps({**content, "seal": seal}), "utf-8")
        with pytest.raises(FileRefused, match="members do not fit"):
            load(version)


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_nothing_in_the_package_reads_a_pickle():
    for path in Path(load.__code__.co_filename).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {"pickle", "joblib", "dill", "marshal", "shelve"} & {name.partition(".")[0] for name in names}
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant)
                assert node.value.value is False
