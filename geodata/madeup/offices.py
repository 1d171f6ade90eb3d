"""What the offices of the made-up county have on file: sites of the four services and the tables of the yearly plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from .curves import Floats
from .names import TOWNSHIPS
from .people import Community, People

OPERATING, BUILDING, PLANNED, CLOSED = "operating", "building", "planned", "closed"
VILLAGES_WITHOUT_CENTRE = 24
URBAN_CANTEENS, VILLAGE_CANTEENS = 17, 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One row of a ledger: where, whose, since when, how large; `size` is seats, square metres, places or beds."""

    township: str
    community: str
    name: str
    lon: float
    lat: float
    opened: date
    status: str
    size: int


def party_centres(rng: np.random.Generator, communities: list[Community], people: People) -> list[Site]:
    """Most communities have one; some villages have none."""
    villages = [number for number, place in enumerate(communities) if not place.urban_committee]
    without = set(rng.choice(villages, VILLAGES_WITHOUT_CENTRE, replace=False).tolist())
    sites = []
    for number, place in enumerate(communities):
        if number in without:
            continue
        lon, lat = _heart(rng, people, number)
        day = _day(rng, 2012, 2023)
        status = CLOSED if rng.random() < 0.012 else BUILDING if rng.random() < 0.02 else OPERATING
        size = int(rng.integers(18, 90)) * 10 + (300 if place.urban_committee else 0)
        sites.append(_site(place, f"{place.name}党群服务中心", (lon, lat), day, status, size))
    return sites


def canteens(
    rng: np.random.Generator, communities: list[Community], people: People, abroad: tuple[float, float]
) -> list[Site]:
    """About forty, rather where many old people live; one stands just beyond the border, at `abroad`."""
    old = np.bincount(people.community, people.age60, minlength=len(communities))
    urban = np.array([place.urban_committee for place in communities])
    chosen = []
    for group, count in ((urban, URBAN_CANTEENS), (~urban, VILLAGE_CANTEENS)):
        weight = np.where(group, old, 0.0) ** 0.8
        chosen += rng.choice(len(communities), count, replace=False, p=weight / weight.sum()).tolist()
    states = dict(
        zip(rng.permutation(chosen)[:6].tolist(), [CLOSED, CLOSED, BUILDING, BUILDING, PLANNED, PLANNED], strict=True)
    )
    words = ("幸福食堂", "助老食堂", "长者食堂", "孝善食堂")
    sites = []
    for number in sorted(chosen):
        place, status = communities[number], states.get(number, OPERATING)
        day = date(2024, 6, 30) if status in {BUILDING, PLANNED} else _day(rng, 2020, 2023)
        seats = int(
            rng.choice([20, 24, 30, 36, 40, 50, 60, 80, 100], p=[0.08, 0.1, 0.18, 0.1, 0.2, 0.14, 0.1, 0.07, 0.03])
        )
        name = f"{place.name}{words[int(rng.choice(4, p=[0.45, 0.3, 0.15, 0.1]))]}"
        sites.append(_site(place, name, _heart(rng, people, number, spread=160), day, status, seats))
    lon, lat = abroad
    return [
        *sites,
        Site(
            township="邻县（共建）",
            community="邻县边界村",
            name="边界村幸福食堂",
            lon=lon,
            lat=lat,
            opened=date(2022, 10, 1),
            status=OPERATING,
            size=40,
        ),
    ]


def rukang_homes(rng: np.random.Generator, communities: list[Community], people: People) -> list[Site]:
    """Six; four townships wait for theirs, one home is being built."""
    chosen = [TOWNSHIPS[number][1] for number in (0, 1, 3, 5, 7, 8)]
    sites = []
    for township in chosen:
        number = _main(communities, people, township)
        status = BUILDING if township == chosen[-1] else OPERATING
        day = date(2024, 5, 1) if status == BUILDING else _day(rng, 2021, 2023)
        where = _heart(rng, people, number, spread=220)
        sites.append(_site(communities[number], f"{township}如康家园", where, day, status, int(rng.integers(15, 36))))
    return sites


