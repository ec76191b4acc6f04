"""`silah import`: a site on this machine, files, a service that listens; what is watched is a process of its own."""

from __future__ import annotations

import gzip
import io
import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.article import Article
from tests.support.commands import Command
from tests.support.newsroom import topic_records, train_into, write_jsonl
from tests.support.processes import START, Server, running, silah, silah_json
from tests.support.serving import eventually
from tests.support.site import NewsSite
from training.importing.memory import Memory

PRIVATE = "--allow-private"


def lines(file: Path) -> list[dict[str, Any]]:
    data = file.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(data) if file.suffix == ".gz" else data).splitlines()]


def counts(summary: dict[str, Any]) -> dict[str, int]:
    return {name: summary[name] for name in ("new", "changed", "unchanged", "rejected") if summary[name]}


def done(command: Command, *arguments: str | Path) -> dict[str, Any]:
    """What a command that must succeed says of itself."""
    ended = command(*arguments, "--json")
    assert ended.code == 0, ended.err
    document: dict[str, Any] = ended.document
    return document


@pytest.mark.parametrize("name", ["news.jsonl", "news.jsonl.gz"])
def test_a_feed_is_imported_and_asked_for_news_only(folder: Path, command: Command, site: NewsSite, name: str) -> None:
    words = ("import", f"{site.url}/rss.xml", "--to", name, PRIVATE)
    assert counts(done(command, *words)) == {"new": 3}
    assert [Article.from_record(line) for line in lines(folder / name)] == site.articles
    assert counts(done(command, *words)) == {}
    assert site.paths(304) == ["/rss.xml"]
    site.publish([replace(site.articles[0], title="افتتاح الجسر"), site.articles[1]])
    assert counts(done(command, *words)) == {"changed": 1, "unchanged": 1}
    assert [line["id"] for line in lines(folder / name)] == ["101", "102", "103", "101"]
    assert counts(done(command, *words, "--anew")) == {"new": 2}
    assert len(lines(folder / name)) == 2


def test_many_locations_become_one_file_and_one_training(folder: Path, command: Command, site: NewsSite) -> None:
    write_jsonl(folder / "topics.jsonl", topic_records())
    locations = ("topics.jsonl", f"sitemap+{site.url}/sitemap.xml", f"{site.url}/atom.xml")
    flags = (PRIVATE, "--to", "all.jsonl")
    summary = done(command, "import", *locations, *flags)
    assert summary["new"] == len(topic_records()) + 3
    assert summary["unchanged"] == 3  # the feed says what the pages say
    trained = done(command, "train", "topics.jsonl", f"{site.url}/rss.xml", PRIVATE)
    assert trained["articles"] == summary["new"]


def test_rejected_records_stand_beside_the_file(folder: Path, command: Command) -> None:
    (folder / "a.csv").write_text("id,title,published_at,unknown\n1,خبر,,x\n2,,,\n3,خبر,غدا,\n", encoding="utf-8")
    summary = done(command, "import", "a.csv", "--to", "a.jsonl")
    assert counts(summary) == {"new": 1, "rejected": 2}
    assert summary["reasons"] == {"blank_title": 1, "bad_time": 1}
    rejected = lines(folder / summary["rejects_file"])
    assert [(one["line"], one["reason"]) for one in rejected] == [(3, "blank_title"), (4, "bad_time")]


def test_rejects_of_an_earlier_run_do_not_stay(folder: Path, command: Command) -> None:
    (folder / "a.csv").write_text("id,title\n1,\n", encoding="utf-8")
    rejects = folder / str(done(command, "import", "a.csv", "--to", "a.jsonl")["rejects_file"])
    (folder / "a.csv").write_text("id,title\n1,خبر\n", encoding="utf-8")
    assert lines(rejects)
    assert done(command, "import", "a.csv", "--to", "a.jsonl")["rejects_file"] is None
    assert not rejects.exists()


