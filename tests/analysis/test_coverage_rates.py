"""Coverage rates: a county worked out by hand, then what must hold in any county."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.small_counties import CANTEEN, PARTY, access_of, communities_of, no_marks, people_of
from jiujin.analysis.access import person_status
from jiujin.analysis.coverage_checks import reconcile
from jiujin.analysis.coverage_counts import Marks, exact_sums, residents_of, tally, walk_quantiles_cm
from jiujin.analysis.coverage_tables import COMMUNITY_COLUMNS, class3_of, coverage_tables, is_rural, long_leg_marks
from jiujin.network.search import NO_WALK

COUNTY = communities_of(
    ("370001001001", "城关街道", "111", "居委会"),
    ("370001001002", "城关街道", "121", "居委会"),
    ("370001002201", "李庄镇", "220", "村委会"),
    ("370001002202", "李庄镇", "112", "村委会"),
)
# community 0: three points; 1: one point; 2: three points; 3: nobody; then one point in no community
HOME = [0, 0, 0, 1, 2, 2, 2, -1]
AGE60 = [10, 20, 70, 5, 4, 3, 3, 50]
TOTAL = [100, 100, 300, 40, 20, 10, 10, 90]
WALK = [720, 720.01, 100, None, 1000, 1000.01, 50, 10]
LEG = [0, 0, 0, 0, 0, 0, 500.01, 0]


def county(**changes):
    """The county above, with canteens at rows 4 and 9 of the facilities: in community 0 and outside."""
    residents = people_of(HOME, total=TOTAL, age60=AGE60)
    rural = is_rural(COUNTY, residents.community)
    question = {
        "services": [PARTY, CANTEEN],
        "access": {
            "party": access_of(PARTY, [1, 1, 1, 1, 1, 1, 1, 1], rural=rural, sites=[0, 1, 2]),
            "canteen": access_of(CANTEEN, WALK, rural=rural, leg_m=LEG, sites=[4, 9]),
        },
        "residents": residents,
        "communities": COUNTY,
        "facility_community": np.array([0, 0, 2, -1, 0, -1, -1, -1, -1, -1], np.int32),
        "marks": no_marks(8),
    }
    return coverage_tables(**{**question, **changes})


def row(coverage, code: str, service: str) -> pd.Series:
    table = coverage.communities
    return table[(table["community_code"] == code) & (table["service"] == service)].iloc[0]


def test_a_walk_of_exactly_the_reach_is_covered_and_a_centimetre_more_is_not():
    town = row(county(), "370001001001", "canteen")
    assert (town["people"], town["covered"], town["pop_rate"]) == (100, 80, 0.8)
    assert town["beyond"] == 20
    village = row(county(), "370001002201", "canteen")
    assert (village["people"], village["covered"], village["beyond"], village["off_network"]) == (10, 4, 3, 3)


def test_eighty_in_a_hundred_reach_the_community_and_nobody_there_leaves_it_out():
    coverage = county()
    canteens = coverage.communities[coverage.communities["service"] == "canteen"]
    reached = canteens["unit_reached"].tolist()
    assert reached[:3] == [1, 0, 0]
    assert np.isnan(reached[3])
    assert coverage.county["canteen"]["unit_reached"] == pytest.approx(1 / 3)


def test_a_community_without_people_has_no_rate_and_counts_as_one_without_a_site():
    empty = row(county(), "370001002202", "canteen")
    assert (empty["people"], empty["sites"]) == (0, 0)
    assert np.isnan(empty["pop_rate"])
    assert np.isnan(empty["median_walk_m"])
    assert county().county["canteen"]["unit_has"] == 1 / 4


def test_no_walk_is_infinite_in_the_quantiles():
    town = row(county(), "370001001001", "canteen")
    assert (town["median_walk_m"], town["p90_walk_m"]) == (100, 720.01)
    cut_off = row(county(), "370001001002", "canteen")
    assert np.isnan(cut_off["median_walk_m"])
    village = row(county(), "370001002201", "canteen")
    assert village["median_walk_m"] == 1000.01
    assert np.isnan(village["p90_walk_m"])


def test_the_county_is_summed_first_and_divided_after():
    figures = county().county["canteen"]
    assert figures == {
        "people": 115,
        "covered": 84,
        "pop_rate": 84 / 115,
        "radius_rate": 84 / 115,
        "unit_has": 1 / 4,
        "unit_reached": 1 / 3,
        "sites": 2,
        "no_walk_people": 5,
        "off_network_people": 3,
        "long_leg_people": 0,
        "island_people": 0,
        "estimated": False,
    }


def test_people_of_no_community_are_in_no_rate_but_in_the_reconciliation():
    coverage = county()
    assert coverage.outside == {"party": 90, "canteen": 50}
    assert coverage.sites_outside == {"party": 0, "canteen": 1}
    assert coverage.checks[1] == (
        "助老食堂：已覆盖 84 + 超出服务距离 23 + 路网不连通 5 + 远离路网 3 + 不在任何社区（村） 50 = 165 人，"
        "各社区（村）与全县均相符"
    )


def test_rows_come_by_code_then_service_with_the_agreed_columns():
    table = county(trust=["good", "fair", "poor", "poor"]).communities
    assert tuple(table.columns[: len(COMMUNITY_COLUMNS)]) == COMMUNITY_COLUMNS
    assert table["community_code"].tolist() == [code for code in COUNTY["code"] for _ in range(2)]
    assert table["service"].tolist() == ["party", "canteen"] * 4
    assert table["group"].tolist() == ["total", "age60"] * 4
    assert table["trust"].tolist() == ["good", "good", "fair", "fair", "poor", "poor", "poor", "poor"]
    assert table["sites"].tolist() == [2, 1, 0, 0, 1, 0, 0, 0]


def test_a_group_that_nobody_counted_has_walks_but_no_people_and_no_rates():
    residents = people_of(HOME, total=TOTAL)
    coverage = county(residents=residents)
    figures = coverage.county["canteen"]
    assert figures["sites"] == 2
    assert figures["unit_has"] == 1 / 4
    unknown = ("people", "covered", "pop_rate", "radius_rate", "unit_reached", "no_walk_people", "off_network_people")
    assert [figures[name] for name in unknown] == [None] * len(unknown)
    assert row(coverage, "370001001001", "canteen")[["people", "covered", "unit_reached"]].isna().all()
    assert coverage.checks[1] == "助老食堂：无“age60”人口数据，不计人数"


def test_an_estimated_group_is_marked_wherever_it_is_counted():
    frame = pd.DataFrame({"id": list("abcdefgh"), "total": TOTAL, "age60": np.array(TOTAL) * 0.209})
    frame.attrs["estimated"] = {"age60"}
    coverage = county(residents=residents_of(frame, np.array(HOME, np.int32)))
    assert coverage.county["canteen"]["estimated"] is True
    assert coverage.county["party"]["estimated"] is False
    assert coverage.communities.groupby("service")["estimated"].unique().map(list).to_dict() == {
        "party": [False],
        "canteen": [True],
    }
    assert coverage.checks[1].endswith("人（估算），各社区（村）与全县均相符")


def test_the_same_people_by_township_class_and_committee():
    splits = county().splits
    canteens = splits[splits["service"] == "canteen"].set_index(["split", "value"])
    assert canteens.loc[("township", "城关街道"), "covered"] == 80
    assert canteens.loc[("township", "城关街道"), "unit_has"] == 1 / 2
    assert canteens.loc[("township", "李庄镇"), "unit_reached"] == 0  # the other village has nobody
    assert canteens.loc[("class", "urban"), "communities"] == 3
    assert canteens.loc[("class3", "城区"), "people"] == 100
    assert canteens.loc[("class3", "镇区"), "no_walk"] == 5
    assert canteens.loc[("class3", "乡村"), "pop_rate"] == 4 / 10
    assert canteens.loc[("committee", "村委会"), "people"] == 10


def test_without_class_codes_the_three_classes_are_two():
    plain = COUNTY.drop(columns="class_code")
    assert class3_of(plain) == ["城镇", "城镇", "乡村", "城镇"]


def test_a_long_leg_is_over_two_hundred_metres_or_crosses_water():
    marks = long_leg_marks(
        np.array([20_000, 20_001, 5], np.int32), crossing=np.array([False, False, True]), island=np.zeros(3, bool)
    )
    assert marks.long_leg.tolist() == [False, True, True]


def test_long_legs_and_islands_are_people_of_the_group():
    marks = Marks(long_leg=np.arange(8) < 2, crossing=np.arange(8) < 1, island=np.arange(8) == 7)
    figures = county(marks={False: marks, True: marks}).county
    assert figures["canteen"]["long_leg_people"] == 30
    assert figures["party"]["long_leg_people"] == 200
    assert figures["canteen"]["island_people"] == 0  # who lives in no community is in no count


def test_a_sum_that_does_not_hold_stops_the_work():
    coverage = county()
    residents = people_of(HOME, total=TOTAL, age60=AGE60)
    access = access_of(CANTEEN, WALK, leg_m=LEG)
    counts = tally(
        residents.community, 4, service=CANTEEN, access=access, residents=residents, marks=no_marks(8)[False]
    )
    lost = dataclasses.replace(counts, covered=counts.covered - 1)
    with pytest.raises(AssertionError, match=r"number 0: 99\.0 people add up, 100\.0 live there"):
        reconcile([CANTEEN], {"canteen": lost}, coverage.splits, residents, coverage.outside)


def test_ninety_in_a_hundred_of_thirty_people_are_twenty_seven():
    walk_cm = np.arange(1, 31, dtype=np.int32)
    p90 = walk_quantiles_cm(np.zeros(30, int), 1, walk_cm, np.ones(30), ((9, 10),))[0]
    assert p90.tolist() == [27]


ESTIMATES = st.lists(st.floats(0, 5000, allow_subnormal=False), min_size=1, max_size=40)


@given(ESTIMATES, st.randoms(use_true_random=False))
def test_sums_of_estimates_do_not_depend_on_the_order_of_the_rows(weights, random):
    shuffled = random.sample(weights, len(weights))
    key = np.zeros(len(weights), int)
    assert exact_sums(key, np.array(weights), 1) == exact_sums(key, np.array(shuffled), 1)
    assert exact_sums(key, np.array(weights), 1)[0] == pytest.approx(sum(weights))


PEOPLE = st.lists(
    st.tuples(
        st.integers(-1, 3),
        st.integers(0, 9),
        st.integers(0, 200_000) | st.just(NO_WALK),
        st.integers(0, 60_000),
    ),
    min_size=1,
    max_size=30,
)


def drawn(people, longer: float = 1.0):
    """Coverage by canteens of people drawn as (community, persons, walk, leg)."""
    home, persons, walk_cm, leg_cm = (np.array(column) for column in zip(*people, strict=True))
    residents = people_of(home, total=persons * 3, age60=persons)
    access = access_of(CANTEEN, [None] * len(people), rural=is_rural(COUNTY, residents.community))
    on, reach_cm = leg_cm <= 50_000, np.rint(access.reach_cm * longer).astype(np.int32)
    walk_cm = np.where(on, walk_cm, NO_WALK).astype(np.int32)
    access = dataclasses.replace(
        access, walk_cm=walk_cm, reach_cm=reach_cm, status=person_status(walk_cm, reach_cm, on)
    )
    return county(services=[CANTEEN], access={"canteen": access}, residents=residents, marks=no_marks(len(people)))


@settings(max_examples=40, deadline=None)
@given(PEOPLE)
def test_statuses_add_up_to_the_people_and_rates_come_back_from_the_counts(people):
    coverage = drawn(people)
    table, splits = coverage.communities, coverage.splits
    assert (table[["covered", "beyond", "no_walk", "off_network"]].sum(axis=1) == table["people"]).all()
    for _, part in splits.groupby("split"):
        assert part["people"].sum() == table["people"].sum()
        assert part["covered"].sum() == table["covered"].sum()
    figures = coverage.county["canteen"]
    if figures["people"]:
        assert figures["pop_rate"] == table["covered"].sum() / table["people"].sum()
    assert figures["people"] + coverage.outside["canteen"] == sum(persons for _, persons, _, _ in people)


@settings(max_examples=40, deadline=None)
@given(PEOPLE, st.floats(1, 3))
def test_coverage_never_falls_as_the_reach_grows(people, longer):
    near, far = drawn(people), drawn(people, longer)
    assert (far.communities["covered"] >= near.communities["covered"]).all()


@settings(max_examples=40, deadline=None)
@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_of_the_people_changes_nothing(people, random):
    one, other = drawn(people), drawn(random.sample(people, len(people)))
    pd.testing.assert_frame_equal(one.communities, other.communities)
    pd.testing.assert_frame_equal(one.splits, other.splits)
    assert one.county == other.county


@settings(max_examples=40, deadline=None)
@given(PEOPLE)
def test_quantiles_are_those_of_people_standing_in_line(people):
    coverage = drawn(people)
    for place, group in itertools.groupby(sorted(people, key=lambda p: p[0]), key=lambda p: p[0]):
        line = sorted(walk if leg <= 50_000 else NO_WALK for _, persons, walk, leg in group for _ in range(persons))
        if place < 0 or not line:
            continue
        found = coverage.communities.iloc[place]
        for name, part in (("median_walk_m", 0.5), ("p90_walk_m", 0.9)):
            first = next(i for i in range(len(line)) if 10 * (i + 1) >= round(part * 10) * len(line))
            if line[first] == NO_WALK:
                assert np.isnan(found[name])
            else:
                assert found[name] == line[first] / 100
