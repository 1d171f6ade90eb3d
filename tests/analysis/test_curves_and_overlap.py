"""Rings, the distance curve, second sites, closures, the basket of services, and what hangs on assumptions: by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.small_counties import CANTEEN, PARTY, access_of, pairs_of, people_of
from jiujin.analysis.coverage_housing import area_rates
from jiujin.analysis.coverage_overlap import basket, overlap, site_table
from jiujin.analysis.curves import distance_curve, ring_table
from jiujin.analysis.sensitivity import sensitivity, with_reach

RESIDENTS = people_of([0, 0, 1, 1, -1], age60=[10, 20, 30, 40, 500])
RURAL = np.array([False, False, True, True, False])
WALKS = [300, 720, 720.01, None, 5]


def test_a_ring_holds_who_walks_exactly_as_far():
    table = ring_table([CANTEEN], {"canteen": access_of(CANTEEN, WALKS)}, RESIDENTS, RURAL)
    everybody = table[table["class"] == "all"]
    assert everybody["ring_m"].tolist() == [300, 500, 1000, 1500]
    assert everybody["within"].tolist() == [10, 10, 60, 60]
    assert everybody["people"].tolist() == [100] * 4
    assert everybody["rate"].tolist() == [0.1, 0.1, 0.6, 0.6]
    country = table[table["class"] == "rural"]
    assert country["within"].tolist() == [0, 0, 30, 30]
    assert country["people"].tolist() == [70] * 4


def test_the_curve_climbs_where_people_live_and_never_reaches_those_without_a_walk():
    curve = distance_curve([CANTEEN], {"canteen": access_of(CANTEEN, WALKS)}, RESIDENTS, RURAL, step_m=100, until_m=900)
    assert curve["metres"].tolist() == [*range(0, 901, 100)] * 3
    assert curve["within"].tolist()[:10] == [0, 0, 0, 10, 10, 10, 10, 10, 60, 60]
    assert curve[curve["class"] == "urban"]["rate"].tolist()[-1] == 1


def test_an_unknown_group_has_no_rings():
    table = ring_table([PARTY], {"party": access_of(PARTY, WALKS)}, RESIDENTS, RURAL)
    assert table[["people", "within", "rate"]].isna().all().all()


# canteen 0 is reached by points 0, 1 and 4, canteen 1 by 1 and 2
PAIRS = pairs_of([(0, 0, 300), (0, 1, 720), (1, 1, 100), (1, 2, 500), (0, 4, 5)], 5, 2)


def test_what_is_lost_when_a_site_closes_is_who_reaches_no_other():
    access = access_of(CANTEEN, WALKS, facility=[0, 1, 1, 1, 0], sites=[3, 8])
    table = site_table(CANTEEN, access, PAIRS, RESIDENTS)
    assert table["row"].tolist() == [3, 8]
    assert table["people_in_reach"].tolist() == [30, 50]
    assert table["only_here"].tolist() == [10, 30]
    assert table["nearest_people"].tolist() == [10, 50]
    assert site_table(PARTY, access, PAIRS, RESIDENTS)["people_in_reach"].isna().all()


def test_who_has_a_choice():
    assert overlap(CANTEEN, PAIRS, RESIDENTS) == {"people": 100, "one_site": 40, "two_or_more": 20, "double_rate": 0.2}
    assert overlap(PARTY, PAIRS, RESIDENTS)["people"] is None
    assert overlap(CANTEEN, PAIRS, people_of([-1] * 5, age60=[1] * 5))["double_rate"] is None


def test_the_basket_counts_people_by_how_many_services_they_reach():
    residents = people_of([0, 0, 0, -1], total=[10, 20, 70, 5])
    access = {"canteen": access_of(CANTEEN, [100, 100, None, 1]), "party": access_of(PARTY, [100, 1001, None, 1])}
    table = basket([CANTEEN, PARTY], access, residents)
    assert table.to_numpy().tolist() == [[0, 70, 0.7], [1, 20, 0.2], [2, 10, 0.1]]
    assert len(basket([CANTEEN, PARTY], access, people_of([0] * 4))) == 0


def test_slower_walkers_reach_four_fifths_as_far_and_exactly_there_still_counts():
    access = access_of(CANTEEN, [576, 576.01, 864, 864.01])
    assert with_reach(access, (4, 5)).covered.tolist() == [True, False, False, False]
    assert with_reach(access, (6, 5)).covered.tolist() == [True, True, True, False]
    assert with_reach(access, (1, 1)).covered.tolist() == access.covered.tolist()


def test_what_the_result_hangs_on():
    asked = []

    def again(service, limit_cm):
        asked.append((service.id, limit_cm))
        return access_of(CANTEEN, [100, 100, None, None, 1] if limit_cm > 50_000 else [100, None, None, None, 1])

    table = sensitivity(
        [CANTEEN],
        {"canteen": access_of(CANTEEN, [100, 600, 800, None, 1])},
        RESIDENTS,
        snap_limit_cm=50_000,
        with_snap_limit=again,
    )
    assert asked == [("canteen", 40_000), ("canteen", 60_000)]
    assert table["case"].tolist() == ["base", "slower", "faster", "snap_less", "snap_more"]
    assert table["covered"].tolist() == [30, 10, 60, 10, 30]
    assert table["reach_urban_m"].tolist() == [720, 576, 864, 720, 720]
    assert table["snap_limit_m"].tolist() == [500, 500, 500, 400, 600]
    assert table["change"].tolist() == pytest.approx([0, -0.2, 0.3, -0.2, 0])


def test_housing_is_covered_by_its_floor_area_not_by_the_number_of_buildings():
    rural = np.array([False, False, True, False])
    buildings = access_of(CANTEEN, [720, 721, 900, 1], rural=rural, straight_m=[100, 720, 1001, 1])
    table = area_rates(
        [CANTEEN],
        {"canteen": buildings},
        area_m2=np.array([600.0, 200, 200, 5000]),
        community=np.array([0, 0, 1, -1], np.int32),
        rural=rural,
    )
    assert table.to_numpy().tolist() == [
        ["canteen", "all", 1000, 800, 0.8, 0.8],
        ["canteen", "urban", 800, 600, 0.75, 1],
        ["canteen", "rural", 200, 200, 1, 0],
    ]


PEOPLE = st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 9), st.booleans()), min_size=1, max_size=25)


@given(PEOPLE)
def test_the_curve_agrees_with_counting_and_town_and_country_add_up(people):
    walk_cm, persons, rural = (np.array(column) for column in zip(*people, strict=True))
    residents = people_of(np.zeros(len(people)), age60=persons)
    access = {"canteen": access_of(CANTEEN, walk_cm / 100)}
    curve = distance_curve([CANTEEN], access, residents, rural, until_m=2000)
    parts = {name: part["within"].to_numpy() for name, part in curve.groupby("class")}
    assert (parts["urban"] + parts["rural"] == parts["all"]).all()
    assert parts["all"].tolist() == [persons[walk_cm <= 5000 * step].sum() for step in range(41)]