@pytest.mark.parametrize(
    ("flags", "path"), [(("--memory", "a.csv/x/memory"), "a.csv/x"), (("--rejects", "none/x.jsonl"), "none/x.jsonl")]
)
def test_files_that_cannot_be_written_are_told(
    folder: Path, command: Command, flags: tuple[str, ...], path: str
) -> None:
    (folder / "a.csv").write_text("id,title\n1,\n", encoding="utf-8")
    ended = command("import", "a.csv", "--to", "a.jsonl", *flags)
    assert ended.code == 4
    assert f"cannot write {path}" in ended.err


def test_a_file_begins_anew_only_where_no_other_import_has_it(folder: Path, command: Command) -> None:
    (folder / "a.csv").write_text("id,title\n1,خبر\n", encoding="utf-8")
    done(command, "import", "a.csv", "--to", "a.jsonl")
    with Memory.opened(folder / "a.memory"):
        ended = command("import", "a.csv", "--to", "a.jsonl", "--anew")
    assert ended.code == 4
    assert "another import is using it" in ended.err
    assert len(lines(folder / "a.jsonl")) == 1


def test_an_import_that_is_broken_off_is_no_success(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(io.BytesIO):
        """Standard input during which somebody presses Ctrl-C."""

        def read1(self, size: int | None = -1, /) -> bytes:
            if not self.tell():
                signal.raise_signal(signal.SIGINT)
            return super().read1(size)

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Stopping(b'{"id": "1", "title": "x"}\n{"id": "2"}\n')))
    ended = command("import", "jsonl+-", "--to", "a.jsonl")
    assert ended.code == 130
    assert "next run" in ended.err
    assert [one["id"] for one in lines(folder / "a.jsonl")] == ["1"]


def test_a_password_of_the_target_is_shown_nowhere(folder: Path, command: Command) -> None:
    (folder / "a.csv").write_text("id,title\n", encoding="utf-8")
    ended = command("import", "a.csv", "--to", "http://editor:geheim@127.0.0.1:9", "--json", "--artifacts", "artifacts")
    assert ended.document["to"] == "http://127.0.0.1:9"
    assert [one.name for one in (folder / "artifacts" / "imports").iterdir()] == ["127-0-0-1-9.memory"]


def test_a_location_that_cannot_be_read_is_told_after_the_others_were(folder: Path, command: Command) -> None:
    write_jsonl(folder / "topics.jsonl", topic_records())
    ended = command("import", "none.csv", "topics.jsonl", "--to", "all.jsonl", "--json")
    assert ended.code == 4
    assert "none.csv: no such file" in ended.err
    summary = ended.document
    assert list(summary["failed"]) == ["none.csv"]
    assert summary["new"] == len(topic_records()) == len(lines(folder / "all.jsonl"))


def test_this_machine_is_not_asked_unless_it_may_be(folder: Path, command: Command, site: NewsSite) -> None:
    ended = command("import", f"{site.url}/rss.xml", "--to", "all.jsonl")
    assert ended.code == 4
    assert "--allow-private" in ended.err
    assert site.asked == []


def test_standard_output_holds_records_alone(folder: Path, command: Command) -> None:
    write_jsonl(folder / "topics.jsonl", [*topic_records(), {"id": "none"}])
    ended = command("import", "topics.jsonl", "--to", "-")
    assert "rejected 1 (blank_title 1)" in ended.err
    assert [json.loads(line)["id"] for line in ended.out.splitlines()] == [one["id"] for one in topic_records()]
    assert f"{len(topic_records())} new" in ended.err
    assert sorted(folder.iterdir()) == [folder / "topics.jsonl"]


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ((), "--to"),
        (("--to", "-", "--json"), "--to"),
        (("--to", "a.csv"), "must end in"),
        (("--to", "a.jsonl", "--columns", "id"), "--columns"),
        (("--to", "a.jsonl", "--every", "0"), "--every"),
    ],
)
def test_wrong_usage_is_told(folder: Path, command: Command, flags: tuple[str, ...], problem: str) -> None:
    ended = command("import", "articles.jsonl", *flags)
    assert ended.code == 2
    assert problem in ended.err


