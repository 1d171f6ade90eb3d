"""How far a command is: what it says on standard error while it works."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable


def teller() -> Callable[[str], None]:
    """Progress on standard error: a line that is overwritten on a terminal, plain lines when piped."""

    def tell(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{text}", end="" if text.endswith("…") else "\n", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    compiler = logging.getLogger("jiujin.network.kernels")
    if not compiler.handlers:
        compiler.setLevel(logging.INFO)
        compiler.addHandler(_OnceCompiled(tell))
    return tell


class _OnceCompiled(logging.Handler):
    """Say once that this first run is slower because the kernels are being compiled."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.tell = tell
        self.said = False

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        """Speak at the first compiled kernel, stay silent at the others."""
        if not self.said:
            self.said = True
            self.tell("首次运行：正在编译计算内核，约十几秒，以后不再需要…")
