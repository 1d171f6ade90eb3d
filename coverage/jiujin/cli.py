"""
The command `jiujin`: each verb is one call into the library. The only place that prints or exits.

Heavy libraries are imported inside the verbs, so that `jiujin --help` answers at once.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.exceptions import TyperException

from jiujin.cli_printing import json_errors, print_json, print_problems
from jiujin.cli_progress import teller
from jiujin.cli_usage import usage_fault
from jiujin.errors import JiujinError, Problem
from jiujin.version import __version__

app = typer.Typer(
    name="jiujin",
    help="就近：谁走得到、谁走不到、下一处建在哪里。全部计算在本机完成，不联网。",
    epilog="示例：jiujin build　生成示例县地图；jiujin new 我的县　新建项目；jiujin build 我的县　生成地图与附表。",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

StudyFolder = Annotated[Path, typer.Argument(metavar="项目文件夹", help="含 study.toml 的文件夹")]
OutFolder = Annotated[
    Path | None, typer.Option("--out", metavar="文件夹", help="成果存放位置，默认为当前位置下 maps/项目名/")
]
AsJson = Annotated[bool, typer.Option("--json", help="在标准输出上只打印一个 JSON 对象，供程序读取")]

Atlas = Annotated[bool, typer.Option("--atlas/--no-atlas", help="是否生成图集与报告（--no-atlas 更快）")]
Cached = Annotated[bool, typer.Option("--cache/--no-cache", help="是否利用上次的中间结果（--no-cache 全部重算）")]


def main() -> NoReturn:
    """Run the command line; exit status 0 done, 1 the input stops the work, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Windows console may speak GBK
    gc.set_threshold(200_000, 20, 100)  # frames and parsed rows are no garbage: looking for it cost 6 % of a build
    status: object = 1
    try:
        status = app(standalone_mode=False)
    except JiujinError as error:
        print_problems(error.problems)
    except TyperException as error:
        print(
            f"用法不对：{usage_fault(error.format_message())}\n用法请看 jiujin --help 或 jiujin 命令 --help",
            file=sys.stderr,
        )
        status = 2
    except (KeyboardInterrupt, typer.Abort):
        status = "interrupted"
    if status not in {None, 0, 1, 2}:  # typer itself turns Ctrl+C into a number of its own
        print("已中断，原有成果未改动。", file=sys.stderr)
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


@app.callback(invoke_without_command=True)
def start(version: Annotated[bool, typer.Option("--version", help="显示版本")] = False) -> None:
    """就近：谁走得到、谁走不到、下一处建在哪里。"""
    if version:
        print(f"jiujin {__version__}")
        raise typer.Exit


@app.command(epilog="示例：jiujin build 我的县　　jiujin build 我的县 --out D:/成果")
def build(
    study: Annotated[Path | None, typer.Argument(metavar="[项目文件夹]", help="省略时为示例县")] = None,
    out: OutFolder = None,
    as_json: AsJson = False,
    atlas: Atlas = True,
    cache: Cached = True,
) -> None:
    """读取项目数据，计算步行覆盖，写出地图、附表和全部成果。"""
    from jiujin import pipeline

    tell = teller()
    folder = study or pipeline.example_study()
    with json_errors(as_json):
        out = out or pipeline.default_out(folder)
        report = pipeline.build(folder, out, atlas=atlas, cache=cache, today=_today(), tell=tell)
    if as_json:
        print_json(report.summary)
        return
    for line in report.lines():
        print(line)


@app.command(epilog="示例：jiujin check 我的县")
def check(study: StudyFolder, as_json: AsJson = False) -> None:
    """只检查数据：逐条列出文件、工作表、行、列的问题，不写任何成果。"""
    from jiujin import pipeline
    from jiujin.rendering.quality import quality_records

    try:
        problems, stops = pipeline.check(study, tell=teller()), False
    except JiujinError as error:
        problems, stops = error.problems, True
    if as_json:
        print_json({"problems": quality_records(problems)})
    else:
        print_problems(problems, stream=sys.stdout)
        print("数据有误，请先改正上列“错误”。" if stops else f"检查完成：共 {len(problems)} 条，可以生成地图。")
    if stops:
        raise typer.Exit(1)


@app.command(
    epilog="示例：jiujin site 我的县 --service elderly_canteen --count 5　　"
    "jiujin site 我的县 --service elderly_canteen --rate 0.6 --candidates 备选点.xlsx"
)
def site(
    study: StudyFolder,
    service: Annotated[str, typer.Option("--service", metavar="类型", help="设施类型编号，如 elderly_canteen")],
    count: Annotated[int | None, typer.Option("--count", metavar="处数", help="再建几处")] = None,
    rate: Annotated[float | None, typer.Option("--rate", metavar="覆盖率", help="达到的人口覆盖率，如 0.9")] = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            "--candidates",
            metavar="文件或类型",
            help="备选点位表，或设施类型编号，或 streets、communities；默认为其他设施的场所和居民点附近道路",
        ),
    ] = None,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> None:
    """再建几处、建在哪里覆盖的人最多，并证明离最优还差多少。"""
    from jiujin import pipeline
    from jiujin.study import SitingQuestion

    if (count is None) == (rate is None):
        raise typer.BadParameter("--count 和 --rate 要且只要写一个")
    question = SitingQuestion(service=service, count=count, rate=rate, candidates=candidates)
    with json_errors(as_json):
        report = pipeline.site(study, question, out, tell=teller())
    if as_json:
        print_json(report.answer.as_json())
        return
    for line in report.lines():
        print(line)
    print_problems(report.problems)


