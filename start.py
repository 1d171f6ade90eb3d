"""
Everything that a fresh machine needs, in one command: `python3 start.py map` or `python3 start.py test`.

Needs Python 3.11 or newer with pip, and nothing else: it makes `.venv` beside itself, installs Jiujin into it once
(again only when `pyproject.toml` or `constraints.txt` changed), and runs what was asked for. On Windows:
`py start.py map`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WHEELS = HERE / "wheels"
USAGE = """用法：
  python3 start.py map [文件夹]   安装并生成示例县地图（或指定的项目文件夹）
  python3 start.py test           安装并运行全部测试
  python3 start.py jiujin …       安装并运行任意命令，例如 jiujin check 我的县
  python3 start.py pack           把安装所需的全部软件包下载到 wheels 文件夹，供不能联网的电脑安装
Windows 下把 python3 换成 py。"""


def main(words: list[str]) -> int:
    """Install what the wanted verb needs, run it, and hand on its exit status."""
    if sys.version_info < (3, 11):
        print("需要 Python 3.11 或更新的版本，当前为 " + sys.version.split()[0])
        return 2
    verb, *rest = words or ["help"]
    if verb == "map":
        install(extra="")
        return run("-m", "jiujin", "build", *rest)
    if verb == "jiujin":
        install(extra="")
        return run("-m", "jiujin", *rest)
    if verb == "pack":
        return pack()
    if verb == "test":
        install(extra="test")
        return run("-m", "pytest", *rest)
    print(USAGE)
    return 0 if verb in {"help", "-h", "--help"} else 2


def install(*, extra: str) -> None:
    """Make `.venv` and install Jiujin with its pinned libraries, unless that was done for these very files."""
    wanted = hashlib.sha256(
        b"".join((HERE / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    ).hexdigest()
    stamp = ENVIRONMENT / f"jiujin-installed{'-' + extra if extra else ''}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print("正在安装（只在第一次进行，约一至三分钟）…", flush=True)
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    what = f"{HERE}[{extra}]" if extra else str(HERE)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if WHEELS.is_dir():
        pip += ["--no-index", "--find-links", str(WHEELS)]
    done = subprocess.run([*pip, "-c", str(HERE / "constraints.txt"), "-e", what], check=False)
    if done.returncode:
        print("安装没有成功：请检查网络或软件源设置；离线电脑请按 README“离线安装”一节操作。")
        raise SystemExit(done.returncode)
    stamp.write_text(wanted, encoding="utf-8")


def pack() -> int:
    """Download every package that `map` needs into `wheels`, from which `install` then takes them without a network."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", str(WHEELS)]
    return subprocess.run(
        [*pip, "-c", str(HERE / "constraints.txt"), str(HERE), "hatchling", "editables"], check=False
    ).returncode


def run(*words: str) -> int:
    """Run the environment's Python with these words, in the folder where the user stands."""
    return subprocess.run([str(PYTHON), *words], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