def test_options_stand_in_the_settings_too(folder: Path, command: Command) -> None:
    (folder / "a.csv").write_text("ID|headline\n1|خبر\n", encoding="windows-1256")
    (folder / "silah.toml").write_text('[sources.columns]\nid = "ID"\ntitle = "title"\n', encoding="utf-8")
    done(command, "import", "a.csv", "--to", "a.jsonl", "--columns", "title=headline")
    assert lines(folder / "a.jsonl") == [{"id": "1", "title": "خبر", "body": ""}]


def test_a_file_is_not_read_while_it_grows(folder: Path, command: Command) -> None:
    write_jsonl(folder / "a.jsonl", [{"id": "1", "title": "قديم"}, {"id": "1", "title": "جديد"}])
    write_jsonl(folder / "b.jsonl", [{"id": "2", "title": "خبر"}])
    assert counts(done(command, "import", "*.jsonl", "--to", "a.jsonl")) == {"new": 1}
    assert [line["id"] for line in lines(folder / "a.jsonl")] == ["1", "1", "2"]
    ended = command("import", "a.jsonl", "--to", folder / "a.jsonl")
    assert ended.code == 4
    assert "a.jsonl: it is where the records go" in ended.err


@pytest.mark.parametrize("typed", ["\\t", "\t"])
def test_a_tab_may_be_typed_as_one_or_as_two_characters(folder: Path, command: Command, typed: str) -> None:
    (folder / "a.csv").write_text("id\tx,title,y\ttitle\n1\t2\tخبر\n", encoding="utf-8")
    done(command, "import", "a.csv", "--to", "a.jsonl", "--delimiter", typed)
    assert lines(folder / "a.jsonl") == [{"id": "1", "title": "خبر", "body": ""}]


def test_what_is_taken_off_a_page_is_shown(folder: Path, command: Command) -> None:
    sentence = "فاز الفريق على ضيفه بهدفين مساء أمس في ملعب الميناء."
    page = f"الرئيسية » رياضة\n\n{sentence}\n\nأخبار ذات صلة\n\nالفريق يتعاقد مع مهاجم\n"
    (folder / "page.txt").write_text(page, encoding="utf-8")
    (told,) = done(command, "import", "page.txt", "--explain")["pages"]
    assert told["record"]["section"] == "رياضة"
    assert [one["kind"] for one in told["taken"]] == ["breadcrumb", "heading", "pasted"]
    shown = command("import", "page.txt", "--explain").out
    assert "الفريق يتعاقد مع مهاجم" in shown
    assert "رياضة" in shown


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Server]:
    train_into(tmp_path / "artifacts", topic_records())
    with running(tmp_path, "serve", "--port", "0") as server:
        eventually(server.ready, START)
        yield server


def test_a_watched_site_is_live(tmp_path: Path, site: NewsSite, service: Server) -> None:
    key = silah_json(tmp_path, "keys", "create", "--scope", "write")["key"]
    flags = (PRIVATE, "--to", service.address, "--key", key, "--every", "1")

    def title() -> str | None:
        answer = service.get("/v1/articles/101")
        return str(answer.json()["title"]) if answer.status_code == 200 else None

    with running(tmp_path, "import", "--watch", f"{site.url}/rss.xml", *flags) as watching:
        eventually(lambda: title() == site.articles[0].title)
        site.publish([replace(site.articles[0], title="الجسر القديم مفتوح"), *site.articles[1:]])
        eventually(lambda: title() == "الجسر القديم مفتوح")
        assert service.get("/v1/articles/103/related?fallback=latest").json()["items"]
        assert watching.stop() == 0
    again = silah_json(tmp_path, "import", f"{site.url}/atom.xml", *flags)
    assert counts(again) == {"unchanged": 3}


def test_a_service_takes_nothing_without_a_key(tmp_path: Path, service: Server) -> None:
    write_jsonl(tmp_path / "new.jsonl", [{"id": "new", "title": "خبر جديد"}])
    done = silah(tmp_path, "import", "new.jsonl", "--to", service.address)
    assert done.returncode == 4
    assert "takes no articles" in done.stderr
