"""Which heading names which column: the synonyms of offices, and how headings are normalised."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiujin.reading.headings import Headings, find_header, heading_unit, is_personal, match_columns
from jiujin.tables import CANDIDATES, COMMUNITIES, FACILITIES, POPULATION, UNITS, Table

SYNONYMS = {
    "name": (
        "名称 机构名称 站点名称 设施名称 单位名称 食堂名称 助老食堂名称 中心名称 服务中心名称 阵地名称 点位名称 "
        "项目名称 单位 name title 党群服务中心名称 如康家园名称"
    ),
    "type": "类别 类型 设施类型 设施类别 机构类型 性质 type category",
    "lon": (
        "经度 东经 地理经度 经度(E) 坐标经度 X X坐标 横坐标 lng lon long longitude jd jingdu 高德经度 百度经度 "
        "gps_lng POINT_X 经度（GCJ-02） 经度（°） 腾讯地图经度"
    ),
    "lat": "纬度 北纬 地理纬度 Y Y坐标 纵坐标 lat latitude wd weidu POINT_Y 百度纬度 纬度(N)",
    "point": "坐标 经纬度 地理坐标 位置坐标 坐标(经度,纬度) location geom WKT 坐标（经度，纬度）",
    "datum": "坐标系 坐标来源 采集方式 采集平台",
    "address": "地址 详细地址 所在地址 具体位置 坐落 食堂详细地址",
    "township": (
        "乡镇 街道 镇街 乡镇(街道) 所属镇街 镇办 辖区 所属街道 办事处 乡镇（街道） 所在乡镇（街道） 乡镇、街道名称"
    ),
    "community": "社区 村居 所属社区 所在村(社区) 村(居)名称 行政村 所属村居 所在社区（村）",
    "community_code": (
        "区划代码 行政区划代码 统计用区划代码 村居代码 adcode code XZQDM ZLDWDM community_code 统计用区划代码（12位）"
    ),
    "opened": "建成时间 投用时间 运营时间 开业时间 成立时间 建成年月 启用日期 opened 建成（投用）时间",
    "closed": "closed 停用时间",
    "status": "状态 运营状态 运营情况 建设情况 是否运营 目前状态 status",
    "capacity": (
        "服务能力 座位数 就餐座位 餐位 床位 床位数 日均就餐人次 可容纳人数 服务人数 供餐能力 capacity "
        "服务能力（人/日） 座位数（个）"
    ),
    "area": "建筑面积 面积(㎡) 使用面积 场所面积 建筑面积（平方米）",
    "seq": "序号 编号 No. № 序",
    "id": "id ID 设施编号",
}
GROUPS = {
    "total": (
        "pop total 人口 总人口 常住人口 户籍人口 人数 常住人口（人） 常住人口数 总人口数 七普常住人口 常住人口(万人)"
    ),
    "age60": (
        "age60 60岁以上 60周岁及以上 老年人口 老年人数 60岁以上人口 60周岁及以上人数 老年人口数（人） "
        "60岁及以上老年人口数 ６０岁以上老年人（人） 其中：60岁以上 六十岁以上老人"
    ),
    "age65": "age65 65岁以上 65周岁及以上老年人口",
    "age80": "age80 80岁以上 高龄老人 80周岁及以上老年人 高龄老年人（80岁及以上）",
    "disabled": "disabled 持证残疾人 残疾人数 持证残疾人数（人） 残疾人口数",
    "households": "households 户数 总户数 户数（户） 常住户数",
    "class": "class 城乡分类 城乡分类代码 城乡属性 城乡类型",
    "community_code": "community_code 社区代码 社区（村）代码 统计用区划代码",
    "lon": "lon 经度",
}


def pairs(words: dict[str, str]) -> list[tuple[str, str]]:
    return [(heading, name) for name, headings in words.items() for heading in headings.split()]


@pytest.mark.parametrize(("heading", "name"), pairs(SYNONYMS))
def test_headings_of_a_ledger(heading: str, name: str) -> None:
    match = Headings(FACILITIES).match(heading)
    assert match is not None
    assert match.column == name


@pytest.mark.parametrize(("heading", "name"), pairs(GROUPS))
def test_headings_of_a_population_table(heading: str, name: str) -> None:
    match = Headings(POPULATION).match(heading)
    assert match is not None
    assert match.column == name


@pytest.mark.parametrize(
    "heading",
    [
        "60岁以上占比",
        "60-64岁",
        "60岁以下人口",
        "60岁以上失能老人",
        "流动人口",
        "低保户数",
        "60岁以上男性",
        "智力残疾人数",
        "人口密度",
        "儿童",
    ],
)
def test_a_part_of_a_group_is_not_the_group(heading: str) -> None:
    assert Headings(POPULATION).match(heading) is None


@pytest.mark.parametrize(
    "heading",
    [
        "姓名",
        "负责人",
        "联系人",
        "身份证",
        "身份证号",
        "残疾证号",
        "电话",
        "联系电话",
        "手机",
        "住址",
        "家庭住址",
        "负责人及联系电话",
        "手机号码（必填）",
        "站长",
        "出生日期",
        "phone",
    ],
)
def test_personal_headings_are_known(heading: str) -> None:
    assert is_personal(heading)
    assert all(
        Headings(table).match(heading) is None for table in (FACILITIES, POPULATION, COMMUNITIES, CANDIDATES, UNITS)
    )


@pytest.mark.parametrize("heading", ["名称", "地址", "服务人数", "60岁以上人数", "残疾人数", "社区负责人数量"])
def test_what_is_not_personal_is_kept(heading: str) -> None:
    assert not is_personal(heading)


@given(
    heading=st.sampled_from([heading for heading, _ in pairs(SYNONYMS)]),
    gap=st.sampled_from(["", " ", "\n", "\u3000", "\u200b"]),
    frame=st.sampled_from(["{}", "*{}", "＊{}", "{}：", " {} ", "{}（必填）", "【{}"]),
)
def test_how_a_heading_is_dressed_does_not_matter(heading: str, gap: str, frame: str) -> None:
    headings = Headings(FACILITIES)
    plain = headings.match(heading)
    dressed = headings.match(frame.format(gap.join(heading) if not heading.isascii() else heading))
    assert plain is not None
    assert dressed is not None
    assert dressed.column == plain.column


def test_english_headings_of_the_contract() -> None:
    wanted: list[tuple[Table, str]] = [
        (FACILITIES, "id name type lon lat capacity status opened closed"),
        (POPULATION, "id lon lat total age60 age65 age80 disabled households community_code"),
        (COMMUNITIES, "code name township class"),
        (CANDIDATES, "id name lon lat cost"),
    ]
    for table, words in wanted:
        assert list(match_columns(words.split(), table).columns) == words.split()
    assert list(match_columns(["id", "name", "township", "kind"], COMMUNITIES).columns) == [
        "code",
        "name",
        "township",
        "class",
    ]
    assert match_columns(["id", "lon", "lat", "pop"], POPULATION).columns["total"] == 3


def test_every_heading_in_the_lists_names_its_own_column() -> None:
    for table in (FACILITIES, POPULATION, COMMUNITIES, CANDIDATES, UNITS):
        headings = Headings(table)
        for column in table.columns:
            for spelling in (column.name, column.label):
                match = headings.match(spelling)
                assert match is not None
                assert match.column == column.name
            for pattern in column.patterns:
                re.compile(pattern)


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("常住人口（万人）", "万人"),
        ("面积(㎡)", "m2"),
        ("面积（亩）", "亩"),
        ("投资（万元）", "万元"),
        ("人口/万人", "万人"),
        ("人口【单位：人】", "人"),
        ("经度(E)", ""),
        ("人口", ""),
    ],
)
def test_units_in_headings(heading: str, unit: str) -> None:
    assert heading_unit(heading) == unit


def test_the_heading_is_the_row_that_names_most_columns() -> None:
    cells: list[list[object]] = [
        ["名称说明"],
        ["单位", "地址"],
        ["序号", "名称", "经度", "纬度"],
        [1.0, "社区", 117.0, 36.0],
    ]
    header = find_header(cells, Headings(FACILITIES))
    assert header is not None
    assert (header.top, header.depth) == (2, 1)


def test_one_known_word_makes_no_heading() -> None:
    assert find_header([["名称"], ["a"]], Headings(FACILITIES)) is None
    assert find_header([[117.0, 36.0]], Headings(FACILITIES)) is None
    assert find_header([], Headings(FACILITIES)) is None


@pytest.mark.parametrize(
    "heading", ["村（居）委会名称", "村委会", "居委会名称", "村民委员会", "居（村）委会名称", "村（居）民委员会"]
)
def test_a_list_of_communities_may_head_their_names_by_the_committee(heading):
    assert match_columns([heading, "统计用区划代码"], COMMUNITIES).columns == {"name": 0, "code": 1}
