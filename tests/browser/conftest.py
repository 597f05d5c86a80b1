"""The demo that the browser tests of a process share: its start takes longer than most of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from demo.outside import Demo, started
from tests.browser.stage import Stage, arguments, check_secrets, staged


class SharedDemo:
    """A demo that starts when it is first wanted, on an event loop that outlives the tests."""

    def __init__(self, runner: asyncio.Runner, folder: Path) -> None:
        self._runner = runner
        self._folder = folder
        self._stack = AsyncExitStack()
        self._demo: Demo | None = None
        self.used = False

    def demo(self) -> Demo:
        """Return the running demo."""
        if self._demo is None:
            running = started(*arguments(self._folder))
            self._demo = self._runner.run(self._stack.enter_async_context(running))
        return self._demo

    def stop(self) -> None:
        """Stop it with Ctrl-C, and check that it ends in order and has told no secret."""
        if self._demo is not None:
            try:
                assert self._runner.run(self._demo.stop()) == 0
                check_secrets(self._demo)
            finally:
                self._runner.run(self._stack.aclose())


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedDemo]:
    """Return the demo of this process, which stops after the last test."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        shared = SharedDemo(runner, tmp_path_factory.mktemp("browser") / "demo")
        yield shared
        shared.stop()


@pytest.fixture
def demo(socket_enabled: None, shared_demo: SharedDemo) -> Demo:
    """Return the running demo; it starts only here, where a test may use sockets."""
    return shared_demo.demo()


@pytest.fixture
async def stage(shared_demo: SharedDemo, demo: Demo) -> AsyncIterator[Stage]:
    """Return the demo as after its start, its simulator, and a browser of the test's own."""
    used, shared_demo.used = shared_demo.used, True
    async with staged(demo, used=used) as stage:
        yield stage
