"""What a database refuses, in Chinese and with the remedy; never the password, never the words of the study's query."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jiujin.errors import Problem
from jiujin.reading.database_address import file_name, without_password
from jiujin.study import DatabaseTable

if TYPE_CHECKING:
    import psycopg

_REMEDIES = {
    "28P01": ("用户名或口令不对", "请核对用户；口令建议放在 ~/.pgpass 或环境变量 PGPASSWORD，不写进 study.toml"),
    "28000": ("服务器不许这个用户从本机连接", "请数据库管理员在 pg_hba.conf 中放行"),
    "3D000": ("服务器上没有这个数据库", "请核对地址中的数据库名"),
    "53300": ("连接数已满", "请稍后重试，或请管理员增加连接数"),
    "57P03": ("数据库正在启动或停止", "请稍后重试"),
    "42501": (
        "没有权限",
        "请管理员授权：grant usage on schema …；grant select on …（登记表还需 insert、update、delete）",
    ),
    "42P01": ("没有这个表", "请核对表名；不在 public 模式的表写作 模式.表名"),
    "3F000": ("没有这个模式", "请核对模式名"),
    "42703": ("没有所写的列", "请核对查询或 geometry= 中的列名"),
    "42601": ("查询写法有误", "请先在 psql 或 pgAdmin 中试运行；只能写一条 select"),
    "42883": ("没有查询用到的函数", "请确认数据库已启用 PostGIS：create extension postgis"),
    "25006": ("查询想要改动数据库", "这里只能写 select；数据库未被改动"),
    "57014": ("查询超时，被服务器取消", "请缩小查询范围，或为表建索引"),
    "55P03": ("表正被别人锁住", "请稍后重试"),
}


def explained(
    error: psycopg.Error, database: str, table: DatabaseTable | None = None, near: Sequence[str] = ()
) -> Problem:
    """Say why a database, or one table of it, cannot be used; `near` are the tables that there are."""
    state = error.sqlstate or _told_state(str(error))
    found, action = _REMEDIES.get(state, (_told(error), "请核对后重试，或请数据库管理员查看服务器日志"))
    if not state and table is None:
        found = f"连不上：{_told(error)}"
        action = "请确认服务器已启动、主机和端口无误、网络与防火墙放行；恢复后重试"
    wanted = ""
    if state == "42P01" and table is not None:
        meant = get_close_matches(table.table, near, n=3, cutoff=0.6)
        wanted = f"是否想写 {'、'.join(meant)}？" if meant else ""
        wanted = wanted or (f"现有的表：{'、'.join(near[:10])}" if near else "")
    return Problem(
        severity="error",
        rule="database",
        file="" if table is None else file_name(table),
        found=f"数据库 {database}：{found}",
        wanted=wanted,
        action=f"{action}；原有成果保持不变",
    )


def no_driver() -> Problem:
    """Say that this installation cannot speak with databases."""
    return Problem(
        severity="error",
        rule="no_driver",
        found="study.toml 用到 PostgreSQL 数据库，但没有安装驱动",
        wanted='pip install "psycopg[binary]"（装进运行 jiujin 的 Python 环境）',
        action="安装后重试；也可把数据导出为文件使用",
    )


def _told(error: psycopg.Error) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return without_password(lines[0]) if lines else type(error).__name__


def _told_state(text: str) -> str:
    """Refusals at the door carry no state, only words; those of the two languages that servers here speak."""
    words = {
        "28P01": ("password authentication failed", "no password supplied", 'role "', '角色 "', "口令", "密码"),
        "28000": ("no pg_hba.conf entry", "pg_hba.conf"),
        "3D000": ('database "', '数据库 "'),
        "53300": ("too many clients", "too many connections", "remaining connection slots"),
        "57P03": ("is starting up", "is shutting down"),
    }
    known = "FATAL" in text or "致命" in text or "no password supplied" in text
    return next((state for state, said in words.items() if known and any(word in text for word in said)), "")