@app.command(epilog="示例：jiujin new 我的县")
def new(folder: Annotated[Path, typer.Argument(metavar="文件夹", help="要新建的项目文件夹")]) -> None:
    """新建一个项目：带注释的 study.toml 和空白台账。"""
    from jiujin.rendering.blank_study import write_blank_study

    write_blank_study(folder)
    print(f"已建立 {folder}：请按 study.toml 中的说明放入数据，然后运行 jiujin check {folder}")


@app.command(epilog="示例：jiujin streets 贵溪市　　jiujin streets 贵溪市 --out 贵溪/streets.osm.pbf")
def streets(
    place: Annotated[str, typer.Argument(metavar="地名", help="县（市、区）名，可加省名以免重名")],
    out: Annotated[Path | None, typer.Option("--out", metavar="文件", help="默认为 地名.osm.pbf")] = None,
) -> None:
    """从 OpenStreetMap 下载一地的道路（需要联网；其余命令都不联网）。"""
    from jiujin.reading.download import download_streets

    found = download_streets(place, out or Path(f"{place}.osm.pbf"))
    print(f"{found.place}：{found.ways} 条道路、{found.nodes} 个节点，已存为 {found.path}")
    print("© OpenStreetMap 贡献者，按 ODbL 许可使用；请在成果中注明来源。")


