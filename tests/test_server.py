"""The real server, started as a user starts it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree, which
from typing import Any

import numpy as np
import pytest

from models import store
from models.classifier import Weights
from training.examples import Article

ROOT = Path(__file__).parent.parent


class Server:
    """A running `python -m service serve`."""

    def __init__(self, models: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {"PORT": str(port), "ONDIT_MODELS": str(models), "ONDIT_WORKERS": "2"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 60
        while self.status("/readyz") != 200:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < until

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def ask(self, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self.url}/v1/classify", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def stop(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=40)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("server") / "models"
    copytree(store.SHIPPED, target)
    return target


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Server]:
    running = Server(models)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_it_says_where_the_page_is_and_shows_a_call(models: Path) -> None:
    running = Server(models)
    out, err = running.stop()
    assert f"{running.url}/" in out
    assert f"curl {running.url}/v1/classify" in out
    assert "Traceback" not in err
    assert running.process.returncode == 0


def test_a_promoted_version_is_taken_up_without_losing_a_request(
    server: Server, models: Path, corpus: list[Article]
) -> None:
    """Requests before, during and after the change are all answered, in the end by the new version."""
    body = {"sentences": corpus[0].sentences}
    old = store.load(where=models)
    with np.load(models / old.version / "weights.npz") as arrays:
        weights = {code: Weights(**{name: arrays[f"{code}.{name}"] for name in store.ARRAYS}) for code in old.models}
    for part in weights.values():
        part.bias[:] += 1  # another version with the same answers
    new = store.save(weights, {}, models)
    store.promote(new, models)
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(server.ask, [body] * 40))
        server.process.send_signal(signal.SIGHUP)
        seen = {reply["model"]["version"] for reply in first}
        until = time.monotonic() + 30
        while seen != {new}:
            assert time.monotonic() < until
            seen = {reply["model"]["version"] for reply in pool.map(server.ask, [body] * 20)}
    assert {reply["model"]["version"] for reply in first} == {old.version}
    store.roll_back(models)


def test_a_version_that_cannot_be_loaded_leaves_the_old_one_serving(
    server: Server, models: Path, corpus: list[Article]
) -> None:
    body = {"sentences": corpus[0].sentences}
    before = server.ask(body)["model"]
    (models / "current").write_text("no-such-version\n", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    assert [server.ask(body)["model"] for _ in range(20)] == [before] * 20
    assert server.process.poll() is None


def test_a_stream_is_answered_while_it_is_still_being_sent(server: Server, corpus: list[Article]) -> None:
    """The first answer arrives before the last document leaves."""
    host, port = server.url.removeprefix("http://").split(":")
    documents = [
        json.dumps({"id": number, "sentences": article.sentences}).encode() + b"\n"
        for number, article in enumerate(corpus[:6])
    ]

    def chunk(data: bytes) -> bytes:
        return f"{len(data):x}\r\n".encode() + data + b"\r\n"

    with socket.create_connection((host, int(port)), timeout=20) as wire, wire.makefile("rb") as reply:
        wire.sendall(
            b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        wire.sendall(chunk(b"".join(documents[:-1])))
        while b'{"id":0,' not in (got := reply.readline()):
            assert got
        wire.sendall(chunk(documents[-1]) + chunk(b""))
        while b'{"id":5,' not in (got := reply.readline()):
            assert got


def test_a_body_that_does_not_say_its_length_is_limited_too(server: Server) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as wire, wire.makefile("rb") as reply:
        wire.sendall(
            b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        with contextlib.suppress(OSError):  # it may hang up before all is sent
            for _ in range(13):
                wire.sendall(b"186a0\r\n" + b"He left. " * 11111 + b"!" + b"\r\n")
            wire.sendall(b"0\r\n\r\n")
        assert b" 413 " in reply.readline()


def test_a_rate_that_is_none_is_told_at_the_start() -> None:
    environment = os.environ | {"ONDIT_RATE_LIMIT": "often", "ONDIT_MODELS": str(store.SHIPPED), "PORT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "service", "serve"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "ONDIT_RATE_LIMIT 'often'" in done.stderr


def test_requests_are_counted_over_all_workers(server: Server) -> None:
    for _ in range(20):
        server.status("/healthz")
    with urllib.request.urlopen(f"{server.url}/metrics") as reply:
        text = reply.read().decode()
    found = re.search(r'ondit_requests_total\{endpoint="/healthz",status="200"\} (\d+)', text)
    assert found
    assert int(found.group(1)) >= 20


@pytest.mark.skipif(not which("curl"), reason="curl is not installed")
def test_the_examples_of_the_readme_work_as_printed(server: Server, tmp_path: Path) -> None:
    """Every shell block marked `check` in the README runs, against this server."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh check\n(.*?)```", readme, re.DOTALL)
    assert len(blocks) >= 4
    (tmp_path / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ONDIT_MODELS": str(tmp_path / "models")}
    copytree(store.SHIPPED, tmp_path / "models")
    for block in blocks:
        script = block.replace("http://127.0.0.1:8000", server.url)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        for expected in re.findall(r"#> (.*)", block):
            assert expected in done.stdout, f"{block}\n{done.stdout}"
