"""Small made-up places for the page, computed by the real network and the real counting."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from jiujin.analysis.access import reach_of, service_access
from jiujin.analysis.coverage_counts import residents_of
from jiujin.analysis.coverage_tables import coverage_tables, is_rural, long_leg_marks
from jiujin.analysis.gaps import find_gaps
from jiujin.analysis.gaps_zones import Ground
from jiujin.analysis.placing import bring_onto_streets
from jiujin.analysis.trust import communities_trust
from jiujin.coordinates import plane_of
from jiujin.network.streets import STREET_CLASSES, Streets, Surroundings
from jiujin.study import Inputs, Output, Reach, Service, Study

WEST, SOUTH = 118_0000000, 36_6000000
EAST_STEP, NORTH_STEP = 22_000, 18_000  # 1e-7 degrees: about 197 m and 200 m
PARTY = Service(
    id="party_centre", label="党群服务中心", short="党", group="total", reach=Reach(urban_m=500, rural_m=800),
    symbol="star", colour="#D55E00",
)  # fmt: skip
CANTEEN = Service(
    id="elderly_canteen", label="助老食堂", short="餐", group="age60", reach=Reach(urban_m=360, rural_m=600),
    symbol="circle", colour="#0072B2", speed_m_s=0.8,
)  # fmt: skip
RUKANG = Service(
    id="rukang_home", label="如康家园", short="康", group="disabled", reach=Reach(urban_m=500, rural_m=900),
    symbol="square", colour="#007A5A", step_free=True, speed_m_s=0.6,
)  # fmt: skip


def grid_streets(columns: int, rows: int, *, seed: int = 1) -> Streets:
    """A chessboard of streets with bends, some steps, and an island in the south."""
    rng = np.random.default_rng(seed)
    lon, lat, start, end, way, kind = [], [], [], [], [], []

    def street(points: list[tuple[int, int]], number: int, street_class: str) -> None:
        for a, b in pairwise(points):
            start.append(vertex(a))
            end.append(vertex(b))
            way.append(number)
            kind.append(STREET_CLASSES.index(street_class))

    known: dict[tuple[int, int], int] = {}

    def vertex(point: tuple[int, int]) -> int:
        if point not in known:
            known[point] = len(lon)
            lon.append(WEST + point[0])
            lat.append(SOUTH + point[1])
        return known[point]

    def cross(i: int, j: int) -> tuple[int, int]:
        return i * EAST_STEP, j * NORTH_STEP

    number = 100
    for j in range(rows):
        points = []
        for i in range(columns):
            points += [cross(i, j), (cross(i, j)[0] + EAST_STEP // 2, cross(i, j)[1] + int(rng.integers(-900, 900)))]
        street(points[:-1], number := number + 7, "main" if j % 3 == 0 else "residential")
    for i in range(columns):
        street([cross(i, j) for j in range(rows)], number := number + 7, "minor" if i % 2 else "steps")
    street([(k * 3000, -90_000) for k in range(4)], number + 7, "path")
    lon_e7, lat_e7 = np.array(lon, np.int32), np.array(lat, np.int32)
    a, b = np.array(start, np.int32), np.array(end, np.int32)
    metres = Geod(ellps="WGS84").inv(lon_e7[a] / 1e7, lat_e7[a] / 1e7, lon_e7[b] / 1e7, lat_e7[b] / 1e7)[2]
    classes = np.array(kind, np.uint8)
    return Streets(
        lon_e7=lon_e7,
        lat_e7=lat_e7,
        start=a,
        end=b,
        length_cm=np.rint(np.asarray(metres) * 100).astype(np.int32),
        way=np.array(way, np.int64) + 4_000_000_000,
        step_free=classes != STREET_CLASSES.index("steps"),
        street_class=classes,
    )


def people_frame(columns: int, rows: int, count: int, *, seed: int = 2, ratio: float = 0.209) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    total = rng.integers(0, 60, count).astype(np.float64)
    frame = pd.DataFrame(
        {
            "id": [f"P{k}" for k in range(count)],
            "lon": (WEST + rng.uniform(-20_000, (columns - 0.3) * EAST_STEP, count)) / 1e7,
            "lat": (SOUTH + rng.uniform(-95_000, (rows - 0.3) * NORTH_STEP, count)) / 1e7,
            "total": total,
            "age60": total * ratio,
            "disabled": rng.integers(0, 3, count).astype(np.float64),
        }
    )
    frame.attrs["estimated"] = {"age60"}
    return frame


def communities_frame(columns: int, rows: int, names: list[str]) -> gpd.GeoDataFrame:
    """Vertical stripes, urban and rural in turn, that leave the easternmost people to nobody."""
    width = columns * EAST_STEP / len(names)
    shapes = [
        shapely.box(
            (WEST - 20_000 + k * width) / 1e7,
            (SOUTH - 100_000) / 1e7,
            (WEST - 20_000 + (k + 1) * width) / 1e7,
            (SOUTH + rows * NORTH_STEP) / 1e7,
        )
        for k in range(len(names))
    ]
    return gpd.GeoDataFrame(
        {
            "code": [f"370799{1000 + k:06d}" for k in range(len(names))],
            "name": names,
            "township": ["城关街道" if k % 2 else "东河镇" for k in range(len(names))],
            "class": ["rural" if k % 3 == 1 else "urban" for k in range(len(names))],
            "class_code": [None] * len(names),
            "committee": ["居委会"] * len(names),
            "sketch": [False] * len(names),
        },
        geometry=shapes,
        crs=4326,
    )


def facilities_frame(
    columns: int, rows: int, services: tuple[Service, ...], each: int, names: list[str]
) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    tables = [
        pd.DataFrame(
            {
                "id": sorted(f"{service.id}-{k:02d}" for k in range(each)),
                "name": [names[k % len(names)] for k in range(each)],
                "service": service.id,
                "lon": (WEST + rng.uniform(0, (columns - 1) * EAST_STEP, each)) / 1e7,
                "lat": (SOUTH + rng.uniform(0, (rows - 1) * NORTH_STEP, each)) / 1e7,
                "status": ["planned" if k == 1 else "operating" for k in range(each)],
                "counted": [k != 1 for k in range(each)],
                "outside": False,
                "source": "设施.xlsx",
                "sheet": "表1",
                "row": range(2, each + 2),
            }
        )
        for service in services
    ]
    return pd.concat(tables, ignore_index=True)


def home_of(points: pd.DataFrame, communities: gpd.GeoDataFrame) -> np.ndarray:
    """The community of each point, -1 for none; on a shared border the first."""
    places = shapely.points(points["lon"].to_numpy(), points["lat"].to_numpy())
    home = np.full(len(points), -1, np.int32)
    for k, shape in reversed(list(enumerate(communities.geometry))):
        home[shapely.covers(shape, places)] = k
    return home


def results_of(
    streets: Streets,
    people: pd.DataFrame,
    communities: gpd.GeoDataFrame,
    facilities: pd.DataFrame,
    services: tuple[Service, ...],
    *,
    name: str = "示例县",
    surroundings: Surroundings | None = None,
    problems: tuple = (),
    answered: bool = True,
) -> SimpleNamespace:
    """Walk and count everything as the pipeline does, without a file; gaps only where they are `answered`."""
    study = Study(
        name=name,
        folder=Path(),
        as_of=date(2023, 12, 31),
        inputs=Inputs(facilities=(), communities=(), population=(), streets=()),
        services=services,
        output=Output(unit="示例县民政局"),
    )
    plane = plane_of(people["lon"].to_numpy(), people["lat"].to_numpy())
    ground = bring_onto_streets(study, plane, streets, people=people, facilities=facilities)
    community, facility_community = home_of(people, communities), home_of(facilities, communities)
    access = {
        service.id: service_access(
            service,
            network=ground.networks[service.step_free],
            people_places=ground.places[service.step_free],
            site_places=ground.sites[service.step_free],
            people_xy=ground.people_xy,
            site_xy=ground.site_xy,
            counted=((facilities["service"] == service.id) & facilities["counted"]).to_numpy(np.bool_),
            reach_cm=reach_of(service, is_rural(communities, community)),
            snap_limit_cm=study.walk.snap_limit_m * 100,
        )
        for service in services
    }
    residents = residents_of(people, community)
    nobody = np.zeros(len(people), bool)
    marks = {kind: long_leg_marks(at.leg_cm, crossing=nobody, island=at.island) for kind, at in ground.places.items()}
    coverage = coverage_tables(
        services,
        access=access,
        residents=residents,
        communities=communities,
        facility_community=facility_community,
        marks=marks,
    )
    gaps = find_gaps(
        services if answered else (), access=access, residents=residents, communities=communities,
        facilities=facilities,
        ground=Ground(
            networks=ground.networks, places=ground.places, x=ground.people_xy[0], y=ground.people_xy[1], plane=plane
        ),
    )  # fmt: skip
    trust = communities_trust(
        ground.networks[False], ground.places[False].leg_cm, plane=plane, communities=communities, residents=residents
    )
    # only what a page is made from; the pipeline's own tests make whole results
    return SimpleNamespace(
        study=study, plane=plane, streets=streets, surroundings=surroundings or Surroundings(),
        communities=communities, people=people, facilities=facilities, community=community, residents=residents,
        facility_community=facility_community, estimated=residents.estimated, networks=ground.networks,
        places=ground.places, sites=ground.sites, access=access, coverage=coverage, problems=problems,
        answers=SimpleNamespace(gaps=gaps, targets=pd.DataFrame()), trust=trust, siting=None,
        marks=marks, compounds=None, base="",
    )  # fmt: skip


def town(
    columns: int = 12,
    rows: int = 9,
    people: int = 1500,
    *,
    names: list[str] | None = None,
    services: tuple[Service, ...] = (PARTY, CANTEEN, RUKANG),
    ratio: float = 0.209,
) -> SimpleNamespace:
    """A town of a dozen streets with everything in it that a page must cope with."""
    names = names or ["文昌社区", "北关村", "南苑社区", "河东村", "锦绣社区"]
    return results_of(
        grid_streets(columns, rows),
        people_frame(columns, rows, people, ratio=ratio),
        communities_frame(columns, rows, names),
        facilities_frame(columns, rows, services, 5, [f"{name}服务点" for name in names]),
        services,
    )


def with_facilities(results: SimpleNamespace, facilities: pd.DataFrame) -> SimpleNamespace:
    """The same place with another ledger."""
    return results_of(
        results.streets, results.people, results.communities, facilities, results.study.services,
        name=results.study.name, surroundings=results.surroundings, problems=results.problems,
    )  # fmt: skip
