"""Three hundred laptops that report to one class, with losses and repetitions on the way, while a board is open."""

import asyncio
import json
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from provisioner.progress.store import Store

from .conftest import Cli
from .page import Page, place_parts
from .test_class_board import served_class

COUNT = int(os.environ.get("LAB_TEST_LAPTOPS", "300"))
SECONDS = float(os.environ.get("LAB_TEST_SECONDS", "600"))
PAUSE = 10.0  # seconds between two reports of a laptop, on average
LOST, TWICE = 0.1, 0.1  # of all reports: the answer does not arrive, or the report comes a second time
STATE = {"lab": "fake-shop", "exercise": "close-stats", "seconds": 1.0, "lab_version": "1", "kind": "check"}

pytestmark = pytest.mark.skipif(os.environ.get("LAB_TEST_ALL") != "1", reason="asked for by LAB_TEST_ALL=1: ten minutes")


@dataclass
class Laptop:
    """A learner's, as far as the server sees it."""

    host: str
    port: int
    slug: str
    code: str
    token: str = ""
    number: int = 0

    async def join(self) -> None:
        self.token = json.loads((await self._post("/join", {"code": self.code, "device": "1"}))[1])["token"]

    async def work(self, until: float) -> None:
        """Reports until then, and last of all what is left."""
        waiting: list[dict[str, Any]] = []
        await asyncio.sleep(random.random() * PAUSE)
        while time.monotonic() < until or waiting:
            for _ in range(random.randint(1, 3)):
                self.number += 1
                current = datetime.now(UTC).isoformat(timespec="milliseconds")
                event = {**STATE, "id": self.number, "time": current, "outcome": "not yet", "details": {"reasons": ["open"]}}
                waiting.append(event)
            report = {"device": "1", "events": waiting}
            if random.random() < TWICE:
                await self._post("/report", report)
            if random.random() < LOST:
                await self._post("/report", report, is_heard=False)
            else:
                status, _ = await self._post("/report", report)
                assert status == 200
                waiting = []
            await asyncio.sleep(random.expovariate(1 / PAUSE) if time.monotonic() < until else 0)

    async def _post(self, path: str, message: object, *, is_heard: bool = True) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        body = json.dumps(message).encode()
        lines = [f"POST {path} HTTP/1.1", f"Host: {self.host}:{self.port}", f"Authorization: Bearer {self.token}",
                 "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close", "", ""]  # fmt: skip
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        answer = await reader.read() if is_heard else b"HTTP/1.1 0"
        writer.close()
        head, _, text = answer.decode().partition("\r\n\r\n")
        return int(head.split()[1]), text


class Watcher(threading.Thread):
    """The trainer's board. delays: seconds from an event to the board that shows it."""

    def __init__(self, board: Page) -> None:
        super().__init__(daemon=True)
        self.board, self.attempts, self.delays = board, Counter[str](), list[float]()
        self.is_over = False

    def run(self) -> None:
        with self.board.open("/board/live") as live:
            while not self.is_over:
                try:
                    message = json.loads(live.recv(timeout=1))
                except TimeoutError:
                    continue
                for row in message.get("board", {}).get("rows", ()):
                    if row["attempts"] > self.attempts[row["slug"]]:
                        self.attempts[row["slug"]] = row["attempts"]
                        self.delays.append(row["idle"])


def test_hundreds_of_laptops(cli: Cli, tmp_path: Path, parts: Path) -> None:
    place_parts(cli.home, parts)
    names = "\n".join(["name", *(f"l{number:03}" for number in range(COUNT))])
    (tmp_path / "names.csv").write_text(f"{names}\n")
    folder = str(tmp_path / "big")
    cli.run("class", "new", folder, "--labs", "3", "--roster", str(tmp_path / "names.csv"))
    codes = {card["slug"]: card["code"] for card in cli.json("class", "cards", folder)}
    with served_class(cli, folder) as board:
        host, _, port = board.origin.removeprefix("http://").partition(":")
        laptops = [Laptop(host, int(port), slug, code) for slug, code in codes.items()]
        watcher = Watcher(board)
        watcher.start()
        server = psutil.Process(board.child.pid)

        async def work() -> tuple[list[int], float]:
            for laptop in laptops:
                await laptop.join()
            until, memory = time.monotonic() + SECONDS, list[int]()
            tasks = [asyncio.create_task(laptop.work(until)) for laptop in laptops]
            before, start = sum(server.cpu_times()[:2]), time.monotonic()
            while time.monotonic() < until:
                await asyncio.sleep(SECONDS / 20)
                memory.append(server.memory_info().rss >> 20)
            share = (sum(server.cpu_times()[:2]) - before) / (time.monotonic() - start)
            await asyncio.gather(*tasks)
            return memory, share

        memory, share = asyncio.run(work())
        time.sleep(3)
        watcher.is_over = True
        watcher.join(10)
    counts = Counter(event.seat.removeprefix("big-") for event in Store(cli.home / "progress.sqlite3").events())
    assert counts == {laptop.slug: laptop.number for laptop in laptops}  # none lost, none counted twice
    assert watcher.attempts == counts
    delays = sorted(watcher.delays)
    print(f"{counts.total()} events in {SECONDS:.0f} s; {share:.0%} of a processor; memory {memory} MiB; on the board after "
          f"{delays[len(delays) // 2]} s (median), {delays[-1]} s (longest)")  # fmt: skip
    assert memory[-1] < memory[len(memory) // 2] * 1.3
