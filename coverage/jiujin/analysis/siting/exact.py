"""
The one door to HiGHS: mixed-integer programmes in, the best answer and the best bound out, also when time runs out.

HiGHS is started from the best plan that is known, and only asked what could be better than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """
    Maximise `worth` times the columns, `low <= matrix @ columns <= high`, columns between `least` and `most`.

    `whole` tells which columns must be whole numbers.
    """

    worth: Floats
    least: Floats
    most: Floats
    whole: NDArray[np.bool_]
    matrix: sparse.csr_array
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """
    What HiGHS came to: `columns` of the best answer (None: none was found), its `worth`, the `bound` that no answer
    exceeds, whether the question is closed (`finished`) and whether there is no answer at all (`impossible`).
    """

    columns: Floats | None
    worth: float
    bound: float
    finished: bool
    impossible: bool


def solve(
    programme: Programme, *, seconds: float, start: Floats | None = None, step: float = 0.0, nodes: int | None = None
) -> Solved:
    """
    Solve a programme; `start` is an answer to begin with, `step` by how much any better answer is better at least.

    A search that `seconds` or `nodes` end gives what is known until then; only `seconds` depend on the machine.
    """
    import highspy

    highs = quiet(highspy)
    options: dict[str, Any] = {
        "time_limit": max(seconds, 0.01),
        "mip_rel_gap": 1e-9,
        "mip_abs_gap": max(step * 0.999, 1e-6),
        "random_seed": 0,
        "threads": 1,
    }
    if nodes is not None:
        options["mip_max_nodes"] = nodes
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(model_of(programme, highspy))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        highs.setSolution(solution)
    highs.run()
    return _read(highs, programme, highspy)


def quiet(highspy: Any) -> Any:
    """Open HiGHS without its banner: what stands on standard output is the answer's."""

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def model_of(programme: Programme, highspy: Any) -> Any:
    """Hand a programme to HiGHS as it is."""
    model = highspy.HighsLp()
    rows, columns = programme.matrix.shape
    model.num_col_, model.num_row_ = columns, rows
    model.col_cost_, model.col_lower_, model.col_upper_ = programme.worth, programme.least, programme.most
    model.row_lower_, model.row_upper_ = programme.low, programme.high
    model.sense_ = highspy.ObjSense.kMaximize
    matrix = programme.matrix.tocsr()
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.num_col_, model.a_matrix_.num_row_ = columns, rows
    model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data.astype(np.float64)
    if programme.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        model.integrality_ = [kinds[each] for each in programme.whole.astype(int).tolist()]
    return model


def _read(highs: Any, programme: Programme, highspy: Any) -> Solved:
    status, info = highs.getModelStatus(), highs.getInfo()
    impossible = status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}
    finished = impossible or status == highspy.HighsModelStatus.kOptimal
    found = info.primal_solution_status == 2  # feasible
    columns = np.array(highs.getSolution().col_value) if found else None
    worth = float(programme.worth @ columns) if columns is not None else -np.inf
    mixed = bool(programme.whole.any())
    bound = float(info.mip_dual_bound) if mixed else worth if finished else np.inf
    if not np.isfinite(bound):
        bound = -np.inf if impossible else np.inf
    return Solved(columns=columns, worth=worth, bound=bound, finished=finished, impossible=impossible)
