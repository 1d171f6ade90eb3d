"""
Who does the work of a batch: processes of this machine, or the workers of a Dask cluster.

    with crew(scheduler, workers) as hands:
        for task, outcome in hands(build_one, tasks): ...

A task whose process was lost is started again, `TRIES` times in all; then its outcome is None, and nobody else's work
is lost with it. What a task raises is raised here.
"""

from __future__ import annotations

import importlib.util
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from jiujin.errors import JiujinError, Problem

Asked = TypeVar("Asked")
Given = TypeVar("Given")
Hands = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[Any, Any]]]

TRIES = 3
"""So often a task is started before it counts as failed."""

LOCAL, PROCESSES = "local", "processes"
"""In place of an address: a Dask cluster on this machine; plain processes without Dask."""


@contextmanager
def crew(scheduler: str | None, workers: int | None) -> Iterator[Hands]:
    """
    Give hands for work: those of the scheduler at this address, else of a cluster on this machine.

    Without an address and without `distributed`, plain processes do the same. Raises JiujinError where the cluster
    cannot be used.
    """
    if scheduler is None:
        scheduler = LOCAL if importlib.util.find_spec("distributed") else PROCESSES
    if scheduler == PROCESSES:
        yield partial(_in_processes, workers or os.cpu_count() or 1)
        return
    with _client(scheduler, workers) as client:
        yield partial(_on_cluster, client)


@contextmanager
def _client(scheduler: str, workers: int | None) -> Iterator[Any]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise JiujinError(_no_library()) from error
    cluster: Any = None
    try:
        if scheduler == LOCAL:  # a whole province needs what memory there is, so no worker is stopped at its share
            start: Any = LocalCluster
            cluster = start(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address="127.0.0.1:0",  # whichever port is free, for nobody elsewhere
                silence_logs=logging.CRITICAL,
                scheduler_kwargs={"allowed_failures": TRIES - 1},
            )
        connect: Any = Client
        with connect(cluster or scheduler, set_as_default=False, timeout=20) as client:
            yield client
    except (OSError, TimeoutError) as error:
        raise JiujinError(_no_scheduler(scheduler, error)) from error
    finally:
        if cluster is not None:
            cluster.close()


def _on_cluster(
    client: Any, work: Callable[[Asked], Given], tasks: Sequence[Asked]
) -> Iterator[tuple[Asked, Given | None]]:
    """Let the workers do it; the cluster starts again what was lost with a worker."""
    from distributed import KilledWorker
    from distributed import as_completed as in_turn

    asked: Any = in_turn
    futures = {client.submit(work, task, pure=False): task for task in tasks}
    for future in asked(list(futures), loop=client.loop):
        if future.cancelled():
            raise JiujinError(_no_scheduler(client.scheduler.address, ConnectionError("连接中断")))
        error = future.exception()
        if error is not None and not isinstance(error, KilledWorker):
            raise error
        yield futures.pop(future), None if error else future.result()


def _in_processes(
    count: int, work: Callable[[Asked], Given], tasks: Sequence[Asked]
) -> Iterator[tuple[Asked, Given | None]]:
    """Let each of several threads hand its tasks to a process of its own, and a new one when that dies."""
    processes = _Processes()
    with ThreadPoolExecutor(max(min(count, len(tasks)), 1)) as threads:
        waiting = {threads.submit(processes.do, work, task): task for task in tasks}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        finally:
            for future in waiting:
                future.cancel()
            processes.close()


class _Processes:
    """A process per thread, kept from task to task because starting one takes as long as a small study."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: list[ProcessPoolExecutor] = []

    def do(self, work: Callable[[Asked], Given], task: Asked) -> Given | None:
        """Do a task in this thread's process; None for who loses it again and again."""
        for _ in range(TRIES):
            try:
                return self._mine().submit(work, task).result()
            except BrokenProcessPool:
                self._own.process = None
        return None

    def _mine(self) -> ProcessPoolExecutor:
        if getattr(self._own, "process", None) is None:
            self._own.process = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            self._all.append(self._own.process)
        process: ProcessPoolExecutor = self._own.process
        return process

    def close(self) -> None:
        """Let every process go."""
        for process in self._all:
            process.shutdown(cancel_futures=True)


def died() -> Problem:
    """Tell of a task whose process was lost every time."""
    return Problem(
        severity="error",
        rule="worker_died",
        found=f"计算进程 {TRIES} 次中途退出",
        wanted="足够的内存",
        action="请关闭其他程序，或减少同时计算的项目数（--workers 1）后重新运行，已完成的项目不会重算",
    )


def _no_library() -> Problem:
    return Problem(
        severity="error",
        rule="no_cluster_library",
        found="使用 --scheduler 需要 distributed，本机没有安装",
        wanted='pip install "jiujin[cluster]"',
        action="不写 --scheduler 时只用本机，不需要它",
    )


def _no_scheduler(address: str, error: BaseException) -> Problem:
    return Problem(
        severity="error",
        rule="no_scheduler",
        found=f"连接不上调度器 {address}：{error}",
        wanted="已启动的 Dask 调度器地址，如 tcp://10.0.0.1:8786",
        action="请核对地址和网络；已完成的项目不会重算",
    )
