"""What may be written into study.toml, and what is said about what may not."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiujin.errors import Problem, StudyError
from jiujin.reading.study_file import read_study
from jiujin.study import Reach, Study, presets

FILES = ("facilities.xlsx", "communities.gpkg", "population.csv", "streets.osm.pbf", "county.geojson")
HEAD = '[study]\nname = "示例县"\nas_of = 2023-12-31\n'
INPUTS = (
    "[inputs]\n"
    'facilities = ["facilities.xlsx"]\n'
    'communities = "communities.gpkg"\n'
    'population = "population.csv"\n'
    'streets = "streets.osm.pbf"\n'
)
PLAIN = HEAD + INPUTS
CONTRACT = """\
[study]
name = "示例县"
as_of = 2023-12-31
crs = "auto"
[inputs]
facilities  = ["facilities.xlsx", "townships/x.csv"]
communities = "communities.gpkg"
population  = "population.csv"
streets     = "streets.osm.pbf"
boundary    = "county.geojson"
[datum]
facilities = "gcj02"
"townships/x.csv" = "bd09"
[walk]
snap_limit_m  = 500
island_m      = 2000
walkable      = "default"
[population]
age60    = { share_of = "total", ratio = 0.209 }
[services.elderly_canteen]
reach_m = { urban = 700, rural = 1200 }
aliases = ["canteen", "百姓食堂"]
[output]
profile   = "internal"
atlas     = true
unit      = "示例县民政局"
review_no = ""
[siting]
service = "elderly_canteen"
count   = 5
[[targets]]
id = "canteen_count"
label = "全县城乡社区助老食堂"
measure = "site_count"
service = "elderly_canteen"
goal = 100
unit = "家"
source = "二、社区养老服务行动"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study folder whose input files are there, under a path as offices have them."""
    folder = tmp_path / "民政局 2023（终稿）" / "示例县"
    (folder / "townships").mkdir(parents=True)
    for name in (*FILES, "townships/x.csv"):
        (folder / name).touch()
    return folder


def read(folder: Path, text: str) -> Study:
    (folder / "study.toml").write_text(text, "utf-8")
    return read_study(folder)


def mistakes(folder: Path, text: str) -> dict[str, Problem]:
    """The problems of this text, by key."""
    with pytest.raises(StudyError) as caught:
        read(folder, text)
    problems = caught.value.problems
    assert all(problem.severity == "error" and problem.found for problem in problems)
    by_key = {problem.column: problem for problem in problems}
    assert len(by_key) == len(problems)
    return by_key


def test_the_contract_example_is_read_whole(folder: Path) -> None:
    study = read(folder, CONTRACT)
    assert (study.name, study.as_of, study.crs) == ("示例县", date(2023, 12, 31), "auto")
    assert study.inputs.facilities == (folder / "facilities.xlsx", folder / "townships/x.csv")
    assert study.inputs.boundary == (folder / "county.geojson",)
    assert study.datum_of("facilities", folder / "facilities.xlsx") == "gcj02"
    assert study.datum_of("facilities", folder / "townships" / "x.csv") == "bd09"
    assert study.datum_of("population") == "auto"
    assert study.group("age60").share_of == "total"
    assert study.group("age60").ratio == 0.209
    assert study.output.unit == "示例县民政局"
    assert study.siting is not None
    assert (study.siting.service, study.siting.count) == ("elderly_canteen", 5)
    assert [(target.id, target.goal, target.measure) for target in study.targets] == [
        ("canteen_count", 100, "site_count")
    ]


def test_a_study_is_named_by_its_folder_or_by_its_file(folder: Path) -> None:
    study = read(folder, PLAIN)
    assert read_study(folder / "study.toml") == study


def test_the_four_services_are_on_with_their_presets(folder: Path) -> None:
    study = read(folder, PLAIN)
    assert {
        service.id: (service.group, service.reach.urban_m, service.reach.rural_m) for service in study.services
    } == {
        "party_centre": ("total", 1000, 1500),
        "elderly_canteen": ("age60", 720, 1000),
        "rukang_home": ("disabled", 1000, 3000),
        "health_centre": ("total", 1000, 2000),
    }
    assert [service.id for service in study.services if service.step_free] == ["rukang_home"]


def test_what_the_file_states_replaces_and_aliases_add(folder: Path) -> None:
    canteen = read(folder, CONTRACT).service("elderly_canteen")
    preset = presets()["elderly_canteen"]
    assert canteen.reach == Reach(urban_m=700, rural_m=1200)
    assert canteen.colour == preset["colour"]
    assert {"elderly_canteen", "助老食堂", "百姓食堂", *preset["aliases"]} <= set(canteen.aliases)


def test_reach_is_overridden_by_class_or_by_one_number(folder: Path) -> None:
    half = read(folder, PLAIN + "[services.elderly_canteen]\nreach_m = { urban = 500 }\n")
    assert half.service("elderly_canteen").reach == Reach(urban_m=500, rural_m=1000)
    both = read(folder, PLAIN + "[services.elderly_canteen]\nreach_m = 800\n")
    assert both.service("elderly_canteen").reach == Reach(urban_m=800, rural_m=800)


def test_a_service_is_taken_out(folder: Path) -> None:
    study = read(folder, PLAIN + "[services.rukang_home]\nenabled = false\n")
    assert [service.id for service in study.services] == ["party_centre", "elderly_canteen", "health_centre"]


def test_a_fifth_service_needs_no_code(folder: Path) -> None:
    school = '[services.school]\nlabel = "小学"\ngroup = "children"\nreach_m = { urban = 500, rural = 2000 }\n'
    group = '[population]\nchildren = { label = "6—12岁儿童", column = "儿童数", headings = ["学龄儿童"] }\n'
    study = read(folder, PLAIN + school + group)
    assert study.services[-1].id == "school"
    assert study.services[-1].aliases == ("school", "小学")
    assert study.services[-1].symbol not in {service.symbol for service in study.services[:-1]}
    assert study.services[-1].colour not in {service.colour for service in study.services[:-1]}
    assert study.group("children").headings == ("儿童数", "学龄儿童")


def test_a_name_that_the_file_claims_leaves_the_preset(folder: Path) -> None:
    own = '[services.hospital]\nlabel = "乡镇卫生院"\ngroup = "total"\nreach_m = 3000\n'
    study = read(folder, PLAIN + own)
    assert "乡镇卫生院" in study.service("hospital").aliases
    assert "乡镇卫生院" not in study.service("health_centre").aliases


def test_one_name_cannot_mean_two_services(folder: Path) -> None:
    found = mistakes(folder, PLAIN + '[services.health_centre]\naliases = ["助老食堂"]\n')
    assert "elderly_canteen" in found["services.health_centre.aliases"].found


def test_every_mistake_is_told_at_once_by_key_and_line(folder: Path) -> None:
    text = (
        '[study]\nname = 7\nas_of = "去年底"\ncrs = "EPSG:4326"\n'
        '[inputs]\nfacilities = ["facilites.xlsx"]\ncommunities = "communities.gpkg"\npopulation = "没有.csv"\n'
        '[datum]\nfacilities = "火星"\nfacility = "wgs84"\n'
        '[walk]\nsnap_limt_m = 500\nisland_m = -1\nwalkable = "all"\n'
        "[population]\nage60 = { share_of = 'totl', ratio = 20.9 }\nage80 = { share_of = 'total' }\n"
        "[services.elderly_canteen]\nreach_m = { urban = -720, rural = 1000 }\ngroup = 'age70'\n"
        "[services.school]\nlabel = '小学'\n"
        '[output]\nprofile = "公开"\natlas = "yes"\n'
        '[siting]\nservice = "cantine"\ncount = 5\nrate = 0.9\n'
        '[[targets]]\nid = "a"\nmeasure = "site_count"\nservice = "elderly_canteens"\n'
        '[[targets]]\nid = "b"\nmeasure = "sum"\ngoal = 1\nwhere = { committee = "居民委员会" }\n'
        "[sevices]\n"
    )
    found = mistakes(folder, text)
    assert set(found) == {
        "study.name",
        "study.as_of",
        "study.crs",
        "inputs.facilities",
        "inputs.population",
        "inputs.streets",
        "datum.facilities",
        "datum.facility",
        "walk.snap_limt_m",
        "walk.island_m",
        "walk.walkable",
        "population.age60.share_of",
        "population.age60.ratio",
        "population.age80",
        "services.elderly_canteen.reach_m.urban",
        "services.elderly_canteen.group",
        "services.school",
        "services.school.group",
        "services.school.reach_m",
        "output.profile",
        "output.atlas",
        "siting.service",
        "siting",
        "targets[1].goal",
        "targets[1].service",
        "targets[2].table",
        "targets[2].field",
        "targets[2].where.committee",
        "sevices",
    }
    assert found["walk.snap_limt_m"].row == 13
    assert "snap_limit_m" in found["walk.snap_limt_m"].wanted
    assert "facilities.xlsx" in found["inputs.facilities"].wanted
    assert "services" in found["sevices"].wanted
    assert "-720" in found["services.elderly_canteen.reach_m.urban"].found
    assert found["walk.walkable"].wanted == "default 或 default+shared"
    assert found["targets[2].table"].row == 35
    assert {problem.file for problem in found.values()} == {"study.toml"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (PLAIN.replace("as_of = 2023-12-31\n", ""), "study.as_of"),
        (PLAIN.replace("2023-12-31", "2023-12-31T08:00:00"), "study.as_of"),
        (PLAIN.replace("2023-12-31", '"2023-02-30"'), "study.as_of"),
        (HEAD, "inputs"),
        (HEAD + "inputs = 3\n[x]\n", "x"),
        (PLAIN.replace('["facilities.xlsx"]', "[]"), "inputs.facilities"),
        (PLAIN.replace('"population.csv"', '"townships"'), "inputs.population"),
        (PLAIN + "[inputs.options]\nstreet_class = 'a'\n", "inputs.options.street_class"),
        (PLAIN + "[inputs.options]\npopulation_unit = '每格'\n", "inputs.options.population_unit"),
        (PLAIN + "[inputs.tables]\norgs = 'orgs.xlsx'\n", "inputs.tables.orgs"),
        (PLAIN + "[datum]\nfacilities = 'EPSG:999999'\n", "datum.facilities"),
        (PLAIN + "[datum]\n'townships/y.csv' = 'gcj02'\n", 'datum."townships/y.csv"'),
        (PLAIN + "[walk]\nisland_m = true\n", "walk.island_m"),
        (PLAIN + "[walk]\nisland_m = 1.5\n", "walk.island_m"),
        (PLAIN + "[walk]\nisland_m = inf\n", "walk.island_m"),
        (PLAIN + "[population]\nage60 = 0.2\n", "population.age60"),
        (PLAIN + "[population]\nage60 = { share_of = 'age60', ratio = 0.2 }\n", "population.age60.share_of"),
        (PLAIN + "[population]\nlon = { label = '经度' }\n", "population.lon"),
        (PLAIN + "[services]\nparty_centre = true\n", "services.party_centre"),
        (PLAIN + "[services.index]\nlabel='a'\ngroup='total'\nreach_m=1\n", "services.index"),
        (PLAIN + "[services.'a/b']\nlabel='a'\ngroup='total'\nreach_m=1\n", 'services."a/b"'),
        (PLAIN + "[services.party_centre]\naliases = [1]\n", "services.party_centre.aliases"),
        (PLAIN + "[services.party_centre]\nsymbol = 'heart'\n", "services.party_centre.symbol"),
        (PLAIN + "[services.party_centre]\nreach_m = { urban = 1, town = 2 }\n", "services.party_centre.reach_m.town"),
        (PLAIN + "[services.party_centre]\ncolour = 'red'\n", "services.party_centre.colour"),
        (PLAIN + "[services.party_centre]\nenabled = 'no'\n", "services.party_centre.enabled"),
        (PLAIN + "[siting]\nservice = 'party_centre'\n", "siting"),
        (PLAIN + "[siting]\nservice='party_centre'\ncount=1\ncandidates='no.csv'\n", "siting.candidates"),
        (PLAIN + "[targets]\nid = 'a'\n", "targets"),
        (PLAIN + "[[targets]]\nid='a'\nmeasure='sites'\ngoal=1\n", "targets[1].measure"),
        (PLAIN + "[[targets]]\nid='a'\nmeasure='sum'\ntable='t'\nfield='f'\ngoal=1\n", "targets[1].table"),
    ],
)
def test_one_mistake_is_told_at_its_key(folder: Path, text: str, key: str) -> None:
    assert key in mistakes(folder, text)


def test_all_services_off_leaves_nothing_to_ask(folder: Path) -> None:
    off = "".join(f"[services.{service_id}]\nenabled = false\n" for service_id in presets())
    assert "services" in mistakes(folder, PLAIN + off)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("name = “示例县”", "英文标点"),
        ('name = "C:\\数据\\a"', "正斜杠"),
        ("name = 示例县", "英文双引号"),
        ("as_of = 2023-13-01", ""),
        ('crs = "auto"\ncrs = "auto"', "只写一次"),
        ("x = " + "[" * 3000, ""),
    ],
)
def test_broken_toml_is_told_with_its_line(folder: Path, line: str, hint: str) -> None:
    with pytest.raises(StudyError) as caught:
        read(folder, "[study]\n" + line + "\n" + INPUTS)
    (problem,) = caught.value.problems
    assert problem.rule == "toml_syntax"
    assert problem.row is not None
    assert hint in problem.wanted


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_that_windows_saves_is_read(folder: Path, encoding: str) -> None:
    (folder / "study.toml").write_bytes(CONTRACT.replace("\n", "\r\n").encode(encoding))
    assert read_study(folder).output.unit == "示例县民政局"


def test_a_byte_that_no_encoding_explains_is_told(folder: Path) -> None:
    (folder / "study.toml").write_bytes(PLAIN.encode() + b"# \xff\xff\n")
    with pytest.raises(StudyError, match="UTF-8"):
        read_study(folder)


def test_a_folder_without_a_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="jiujin new"):
        read_study(tmp_path)
    with pytest.raises(StudyError, match="没有这个文件夹"):
        read_study(tmp_path / "无")
    (tmp_path / "a.csv").touch()
    with pytest.raises(StudyError, match=r"不是 study\.toml"):
        read_study(tmp_path / "a.csv")


def test_without_a_date_the_given_day_counts(folder: Path) -> None:
    (folder / "study.toml").write_text(PLAIN.replace("as_of = 2023-12-31\n", ""), "utf-8")
    assert read_study(folder, today=date(2024, 6, 1)).as_of == date(2024, 6, 1)


def test_windows_paths_are_found_everywhere(folder: Path) -> None:
    study = read(
        folder, PLAIN.replace('"facilities.xlsx"', r"'townships\x.csv'") + "[datum]\n'townships\\x.csv' = 'bd09'\n"
    )
    assert study.inputs.facilities == (folder / "townships/x.csv",)
    assert study.datum_of("facilities", folder / "townships" / "x.csv") == "bd09"


def test_targets_may_stand_in_a_file_of_their_own(folder: Path) -> None:
    own = '[[targets]]\nid = "a"\nmeasure = "ratio"\ntable = "workers"\nnum = "实有"\nden = "应有"\ngoal = 0.8\n'
    (folder / "targets.toml").write_text(own + 'due = 2025-12-31\nwhere = { committee = ["居委会"] }\n', "utf-8")
    (folder / "社工.xlsx").touch()
    text = PLAIN + 'targets = "targets.toml"\n[inputs.tables]\nworkers = "社工.xlsx"\n'
    (target,) = read(folder, text).targets
    assert (target.numerator, target.denominator, target.due) == ("实有", "应有", date(2025, 12, 31))
    assert dict(target.where) == {"committee": ("居委会",)}

    twice = text + '[[targets]]\nid = "a"\nmeasure = "units_with"\nservice = "party_centre"\ngoal = 1\n'
    with pytest.raises(StudyError, match="重复"):
        read(folder, twice.replace("[inputs.tables]", "[inputs.tables]", 1))
    (folder / "targets.toml").write_text(own + "gaol = 3\n[other]\n", "utf-8")
    with pytest.raises(StudyError) as caught:
        read(folder, text)
    assert {(problem.file, problem.column) for problem in caught.value.problems} == {
        ("targets.toml", "targets[1].gaol"),
        ("targets.toml", "other"),
    }


words = st.text(alphabet=st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=12)
values = st.recursive(
    words.map(json.dumps) | st.integers().map(str),
    lambda inner: st.lists(inner, max_size=3).map(lambda listed: "[" + ", ".join(listed) + "]"),
    max_leaves=6,
)
tables = st.sampled_from(
    ["study", "inputs", "datum", "walk", "population", "services.x", "output", "siting", "[targets]"]
)
keys = st.sampled_from(["name", "as_of", "facilities", "island_m", "age60", "reach_m", "goal", "service", "id", "x"])


@settings(deadline=None)
@given(lines=st.lists(st.tuples(tables, keys, values), max_size=12))
def test_no_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str, str]]) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = "".join(f"[{table}]\n{key} = {value}\n" for table, key, value in lines)
    with pytest.raises(StudyError) as caught:
        read(folder, text)
    assert caught.value.problems
