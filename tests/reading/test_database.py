"""Layers out of a real PostgreSQL with PostGIS: what comes in, what is refused, and that no password gets out."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import geopandas as gpd
import pytest

from jiujin import pipeline
from jiujin.errors import JiujinError, Problem
from jiujin.pipeline_inputs import opened
from jiujin.reading import database_watch
from jiujin.reading.database_address import table_at, without_password
from jiujin.reading.database_watch import _summed
from jiujin.reading.study_file import read_study
from jiujin.reading.watching import Sign, look_at
from postgis import SECRET, Database
from worlds import Town, lon_lat

CANTEEN = "elderly_canteen"


def town() -> Town:
    """Three old people live at the door of a canteen, six at the far corner 1600 m away."""
    small = Town(settings="[services.rukang_home]\nenabled = false\n[services.health_centre]\nenabled = false\n")
    return small.person(0, 0, 10, age60=3).person(800, 800, 20, age60=6).facility(CANTEEN, 0, 20, name="南苑食堂")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return town().write(tmp_path / "棋盘镇")


def load(database: Database, study: Path, name: str, table: str, *, shape: str = "geometry(Geometry, 4326)") -> None:
    """Put a layer of the study into the database."""
    layer = gpd.read_file(study / name)
    columns = [column for column in layer.columns if column != "geometry"]
    kinds = ", ".join(f'"{column}" text' for column in columns)
    rows = [
        (*(None if row[column] is None else str(row[column]) for column in columns), row["geometry"].wkb)
        for row in layer.to_dict("records")
    ]
    database.fill(table, f"{kinds}, shape bytea", rows)
    database.run(f"alter table {table} add column geom {shape}")
    number = int(shape.rsplit(",", 1)[1].strip(" )"))
    database.run(f"update {table} set geom = st_transform(st_setsrid(st_geomfromwkb(shape), 4326), {number})")
    database.run(f"alter table {table} drop column shape")


def load_table(database: Database, study: Path, name: str, table: str) -> None:
    with (study / name).open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    numeric = {"lon", "lat", "total", "age60"}
    kinds = ", ".join(f"{column} {'double precision' if column in numeric else 'text'}" for column in head)
    database.fill(table, kinds, [tuple(cell or None for cell in row) for row in rows])


def ask(study: Path, **inputs: str) -> None:
    """Let the study name these instead of its files."""
    text = (study / "study.toml").read_text(encoding="utf-8")
    for layer, said in inputs.items():
        text = re.sub(
            rf"^{layer} = .*$",
            lambda _, layer=layer, said=said: f"{layer} = {json.dumps(said)}",
            text,
            count=1,
            flags=re.MULTILINE,
        )
    (study / "study.toml").write_text(text, encoding="utf-8")


def figures(out: Path) -> dict[str, bytes]:
    names = ("tables/access.parquet", "tables/communities.csv", "tables/gaps.geojson")
    return {name: (out / name).read_bytes() for name in names}


def refusal(study: Path) -> list[Problem]:
    with pytest.raises(JiujinError) as stopped:
        pipeline.check(study)
    return list(stopped.value.problems)


def test_every_layer_may_stand_in_a_database(study: Path, database: Database, tmp_path: Path) -> None:
    pipeline.build(study, tmp_path / "files", atlas=False, cache=False)
    database.run("create schema gis")
    load_table(database, study, "facilities.csv", "gis.设施")
    load_table(database, study, "population.csv", "gis.people")
    load(database, study, "communities.geojson", "villages", shape="geometry(Geometry, 4548)")
    ask(
        study,
        facilities=database.table("gis.设施"),
        population=database.table("gis.people"),
        communities=database.table("villages"),
    )
    report = pipeline.build(study, tmp_path / "database", atlas=False, cache=False)
    assert figures(tmp_path / "database") == figures(tmp_path / "files")
    assert set(report.summary["inputs"]) == {"gis.设施.csv", "gis.people.csv", "villages.fgb", "streets.osm"}  # type: ignore[arg-type]


def test_streets_of_a_database_are_those_of_the_file(study: Path, database: Database) -> None:
    steps = [step * 200.0 for step in range(5)]
    drawn = [[(x, y) for x in steps] for y in steps] + [[(x, y) for y in steps] for x in steps]
    degrees = [[lon_lat(*place) for place in line] for line in drawn]
    lines = [(f"LINESTRING({', '.join(f'{lon} {lat}' for lon, lat in line)})", "residential") for line in degrees]
    database.fill("roads", "line text, highway text", lines)
    database.run("create view streets as select highway, st_geomfromtext(line, 4490) as geom from roads")
    ask(study, streets=f"{database.address}&query=select highway, geom from streets where highway <> 'motorway'")
    results = pipeline.run(read_study(study))
    (told,) = [problem for problem in results.problems if problem.rule == "street_class"]
    assert re.fullmatch(r"query-[0-9a-f]{8}\.fgb", told.file)
    assert results.networks[False].km == pytest.approx(8.0, rel=1e-3)
    assert results.coverage.county[CANTEEN]["covered"] == 3


def test_rows_come_in_one_order_whatever_was_written_first(study: Path, database: Database) -> None:
    database.fill("later", "id text primary key, age60 int", [("b", 2), ("a", 1), ("c", 3)])
    database.fill("unkeyed", "id text, age60 int", [("b", 2), ("a", 1), ("c", None)])
    for table, query in (("later", ""), ("unkeyed", ""), ("", "select * from later order by id desc")):
        ask(study, population=f"{database.address}&{f'table={table}' if table else f'query={query}'}")
        with opened(read_study(study)) as files:
            rows = files.inputs.population[0].read_text(encoding="utf-8").split()
        ask(study, population="population.csv")
        assert [row.split(",")[0] for row in rows] == (["id", "c", "b", "a"] if query else ["id", "a", "b", "c"])


def test_shapes_bring_the_coordinate_system_of_the_table(study: Path, database: Database) -> None:
    lon, lat = lon_lat(0, 20)
    database.fill("canteens", "id text, name text, lon float, lat float", [("F1", "南苑食堂", lon, lat)])
    database.run("alter table canteens add column geom geometry(Point, 4490), add column here geometry")
    database.run("update canteens set geom = st_setsrid(st_makepoint(lon, lat), 4490), lon = null, lat = null")
    ask(study, facilities=database.table("canteens", "&geometry=geom"))
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace('facilities = "wgs84"\n', ""), encoding="utf-8")
    database.run("alter table canteens add column type text default '助老食堂'")
    results = pipeline.run(read_study(study))
    (site,) = results.facilities.to_dict("records")
    assert (site["lon"], site["lat"]) == pytest.approx((lon, lat), abs=1e-7)
    assert site["source"] == "canteens.fgb"


@pytest.mark.parametrize(
    ("written", "rule", "said"),
    [
        ("&table=canteen", "database", "没有这个表；是否想写 canteens？"),
        ("&table=gis.canteens", "database", "没有这个"),
        ("&query=select nam from canteens", "database", "没有所写的列"),
        ("&query=select * from canteens; drop table canteens", "database", "查询写法有误"),
        ("&query=select * from canteens where false", "table_empty", "没有一行"),
        ("&query=select nextval('numbers') as id", "database", "查询想要改动数据库"),
        ("&table=canteens&geometry=outline", "missing_column", "图形列：geom"),
        ("&table=twice", "several_geometries", "&geometry=geom"),
        ("&table=mixed", "several_crs", "4326、4490"),
        ("&table=strange", "unknown_crs", "SRID 990001"),
    ],
)
def test_a_table_that_cannot_be_used_stops_the_work(
    study: Path, database: Database, written: str, rule: str, said: str
) -> None:
    database.run("create table canteens (id text, geom geometry)")
    database.run("insert into canteens values ('F1', st_setsrid(st_makepoint(117, 36.6), 4326))")
    database.run("create table twice as select *, geom as other from canteens")
    database.run("create table mixed as select * from canteens")
    database.run("insert into mixed values ('F2', st_setsrid(st_makepoint(117, 36.6), 4490))")
    database.run("create table strange as select id, st_setsrid(geom, 990001) as geom from canteens")
    database.run("create sequence numbers")
    ask(study, facilities=f"{database.address}{written}")
    (problem,) = refusal(study)
    assert problem.rule == rule
    assert said in problem.sentence()
    assert problem.severity == "error"
    assert database.run("select count(*) from canteens") == [(1,)]


def test_all_tables_that_cannot_be_used_are_told_at_once(study: Path, database: Database) -> None:
    ask(study, facilities=database.table("one"), population=database.table("two"), communities=database.table("three"))
    assert [problem.file for problem in refusal(study)] == ["one", "three", "two"]


def test_rights_are_asked_for_by_name(study: Path, database: Database) -> None:
    database.run("create table canteens (id text)")
    there = database.server.address(database.name, user="clerk", password=SECRET)
    ask(study, facilities=f"{there}&table=canteens")
    (problem,) = refusal(study)
    assert "没有权限" in problem.found
    assert "grant select" in problem.action


def test_no_password_is_ever_shown(study: Path, database: Database, tmp_path: Path) -> None:
    load_table(database, study, "facilities.csv", "facilities")
    database.run("grant select on facilities to clerk")
    there = database.server.address(database.name, user="clerk", password=SECRET)
    ask(study, facilities=f"{there}&table=facilities")
    told: list[str] = []
    report = pipeline.build(study, tmp_path / "out", atlas=False, tell=told.append)
    written = [path for folder in (tmp_path / "out", study / ".jiujin") for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".bin" for path in written)
    for path in written:
        content = path.read_bytes()
        assert SECRET.encode() not in content
        assert b"clerk" not in content
    shown = [*told, *report.lines(), repr(read_study(study)), *(each.sentence() for each in report.results.problems)]
    assert not any(SECRET in text for text in shown)
    for mistyped in (f"postgres//clerk:{SECRET}@/county", f"postgresq1://clerk:{SECRET}@h/c?table=t"):
        ask(study, communities=mistyped)
        (problem,) = refusal(study)
        assert (problem.rule, SECRET in problem.sentence()) == ("missing_file", False)
    ask(study, communities="communities.geojson")
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(f"{text}\nx = [postgresql://clerk:{SECRET}@/county", encoding="utf-8")
    (problem,) = refusal(study)
    assert (problem.rule, SECRET in problem.sentence()) == ("toml_syntax", False)
    (study / "study.toml").write_text(text, encoding="utf-8")
    for wrong in ("&table=nothing", "&table=", "&tables=facilities"):
        ask(study, facilities=f"{there}{wrong}")
        assert SECRET not in "".join(problem.sentence() for problem in refusal(study))
        ask(study, facilities="facilities.csv")


def test_servers_that_do_not_answer_are_told_with_the_remedy(study: Path, database: Database, tmp_path: Path) -> None:
    server = database.server
    for address, said in (
        (f"postgresql://clerk:{SECRET}@/county?host={tmp_path}", "连不上"),
        (f"postgresql://clerk:{SECRET}@127.0.0.1:1/county?connect_timeout=2", "连不上"),
        (f"{server.address(database.name, user='clerk', password='wrong')}", "用户名或口令不对"),
        (f"{server.address('nowhere')}", "没有这个数据库"),
        (f"{server.address(database.name, user='nobody_there')}", "用户名或口令不对"),
    ):
        ask(study, facilities=f"{address}{'&' if '?' in address else '?'}table=facilities")
        (problem,) = refusal(study)
        assert said in problem.found
        assert problem.action.endswith("原有成果保持不变")
        assert SECRET not in problem.sentence()
        ask(study, facilities="facilities.csv")


def test_without_its_driver_the_tool_says_what_to_install(
    study: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(study, facilities=database.table("facilities"))
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    (problem,) = refusal(study)
    assert "psycopg[binary]" in problem.wanted


def test_addresses_name_one_table_or_one_query() -> None:
    whole = table_at("postgresql://gis:p@ss@h:5432/c?sslmode=require&table=g.t&geometry=s")
    assert whole is not None
    assert (whole.address, whole.table, whole.geometry) == (
        "postgresql://gis:p@ss@h:5432/c?sslmode=require",
        "g.t",
        "s",
    )
    asked = table_at("postgresql://h/c?query=select * from t where a = '1&2=3' and b like '%店%';")
    assert asked is not None
    assert asked.query == "select * from t where a = '1&2=3' and b like '%店%'"
    for wrong in ("postgresql://h/c", "postgresql://h/?table=t", "postgresql://h/c?table=a.b.c", "mysql://h/c?table=t"):
        assert table_at(wrong) is None
    assert without_password("postgresql://gis:p@ss/w@h/c?password=x1&table=t") == (
        "postgresql://gis:***@h/c?password=***&table=t"
    )


def test_a_change_in_a_table_is_seen_and_nothing_is_read_while_none_is_made(
    study: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_table(database, study, "facilities.csv", "canteens")
    load_table(database, study, "population.csv", "people")
    ask(study, facilities=database.table("canteens"), population=f"{database.address}&query=select * from people")
    looks = look_at(study)
    summed: list[str] = []
    monkeypatch.setattr(
        database_watch, "_summed", lambda there, table: summed.append(table.table) or _summed(there, table)
    )

    def tables() -> dict[str, Sign]:
        return {Path(name).name: sign for name, sign in looks().items() if Path(name).suffix == ""}

    def told_of(change: str) -> dict[str, Sign]:
        """What stands otherwise after a change; the server needs a moment until it has counted it."""
        before = tables()
        database.run(f"{change}; select pg_stat_force_next_flush()")
        return {name: sign for name, sign in tables().items() if sign != before[name]}

    query = next(name for name in tables() if name.startswith("query-"))
    assert set(tables()) == {"canteens", query}
    summed.clear()
    assert tables() == tables()
    assert summed == []
    assert list(told_of("update canteens set name = '南苑长者食堂'")) == ["canteens"]
    assert list(told_of("insert into people (id, lon, lat) values ('P9', 117, 28)")) == [query]
    assert list(told_of("delete from people where id = 'P9'")) == [query]
    assert told_of("create table other (id int); insert into other values (1)") == {}
    database.run("drop table canteens")
    assert tables()["canteens"] is None
    assert tables()[query] is not None
