"""Targets: each of the ten measures on a county worked out by hand, the conditions, the joins, and the states."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis.small_counties import CANTEEN, PARTY, access_of, communities_of, people_of
from jiujin.analysis.coverage_counts import residents_of
from jiujin.analysis.targets import BEHIND, COLUMNS, DONE, NO_DATA, ON_COURSE, elapsed, state, target_table
from jiujin.analysis.targets_facts import TargetFacts, join_communities, numbers
from jiujin.analysis.targets_findings import target_problems
from jiujin.study import Target

YEAR_END = date(2023, 12, 31)
# two town communities (one run by a village committee), three villages, the last without a township
COUNTY = communities_of(
    ("370001001001", "城关街道", "111", "居委会"),
    ("370001001201", "城关街道", "122", "村委会"),
    ("370001002201", "李庄镇", "220", "村委会"),
    ("370001002202", "李庄镇", "220", "村委会"),
    ("370001003201", "王庄乡", "210", "村委会"),
)
COUNTY["name"] = ["南关社区", "北关村", "李庄村", "张庄村", "王庄村"]
HOME = [0, 1, 2, 3, -1]
SITES = pd.DataFrame(
    {
        "service": ["canteen"] * 6 + ["party"],
        "counted": [True, True, True, True, False, False, True],
        "status": ["operating", "operating", "operating", "operating", "building", "closed", "operating"],
        "tag": ["示范", None, "示范、夜间", None, None, "示范", None],
    }
)
SITE_HOME = np.array([0, 0, 2, -1, 3, 4, 1], np.int32)
TABLES = {
    "clubs": pd.DataFrame(
        {
            "code": ["370001001001", None, None, "370001009999"],
            "township": ["城关街道", "李庄镇", "李庄镇", "城关街道"],
            "name": ["南关社区", "李庄村", "张庄村", "无此村"],
            "other:数量": ["12", "1,008", None, "5"],
        }
    ),
    "school": pd.DataFrame({"code": COUNTY["code"], "has": ["是", "有", "√", "否", None]}),
    "retrofit": pd.DataFrame({"township": ["城关街道", "李庄镇", "王庄乡"], "households": [500, 250.0, np.nan]}),
    "workers": pd.DataFrame({"township": ["城关街道", "李庄镇", "王庄乡"], "actual": [8, 5, 7], "due": [10, 6, None]}),
    "station": pd.DataFrame({"township": ["城关街道", "李庄镇"], "name": [None, None]}),
}


def measured(
    measure: str, goal: float = 1, *, as_of: date = YEAR_END, facts: dict | None = None, **details
) -> pd.Series:
    residents = people_of(HOME, total=[100, 100, 100, 100, 900], age60=[20, 30, 40, 10, 900])
    county = {
        "communities": COUNTY,
        "facilities": SITES,
        "facility_community": SITE_HOME,
        "services": {"canteen": CANTEEN, "party": PARTY},
        "residents": residents,
        "access": {
            "canteen": access_of(CANTEEN, [100, 100, None, 100, 1]),
            "party": access_of(PARTY, [100] * 5),
        },
        "tables": TABLES,
    }
    facts = TargetFacts(**{**county, **(facts or {})})
    where = {key: tuple(values) for key, values in details.pop("where", {}).items()}
    target = Target(id="t", label="目标", measure=measure, goal=goal, where=where, **details)
    return target_table([target], facts, as_of).iloc[0]


def found(measure: str, **details) -> float:
    return measured(measure, **details)["found"]


def test_sites_are_counted_where_they_operate_inside_the_county():
    row = measured("site_count", 100, service="canteen", unit="家", source="二、社区养老服务行动")
    assert (row["found"], row["note"]) == (3, "另有在建 1 处，含在建共 4 处")
    assert row[list(COLUMNS)].to_dict() == {
        "id": "t",
        "label": "目标",
        "goal": 100,
        "found": 3,
        "unit": "家",
        "state": "滞后",
        "source": "二、社区养老服务行动",
    }


def test_conditions_pick_by_committee_class_township_and_tag():
    def sites(**where):
        return found("site_count", service="canteen", where=where)

    assert sites(committee=["居委会"]) == 2
    assert sites(committee=["居委会", "村委会"]) == 3
    assert sites(township=["李庄镇"]) == 1
    assert [sites(**{"class": [name]}) for name in ("城区", "镇区", "乡村", "rural", "111")] == [2, 0, 1, 1, 2]
    assert sites(tag=["示范"]) == 2
    assert sites(tag=["示范"], township=["李庄镇"]) == 1
    assert sites(tag=["夜间", "早餐"]) == 1


def test_communities_may_have_tags_too():
    tagged = COUNTY.assign(tag=["老城", None, "山区 老区", None, None])
    assert found("site_count", service="canteen", where={"tag": ["老区"]}, facts={"communities": tagged}) == 1
    assert found("units_with", service="canteen", where={"tag": ["老城", "山区"]}, facts={"communities": tagged}) == 1


def test_units_with_a_site_or_with_a_figure_in_the_table():
    assert found("units_with", service="canteen") == 2 / 5
    assert found("units_with", service="canteen", where={"committee": ["居委会"]}) == 1
    row = measured("units_with", 0.8, table="school", field="has", where={"committee": ["村委会"]})
    assert (row["found"], row["note"], row["state"]) == (2 / 4, "1 个社区（村）未填报", BEHIND)
    assert found("units_with", table="clubs") == 3 / 5  # a row is enough where no column is asked for


def test_a_mean_is_over_all_communities_that_were_meant():
    assert found("mean_per_unit", table="clubs", field="数量", where={"committee": ["居委会"]}) == 12
    row = measured("mean_per_unit", 6, table="clubs", field="数量", where={"committee": ["村委会"]})
    assert (row["found"], row["note"]) == (1008 / 4, "3 个社区（村）未填报")
    assert found("mean_per_unit", service="canteen") == 3 / 5


def test_the_least_of_all_rows():
    row = measured("min_per_site", 4, table="clubs", field="数量")
    assert (row["found"], row["note"]) == (5, "1 行未填报")
    assert found("min_per_site", service="canteen", where={"committee": ["居委会"]}) == 2


def test_the_least_per_site_passes_over_rows_that_have_no_site():
    frame = pd.DataFrame({"code": COUNTY["code"], "sites": [1, 2, 0, None, 1], "times": [5, 6, 0, 0, None]})
    row = measured("min_per_site", 4, table="x", field="times", denominator="sites", facts={"tables": {"x": frame}})
    assert (row["found"], row["state"], row["note"]) == (3, BEHIND, "1 行未填报")
    row = measured("min_per_site", 4, table="x", field="times", denominator="no", facts={"tables": {"x": frame}})
    assert row["state"] == NO_DATA


def test_sums_and_ratios_of_tables_by_township():
    assert found("sum", table="retrofit", field="households") == 750
    assert found("sum", table="retrofit", field="households", where={"township": ["李庄镇"]}) == 250
    row = measured("ratio", 0.8, table="workers", numerator="actual", denominator="due")
    assert (row["found"], row["note"], row["state"]) == (13 / 16, "1 行未填全", DONE)


def test_rates_of_people_come_from_sums():
    assert found("pop_rate", service="canteen") == 60 / 100
    assert found("pop_rate", service="canteen", where={"township": ["李庄镇"]}) == 10 / 50
    assert found("unit_reached", service="canteen") == 3 / 4  # nobody lives in the fifth
    assert found("pop_rate", service="canteen", goal=80, unit="%") == pytest.approx(60)


def test_people_per_site_should_be_few():
    assert measured("people_per_site", 34, service="canteen")["state"] == DONE
    row = measured("people_per_site", 33, service="canteen")
    assert (row["found"], row["state"]) == (100 / 3, BEHIND)
    assert measured("people_per_site", 99, service="canteen", where={"township": ["王庄乡"]})["state"] == NO_DATA


def test_townships_that_have_one():
    row = measured("township_with", 1, service="canteen")
    assert (row["found"], row["note"]) == (2 / 3, "缺：王庄乡")
    assert found("township_with", table="station") == 2 / 3


@pytest.mark.parametrize(
    ("measure", "details"),
    [
        ("sum", {"table": "none", "field": "x"}),
        ("sum", {"table": "retrofit", "field": "x"}),
        ("ratio", {"table": "workers", "numerator": "actual", "denominator": "x"}),
        ("mean_per_unit", {"table": "clubs", "field": "数量", "where": {"township": ["王庄乡"]}}),
        ("units_with", {"table": "none"}),
        ("min_per_site", {"table": "none", "field": "x"}),
        ("units_with", {"service": "canteen", "where": {"township": ["无此镇"]}}),
        ("township_with", {"service": "canteen", "where": {"township": ["无此镇"]}}),
        ("township_with", {"table": "none"}),
        ("site_count", {"service": "canteen", "where": {"township": ["无此镇"]}}),
        ("site_count", {"service": "canteen", "where": {"tag": ["无此标签"]}}),
        ("pop_rate", {"service": "canteen", "where": {"tag": ["示范"]}}),  # people walk to any site, tagged or not
        ("unit_reached", {"service": "canteen", "where": {"tag": ["示范"]}}),
    ],
)
def test_what_nobody_wrote_down_is_no_data_and_never_nought(measure, details):
    row = measured(measure, **details)
    assert np.isnan(row["found"])
    assert row["state"] == NO_DATA


def complaints(**details) -> list[tuple[str, str, str]]:
    where = {key: tuple(values) for key, values in details.pop("where", {}).items()}
    facts = TargetFacts(
        communities=COUNTY, facilities=SITES, facility_community=SITE_HOME, services={"canteen": CANTEEN},
        residents=people_of(HOME, total=[1] * 5), access={}, tables=TABLES,
    )  # fmt: skip
    asked = Target(id="t", label="目标", measure=details.pop("measure"), goal=1, where=where, **details)
    return [(one.column, one.rule, one.wanted) for one in target_problems([asked], facts)]


def test_a_target_that_asks_for_what_is_not_there_is_told_of_with_what_was_meant():
    typo = {"township": ["李家庄镇", "李庄镇"], "tag": ["示笵"], "class": ["镇区", "镇"], "committee": ["村委会"]}
    assert complaints(measure="site_count", service="canteen", where=typo) == [
        ("targets.t.where.township", "target_where_unknown", "是否想写 李庄镇？"),
        ("targets.t.where.tag", "target_where_unknown", "可用的有：夜间、示范"),
        ("targets.t.where.class", "target_where_unknown", "是否想写 镇区？"),
    ]
    assert [each[:2] for each in complaints(measure="ratio", table="workers", numerator="actual", denominator="x")] == [
        ("targets.t.denominator", "target_column_missing")
    ]
    assert [each[:2] for each in complaints(measure="units_with", table="station")] == [
        ("targets.t.table", "target_rows_unknown")
    ]
    assert complaints(measure="sum", table="retrofit", field="households") == []  # figures of townships
    assert complaints(measure="sum", table="torn", field="households") == []  # its reader has said so


def test_a_group_that_nobody_counted_is_no_data_and_an_estimate_is_said_to_be_one():
    unknown = {"residents": people_of(HOME, total=[1] * 5)}
    for measure in ("pop_rate", "unit_reached", "people_per_site"):
        assert measured(measure, service="canteen", facts=unknown)["state"] == NO_DATA
    frame = pd.DataFrame({"age60": [1.5] * 5})
    frame.attrs["estimated"] = {"age60"}
    guessed = {"residents": residents_of(frame, np.array(HOME, np.int32))}
    assert measured("pop_rate", service="canteen", facts=guessed)["note"] == "估算"


def test_tables_are_joined_by_code_else_by_township_and_name_and_never_by_name_alone():
    frame = pd.DataFrame(
        {
            "code": ["370001002201", None, None, "oops", None],
            "township": ["城关街道", "李庄镇", "王庄乡", "李庄镇", None],
            "name": ["南关社区", " 张庄村 ", "李庄村", "李庄村", "南关社区"],
        }
    )
    assert join_communities(frame, COUNTY, str.strip).tolist() == [2, 3, -1, 2, -1]
    twins = COUNTY.assign(name="东村")
    assert join_communities(frame.assign(name="东村", code=None), twins, str.strip).tolist() == [-1, -1, 4, -1, -1]


def test_figures_may_still_be_text():
    cells = pd.Series(["１,２００", "80%", "是", "无", "", None, 3, "约"], dtype=object)
    expected = [1200, 0.8, 1, 0, np.nan, np.nan, 3, np.nan]
    assert numbers(cells).tolist() == pytest.approx(expected, nan_ok=True)


def target(goal: float, due: date | None = None) -> Target:
    return Target(id="t", label="目标", measure="site_count", goal=goal, due=due)


def test_half_way_through_the_year_half_is_on_course():
    half = date(2023, 7, 2)  # day 183 of 365
    assert elapsed(None, half) == 183 / 365
    assert state(target(100), 51, half) == ON_COURSE
    assert state(target(100), 50, half) == BEHIND
    assert state(target(100), 100, half) == DONE
    assert state(target(100), None, half) == NO_DATA


def test_a_target_of_later_years_asks_for_its_share_and_a_past_one_for_all():
    assert elapsed(date(2025, 12, 31), YEAR_END) == 365 / 1096
    assert state(target(100, date(2025, 12, 31)), 34, YEAR_END) == ON_COURSE
    assert elapsed(date(2022, 1, 1), YEAR_END) == 1
    assert state(target(100, date(2022, 1, 1)), 99, YEAR_END) == BEHIND