@app.command(epilog="示例：jiujin add 我的县 新食堂.xlsx --dry-run　　jiujin add 我的县 选址方案.geojson")
def add(
    study: StudyFolder,
    files: Annotated[list[Path], typer.Argument(metavar="文件…", help="设施表、图层，或网页导出的方案")],
    datum: Annotated[
        str | None, typer.Option("--datum", metavar="坐标系", help="wgs84、gcj02、bd09、cgcs2000 或 EPSG:n")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试算并显示前后对比，不写任何文件")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="与现有设施同名或相距很近的，确认是另一处")] = False,
    out: OutFolder = None,
    as_json: AsJson = False,
    atlas: Atlas = True,
    cache: Cached = True,
) -> None:
    """加入新增、迁址或停用的设施，重新生成受影响的成果，并显示前后对比。"""
    from jiujin import pipeline, pipeline_additions

    with json_errors(as_json):
        found = pipeline_additions.add(
            study,
            files,
            author=_author(),
            out=None if dry_run else out or pipeline.default_out(study),
            datum=datum,
            agree=lambda doubts: yes or _agreed(doubts, may_ask=not as_json),
            atlas=atlas,
            cache=cache,
            tell=teller(),
        )
    print_problems(found.problems)
    if as_json:
        print_json(found.told())
        return
    for line in found.lines():
        print(line)


@app.command(epilog="示例：jiujin undo 我的县")
def undo(
    study: StudyFolder, out: OutFolder = None, as_json: AsJson = False, atlas: Atlas = True, cache: Cached = True
) -> None:
    """撤销最近一次添加，重新生成成果；可连续撤销。"""
    from jiujin import pipeline, pipeline_additions

    with json_errors(as_json):
        place = out or pipeline.default_out(study)
        found = pipeline_additions.undo(study, author=_author(), out=place, atlas=atlas, cache=cache, tell=teller())
    if as_json:
        print_json(found.told())
        return
    for line in found.lines():
        print(line)


@app.command(epilog="示例：jiujin history 我的县")
def history(study: StudyFolder, as_json: AsJson = False) -> None:
    """列出历次添加：何时、何人、来自哪个文件、改了什么。"""
    from jiujin import pipeline_additions
    from jiujin.rendering.register_report import history_lines, history_records

    with json_errors(as_json):
        entries = pipeline_additions.history(study)
    if as_json:
        print_json({"history": history_records(entries)})
        return
    print("\n".join(history_lines(entries, pipeline_additions.labels_of(study))))


@app.command(epilog="示例：jiujin compare maps/上季度 maps/我的县　　jiujin compare 我的县 --since 2026-10-01")
def compare(
    before: Annotated[Path, typer.Argument(metavar="旧成果", help="较早一次的成果文件夹；用 --since 时写项目文件夹")],
    after: Annotated[Path | None, typer.Argument(metavar="新成果", help="较晚一次生成的成果文件夹")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", metavar="日期", formats=["%Y-%m-%d"], help="与项目存档中这一天的指标比较"),
    ] = None,
    on_map: Annotated[Path | None, typer.Option("--map", metavar="文件", help="另写一张变化地图（HTML）")] = None,
    as_json: AsJson = False,
) -> None:
    """比较两次生成的成果：各服务、乡镇、社区（村）的变化和新达成的指标。"""
    from jiujin import pipeline, pipeline_additions
    from jiujin.rendering.comparison import comparison_lines, comparison_object

    if after is None and since is None:
        raise typer.BadParameter("请写两个成果文件夹，或一个项目文件夹加 --since 日期")
    if on_map and (since or after is None):
        raise typer.BadParameter("--map 需要两个成果文件夹：存档不含居住点的位置")
    with json_errors(as_json):
        if since is None:
            changes = pipeline_additions.compare(before, after or before, on_map=on_map)
        else:
            out = after or pipeline.default_out(before)
            changes, day = pipeline_additions.compare_since(before, since.date(), out)
            print(f"与 {day.isoformat()} 的存档比较", file=sys.stderr)
    if as_json:
        print_json(comparison_object(changes))
        return
    for line in comparison_lines(changes):
        print(line)


@app.command(epilog="示例：jiujin watch 我的县　　按 Ctrl+C 结束")
def watch(study: StudyFolder, out: OutFolder = None, atlas: Atlas = True) -> None:
    """守候：台账或其他数据（文件、数据库中的表）一保存，就重新生成成果。"""
    from jiujin import pipeline
    from jiujin.reading.watching import saves_of

    def rebuild() -> None:
        try:
            place = out or pipeline.default_out(study)
            report = pipeline.build(study, place, atlas=atlas, today=_today(), tell=teller())
        except JiujinError as error:
            print_problems(error.problems)
            print("数据有误，成果未更新；改正并保存后会自动重新生成。", flush=True)
            return
        print("\n".join(report.lines()), flush=True)

    saves = saves_of(study)
    rebuild()
    print("正在守候数据的改动，按 Ctrl+C 结束。", flush=True)
    for names in saves:
        print(f"已保存：{'、'.join(names)}，重新生成…", flush=True)
        rebuild()


@app.command(
    epilog="示例：jiujin batch 各县/*　　jiujin batch 全省 --cut --out 成果　　"
    "jiujin batch s3://bucket/quansheng --cut --out s3://bucket/chengguo --scheduler tcp://10.0.0.1:8786"
)
def batch(
    studies: Annotated[
        list[str],
        typer.Argument(metavar="项目…", help="一个或多个项目文件夹，或装有项目文件夹的文件夹；也可以是 s3:// 地址"),
    ],
    out: Annotated[
        str,
        typer.Option("--out", metavar="文件夹", help="各项目成果放在其中同名文件夹，汇总页为 index.html；可为 s3://"),
    ] = "maps",
    cut: Annotated[
        bool, typer.Option("--cut", help="项目是一个省（市）：按县切开计算，结果与整体计算逐点一致")
    ] = False,
    by: Annotated[
        Literal["prefecture", "county", "township"], typer.Option("--by", help="--cut 切到市、县还是乡镇")
    ] = "county",
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="地址", help="Dask 调度器地址；省略时用本机各核；processes 为不用 Dask"),
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="本机同时计算的项目数，默认为核数")] = None,
    again: Annotated[bool, typer.Option("--again", help="没有变化的项目也重新生成")] = False,
    as_json: AsJson = False,
    atlas: Atlas = True,
) -> None:
    """一次生成多个项目：互不影响，中断后接着做，最后汇总排名。"""
    from jiujin.batch import batch as many
    from jiujin.batch import outcome_lines, outcome_object
    from jiujin.batch_cut import batch_cut
    from jiujin.storage import place_of

    places, goal = [place_of(each) for each in studies], place_of(out)
    if cut and len(places) != 1:
        raise typer.BadParameter("--cut 一次只切一个项目", param_hint="项目")
    wishes: Any = {"scheduler": scheduler, "workers": workers, "atlas": atlas, "again": again, "tell": teller()}
    with json_errors(as_json):
        done = batch_cut(places[0], goal, level=by, **wishes) if cut else many(places, goal, today=_today(), **wishes)
    if as_json:
        print_json(outcome_object(done, goal))
    else:
        print("\n".join(outcome_lines(done, goal)))
    if any(each.state == "failed" for each in done):
        raise typer.Exit(1)


def _author() -> Any:
    """Who works on this machine, and what time it is here."""
    import getpass

    from jiujin.pipeline_additions import Author

    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = ""
    return Author(name=name, at=datetime.now().astimezone())


def _today() -> date:
    return datetime.now().astimezone().date()


def _agreed(doubts: Sequence[Problem], *, may_ask: bool) -> bool:
    """Ask on a terminal whether these are further facilities; without one nobody has said so."""
    if not may_ask or not sys.stdin.isatty():
        return False
    print_problems(list(doubts))
    return typer.confirm(f"以上 {len(doubts)} 处确是另外的设施，加入吗？")
