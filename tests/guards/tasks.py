"""A test awaits or cancels the asyncio tasks and timers that it started."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

__all__ = ["no_lingering_tasks", "no_lingering_tasks_in_loop"]


def _describe(task: asyncio.Task[Any]) -> str:
    stack = task.get_stack(limit=1)
    place = f" at {stack[0].f_code.co_filename}:{stack[0].f_lineno}" if stack else ""
    return f"task {task.get_name()} in {getattr(task.get_coro(), '__qualname__', '?')}{place}"


def _timers(loop: asyncio.AbstractEventLoop) -> list[str]:
    scheduled: list[asyncio.TimerHandle] = getattr(loop, "_scheduled", [])
    return [f"timer {handle!r}" for handle in scheduled if not handle.cancelled()]


@pytest_asyncio.fixture
async def no_lingering_tasks_in_loop() -> AsyncIterator[None]:
    """Runs inside the test's own loop: a synchronous fixture finds no loop there and sees nothing."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    tasks = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    left = [_describe(task) for task in tasks] + _timers(asyncio.get_running_loop())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if left:
        pytest.fail("left in the event loop, await or cancel it:\n" + "\n".join(left))


@pytest.fixture(autouse=True)
def no_lingering_tasks(request: pytest.FixtureRequest) -> None:
    """Puts every coroutine test under the guard, before its other fixtures, so that it looks last."""
    if pytest_asyncio.is_async_test(request.node):
        request.getfixturevalue("no_lingering_tasks_in_loop")
