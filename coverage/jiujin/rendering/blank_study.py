"""
A new study to fill in: a commented `study.toml`, a ledger with a sheet per service, an empty population table.

The files are the same each time, byte for byte. Nothing that exists is ever overwritten.
"""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jiujin.errors import Problem, StudyError
from jiujin.study import presets
from jiujin.tables import GROUPS

YEAR_END = date(2025, 12, 31)
_LEDGER_COLUMNS = (
    ("名称", 28),
    ("乡镇（街道）", 16),
    ("社区（村）", 18),
    ("地址", 30),
    ("经度", 13),
    ("纬度", 13),
    ("坐标系", 12),
    ("运营状态", 12),
    ("投用时间", 14),
    ("服务能力", 12),
    ("备注", 20),
)
_CHOICES = {"坐标系": ["WGS84", "CGCS2000", "GCJ-02", "BD-09"], "运营状态": ["运营", "在建", "拟建", "停用"]}
_POPULATION_HEADINGS = [
    "点位编号",
    "经度",
    "纬度",
    *(GROUPS[key] for key in ("total", "age60", "disabled")),
    "社区（村）代码",
]
_HELP = (
    "每类设施一张表，表名就是设施类型；一处场所提供几类服务的，在几张表中各写一行。",
    "名称：必填。经度、纬度：十进制度，至少五位小数，例如 117.240124、28.294769；没有坐标的行会列入问题清单。",
    "坐标系：天地图取点写 CGCS2000，手持 GPS 写 WGS84，高德、腾讯地图取点写 GCJ-02，百度地图写 BD-09；不清楚就留空。",
    "运营状态：运营、在建、拟建、停用；留空按运营计。只有运营的设施计入覆盖。",
    "投用时间：写作 2023-06-01 或 2023年6月。晚于截止日期投用的不计入。",
    "服务能力：党群服务中心写建筑面积（㎡），助老食堂写座位数，如康家园写服务名额，卫生中心写床位数；不清楚可留空。",
    "请勿填写负责人姓名、电话、身份证号等个人信息。",
    "填好后在本文件夹运行：jiujin check .  （列出全部问题）；jiujin build .  （生成地图和表格）。",
)


def write_blank_study(folder: Path, *, as_of: date = YEAR_END) -> list[Path]:
    """
    Write a study to be filled in, into a new or empty folder; the files written.

    Raises StudyError where the folder holds anything, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        found, wanted = f"{folder} 已存在且不是空文件夹", "一个新的或空的文件夹；已有文件不会被覆盖"
        raise StudyError(Problem(severity="error", rule="folder_not_empty", found=found, wanted=wanted))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".jiujin-") as temporary:
            stage = Path(temporary)
            (stage / "study.toml").write_text(_study_toml(folder.absolute().name, as_of), "utf-8", newline="\n")
            heading = ",".join(_POPULATION_HEADINGS) + "\r\n"
            (stage / "population.csv").write_text(heading, "utf-8-sig", newline="")
            _write_ledger(stage / "facilities.xlsx")
            folder.mkdir(exist_ok=True)
            return [path.replace(folder / path.name) for path in sorted(stage.iterdir())]
    except OSError as error:
        found = f"{folder} 无法写入（{error.strerror or type(error).__name__}）"
        raise StudyError(Problem(severity="error", rule="cannot_write", found=found, wanted="可写的文件夹")) from error


def _write_ledger(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "设施台账", "created": datetime(2000, 1, 1)})  # noqa: DTZ001  (xlsx has no zones)
        for preset in presets().values():
            _write_sheet(book, str(preset["label"]))
        sheet = book.add_worksheet("填写说明")
        sheet.set_column(0, 0, 100, book.add_format({"text_wrap": True, "valign": "top"}))
        for row, sentence in enumerate(_HELP):
            sheet.write_string(row, 0, sentence)


def _write_sheet(book: Any, label: str) -> None:
    """One service's sheet: headings that stay in view, and choices where a word is wanted."""
    sheet = book.add_worksheet(label)
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#E8EEF4", "align": "center", "valign": "vcenter"})
    plain = {"经度": "0.000000", "纬度": "0.000000", "投用时间": "yyyy-mm-dd"}
    for column, (heading, width) in enumerate(_LEDGER_COLUMNS):
        sheet.set_column(column, column, width, book.add_format({"num_format": plain.get(heading, "General")}))
        sheet.write_string(0, column, heading, head)
        if heading in _CHOICES:
            sheet.data_validation(1, column, 2000, column, {"validate": "list", "source": _CHOICES[heading]})
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _study_toml(name: str, as_of: date) -> str:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    services = "\n".join(_service_lines(service_id, preset) for service_id, preset in presets().items())
    return _TEMPLATE.format(name=quoted, as_of=as_of.isoformat(), services=services)


