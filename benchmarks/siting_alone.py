"""
HiGHS alone with a covering question, in a process of its own that ends when its time is up.

HiGHS looks at its clock only between steps, and on large questions a step may take minutes. So every better plan is
told as soon as it is found, and the system ends the process when it has used as many processor seconds as it was given.
"""

from __future__ import annotations

import math
import multiprocessing
import resource
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from jiujin.analysis.siting.exact import model_of, quiet
from jiujin.analysis.siting.incidence import Incidence
from jiujin.analysis.siting.local_search import Groups
from jiujin.analysis.siting.maximal import covering_programme


@dataclass(frozen=True)
class Alone:
    """The best plan's people, the bound (infinite: none yet), processor seconds, and whether the process was ended."""

    people: int
    bound: float
    cpu: float
    ended: bool


def highs_alone(question: Incidence, count: int, seconds: float) -> Alone:
    """Give HiGHS so many processor seconds, the stating of the model not counted."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_solve, args=(there, question, count, seconds))
    child.start()
    there.close()
    people, bound, cpu, finished = 0.0, math.inf, seconds, False
    while True:
        try:
            people, bound, cpu, finished = here.recv()
        except EOFError:
            break
    child.join()
    return Alone(people=round(people), bound=bound, cpu=cpu if finished else math.ceil(seconds), ended=not finished)


def _solve(told: Connection, question: Incidence, count: int, seconds: float) -> None:
    import highspy

    programme = covering_programme(question, count, Groups.none(question.candidates))
    highs = quiet(highspy)
    for name, value in {"random_seed": 0, "threads": 1, "mip_abs_gap": 0.999}.items():
        highs.setOptionValue(name, value)
    highs.passModel(model_of(programme, highspy))
    begun = time.process_time()

    def better(event: highspy.HighsCallbackEvent) -> None:
        found = event.data_out
        told.send((found.mip_primal_bound, found.mip_dual_bound, time.process_time() - begun, False))

    def enough(event: highspy.HighsCallbackEvent) -> None:
        if time.process_time() - begun > seconds:
            event.interrupt()

    highs.cbMipImprovingSolution += better
    highs.cbMipInterrupt += enough
    last = math.ceil(begun + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (last, last))
    highs.run()
    info = highs.getInfo()
    people = info.objective_function_value if info.primal_solution_status == 2 else 0.0
    told.send((people, info.mip_dual_bound, time.process_time() - begun, True))
