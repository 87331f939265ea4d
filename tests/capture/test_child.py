"""The reading child: kept warm, gone with its process, and what one page says never reaches another."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from claims.capture import child
from claims.capture.child import ReadingFailed, read_in_child
from tests.capture.pages import PARAGRAPHS, article

_ROOT = Path(__file__).resolve().parents[2]
_HOLD_A_CHILD = """
import sys, threading, time
from claims.capture import child
child.read_in_child("page", b"<p>one</p>", url="https://a.example/")
pid = child.child_pid()
if sys.argv[1] == "busy":
    slow = b"<p>a " * 250_000
    threading.Thread(target=child.read_in_child, args=("page", slow), kwargs={"url": ""}, daemon=True).start()
    time.sleep(0.3)
print(pid, flush=True)
time.sleep(60)
"""


def read(body: bytes, **limits):
    return read_in_child("page", body, url="https://a.example/x", content_type="text/html", charset="", **limits)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> bool:
    for _ in range(100):
        if not lives(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("at_work", ["idle", "busy"])
def test_a_child_dies_with_its_process_even_when_that_is_killed(at_work: str):
    with subprocess.Popen([sys.executable, "-c", _HOLD_A_CHILD, at_work], cwd=_ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert lives(pid)

        parent.send_signal(signal.SIGKILL)

    assert wait_until_gone(pid)


def test_threads_get_what_they_asked_for():
    def ask(number: int) -> bool:
        words = f"marker{number:03d}"
        said = read(article(title=words, body=PARAGRAPHS.replace("Hafenstadt", words)))
        others = [n for n in range(40) if n != number and f"marker{n:03d}" in str(said)]
        return said["title"] == words and words in said["text"] and not others

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(40)))

    assert answers == [True] * 40
    assert len(child._POOL.all) <= child.CHILDREN


def test_a_page_reads_the_same_in_a_used_child_as_in_a_new_one():
    page = article(title="Alone")
    child.close()
    alone = read(page)

    for number in range(20):
        read(article(title=f"Before {number}", head='<meta name="author" content="Somebody Else">', lang="de"))

    assert read(page) == alone


def test_a_hostile_page_harms_no_other_that_is_read_at_the_same_time():
    failed: list[Exception] = []

    def hostile() -> None:
        try:
            read(b"<p>a " * 250_000, wall_seconds=0.5)
        except ReadingFailed as error:
            failed.append(error)

    thread = threading.Thread(target=hostile)
    thread.start()
    said = [read(article())["text"] for _ in range(5)]
    thread.join()

    assert len(failed) == 1
    assert all("harbour bridge" in text for text in said)


def test_a_child_that_ended_by_itself_is_replaced_without_a_failure():
    read(article())
    idle = child._POOL.idle[-1]
    assert idle.process.stdin is not None
    idle.process.stdin.close()  # what it sees is what it sees after resting too long: it ends, with 0
    assert wait_until_gone(idle.process.pid)

    assert "harbour bridge" in read(article())["text"]
    assert child.child_pid() != idle.process.pid


def test_a_process_with_many_files_open_has_children_too():
    child.close()
    kept: list[int] = []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        while not kept or kept[-1] < 1100:  # select() takes none from 1024 on
            kept.append(os.dup(0))

        assert read(article())["text"]
    finally:
        for number in kept:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        child.close()


def test_a_child_that_cannot_be_started_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch):
    child.close()
    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")

    for _ in range(3):
        with pytest.raises(OSError, match="nonexistent"):
            read(article())

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_old_child_is_replaced(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(child, "REQUESTS_PER_CHILD", 2)
    child.close()

    pids = []
    for _ in range(4):
        read(article())
        pids.append(child.child_pid())

    assert pids[0] == pids[1] != pids[2] == pids[3]


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x00\x00\x1d" + b'{"number": 77, "text": "old"}',
        b"\x00\x00\x00\x0f" + b'{"text": "old"}',
        b"\x00\x00\x00\x04" + b"what",
        b"\xff\xff\xff\xff" + b"{}",
        b"\x00\x00\x00\x1d" + b"{",
    ],
)
def test_an_answer_to_another_question_is_no_answer(answer: bytes):
    fresh = child._Child()
    source, sink = os.pipe()
    os.write(sink, answer)
    with os.fdopen(source, "rb", buffering=0) as stale, fresh.source:
        fresh.source = stale

        with pytest.raises(ReadingFailed):
            fresh.ask({"kind": "page", "cpu_seconds": 1}, b"<p>new</p>", wall=1.0)
        fresh.end()
    os.close(sink)