def _service_lines(service_id: str, preset: dict[str, Any]) -> str:
    reach = preset["reach_m"]
    lines = (
        f"[services.{service_id}]  # {preset['label']}，服务{GROUPS[preset['group']]}",
        f"# reach_m = {{ urban = {reach['urban']}, rural = {reach['rural']} }}  # 步行距离（米）：城镇、乡村",
        '# aliases = ["本地叫法"]  # 台账中的其他叫法，加在内置叫法之外',
        "# enabled = false  # 不分析这一类时去掉行首的 #",
    )
    return "\n".join(lines) + "\n"


_TEMPLATE = """\
# 项目的 study.toml。以 # 开头的是说明，去掉行首的 # 即生效。标点用英文半角，文字加英文双引号，路径用 /。
# 填好后运行：jiujin check .   再运行：jiujin build .

[study]
name = "{name}"
as_of = {as_of}        # 统计截止日期：此日及以前投用且未停用的设施才计入
crs = "auto"              # 投影坐标系自动选择；也可写 "EPSG:4548" 等

[inputs]  # 路径相对于本文件夹；几个文件写成 ["甲.xlsx", "乙.csv"]
facilities  = "facilities.xlsx"        # 设施台账：xlsx、xls、csv、GeoJSON、GPKG、Shapefile
communities = "communities.gpkg"       # 社区（村）界：请放入文件，或改成已有文件的名字
population  = "population.csv"         # 人口：点、GeoTIFF 栅格，或建筑轮廓加社区人口合计
streets     = "streets.osm.pbf"        # 道路：可用 jiujin streets "某县, 某省" 下载，或用本地路网图层
# boundary  = "county.geojson"         # 县界；不写则取各社区（村）的合并范围
# buildings = "buildings.gpkg"         # 建筑轮廓：把社区人口分到建筑上，并计算住宅建筑覆盖率
# compounds = "compounds.gpkg"         # 小区范围面，可含大门点图层：区内居民只由大门出入，并计算住宅小区覆盖率
# residential = "residential.gpkg"     # 居住用地面：计算居住用地覆盖率；有用地性质一列的只取居住用地
# targets   = "targets.toml"           # 另存的目标任务文件
# additions = "postgresql://gis@10.0.0.5/county?table=gis.facilities_added"  # 登记表放在数据库里；图层也可写这样的地址

[inputs.options]  # 图层本身没有写明的事
# streets_class = "道路等级"            # 本地路网中表示道路类别的列
# streets_skip  = ["高速公路"]          # 其中不能步行的类别
# streets_steps = ["台阶"]              # 其中有台阶的类别
# population_unit = "per_cell"          # 人口栅格：per_cell 每格人数，per_hectare 每公顷人数
# population_group = "total"            # 人口栅格是哪一个人群
# buildings_floors = "层数"             # 建筑图层中表示层数的列
# aggregate = "grid100"                 # 人口是逐人名册时先汇总：grid100 百米网格，community 社区；名册不落盘

[inputs.tables]  # 目标任务用到的登记表：名称 = 文件
# social_orgs = "社会组织.xlsx"

[datum]  # 坐标基准：wgs84、cgcs2000、gcj02（高德、腾讯）、bd09（百度）、EPSG:编号；不写则自动判别
# facilities = "gcj02"
# "townships/某镇.csv" = "bd09"

[walk]
snap_limit_m = 500        # 离道路超过此距离（米）的点视为不在路网上，不计覆盖
island_m = 2000           # 总长不到此数（米）的孤立路段不用
walkable = "default"      # "default+shared"：加上允许步行的自行车道和广场边线

[population]  # 数据中没有的人群，可按比例估算；凡估算的数都标“估算”
# age60 = {{ share_of = "total", ratio = 0.209 }}
# age80 = {{ speed_m_s = 0.7 }}           # 步行速度（米/秒）：地图上把步行分钟换算成米
# preschool = {{ label = "0—6岁儿童", column = "儿童数" }}  # 增加一个人群

{services}
# 增加一类设施：
# [services.school]
# label = "小学"
# group = "total"
# reach_m = {{ urban = 500, rural = 2000 }}

[output]
profile = "internal"      # "public"：公开版，合并格网、隐去小数
atlas = true              # 生成图集和报告
archive = true            # 每天留一份指标存档，供 jiujin compare 项目 --since 日期
unit = ""                 # 编制单位
review_no = ""            # 审图号
# tiles = ["https://*.tianditu.gov.cn"]  # 地图可选用在线底图的服务器；看图人自己填密钥，不写则绝不联网

# [siting]  # 再建几处，建在哪里
# service = "elderly_canteen"
# count = 5

# [[targets]]  # 目标任务，可写多个
# id = "canteen_count"
# label = "全县城乡社区助老食堂"
# measure = "site_count"  # 还有 units_with、mean_per_unit、min_per_site、sum、ratio、pop_rate、unit_reached 等
# service = "elderly_canteen"
# goal = 100
# unit = "家"
# source = "计划中的条目"
"""