def health_centres(rng: np.random.Generator, communities: list[Community], people: People) -> list[Site]:
    """One per township, called 卫生院 in the country, and two more in the county seat."""
    sites = []
    for digits, township in TOWNSHIPS:
        number = _main(communities, people, township)
        kind = "社区卫生服务中心" if digits < "100" else "中心卫生院" if digits == "102" else "卫生院"
        where = _heart(rng, people, number, spread=320)
        sites.append(
            _site(
                communities[number],
                f"{township}{kind}",
                where,
                _day(rng, 1998, 2019),
                OPERATING,
                int(rng.integers(20, 121)),
            )
        )
    urban = [k for k, place in enumerate(communities) if place.class_code == "112" and place.urban_committee]
    for number, word in zip(rng.choice(urban, 2, replace=False).tolist(), ("城东", "城南"), strict=True):
        status = OPERATING if word == "城东" else BUILDING
        day = _day(rng, 2019, 2022) if status == OPERATING else date(2024, 12, 31)
        sites.append(
            _site(communities[number], f"{word}社区卫生服务中心", _heart(rng, people, number), day, status, 30)
        )
    return sites


def plan_tables(rng: np.random.Generator, communities: list[Community]) -> dict[str, list[list[object]]]:
    """The tables behind the targets of the yearly plan, by file stem; the first row holds the headings."""
    schools: list[list[object]] = [["统计用区划代码", "乡镇（街道）", "村（社区）", "家长学校（个）", "年度活动次数"]]
    orgs: list[list[object]] = [["统计用区划代码", "乡镇（街道）", "村（社区）", "社区社会组织（个）"]]
    for place in communities:
        town = place.urban_committee
        has = int(town or rng.random() < 0.76)
        head: list[object] = [place.code, place.township, place.name]
        schools.append([*head, has, int(rng.integers(3, 8)) if has else 0])
        orgs.append([*head, int(rng.poisson(12.6 if town else 5.6))])
    retrofit: list[list[object]] = [["乡镇（街道）", "年度任务（户）", "完成适老化改造（户）"]]
    workers: list[list[object]] = [["乡镇（街道）", "应配社区工作者（人）", "实配社区工作者（人）"]]
    visits: list[list[object]] = [
        ["乡镇（街道）", "应探访老年人（人）", "月探访老年人（人）", "养老护理员培训（人次）", "未保工作站（个）"]
    ]
    for _, township in TOWNSHIPS:
        task = int(rng.integers(6, 11)) * 10
        retrofit.append([township, task, int(task * rng.uniform(0.75, 1.12))])
        due = int(rng.integers(18, 60))
        workers.append([township, due, int(due * rng.uniform(0.68, 1.0))])
        old = int(rng.integers(120, 420))
        visits.append(
            [
                township,
                old,
                int(old * rng.choice([1.0, 1.0, 0.99, 0.97])),
                int(rng.integers(30, 60)),
                int(rng.random() < 0.8),
            ]
        )
    return {"parent_schools": schools, "social_orgs": orgs, "retrofit": retrofit, "workers": workers, "care": visits}


def _site(place: Community, name: str, where: tuple[float, float], opened: date, status: str, size: int) -> Site:
    return Site(
        township=place.township,
        community=place.name,
        name=name,
        lon=where[0],
        lat=where[1],
        opened=opened,
        status=status,
        size=size,
    )


def _heart(rng: np.random.Generator, people: People, community: int, spread: float = 90.0) -> tuple[float, float]:
    """A place beside a door in the thick of the community, with six decimals."""
    here = np.flatnonzero(people.community == community)
    at = np.column_stack([people.lon[here] * 0.807, people.lat[here]]) * 111_320
    crowd = _crowd(at, people.total[here].astype(float))
    best = at[np.argmax(crowd)] + rng.normal(0, spread, 2)
    door = here[np.argmin(np.hypot(*(at - best).T))]
    shift = rng.normal(0, 6, 2) / 111_320
    return round(float(people.lon[door] + shift[0] / 0.807), 6), round(float(people.lat[door] + shift[1]), 6)


def _crowd(at: Floats, weight: Floats) -> Floats:
    far = (at[:, None, 0] - at[None, :, 0]) ** 2 + (at[:, None, 1] - at[None, :, 1]) ** 2
    return np.asarray(np.exp(-far / (2 * 180.0**2)) @ weight)


def _main(communities: list[Community], people: People, township: str) -> int:
    """The community with the most people of a township's seat."""
    count: NDArray[np.float64] = np.bincount(people.community, people.total, minlength=len(communities))
    members = [k for k, place in enumerate(communities) if place.township == township and place.urban_committee]
    return max(members, key=lambda k: (count[k], -k))


def _day(rng: np.random.Generator, first: int, last: int) -> date:
    return date(int(rng.integers(first, last + 1)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))
