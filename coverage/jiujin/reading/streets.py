"""
Read the streets of a study: OpenStreetMap extracts, graphs written by osmnx, and line layers, alone or together.

Each format gives `Ways`; here they are joined, brought to WGS 84 where the study states another datum, and cut into
the pieces that everything else walks on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jiujin.coordinates import to_wgs84
from jiujin.errors import NetworkError, Problem
from jiujin.network.streets import Streets, Surroundings
from jiujin.reading.streets_ways import Ways, e7, joined, streets_of
from jiujin.study import Study

_OSM_ENDINGS = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".o5m")


def read_streets(study: Study) -> tuple[Streets, Surroundings, list[Problem]]:
    """
    Read all street files of the study as one network of walkable pieces, with what lies around it.

    TableError where a file cannot be read, NetworkError where none of them holds a street to walk on.
    """
    problems: list[Problem] = []
    sources: list[Ways] = []
    surroundings = Surroundings()
    by_kind: dict[str, list[Path]] = {}
    for path in study.inputs.streets:
        by_kind.setdefault(_kind_of(path), []).append(path)
    if "osm" in by_kind:
        ways, surroundings = _osm_ways(study, by_kind["osm"])
        sources.append(ways)
    for kind, read in (("graphml", _graphml_ways), ("lines", _line_ways)):
        if kind in by_kind:
            ways, found = read(study, by_kind[kind])
            sources.append(ways)
            problems += found
    streets = streets_of(joined(sources)) if sources else None
    if streets is None or len(streets.way) == 0:
        raise NetworkError([_no_street(study), *problems])
    cut_ways = sum(ways.cut_ways for ways in sources)
    if cut_ways:
        problems.append(_cut(study, cut_ways))
    return streets, surroundings, problems


def _kind_of(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(_OSM_ENDINGS):
        return "osm"
    if name.endswith((".graphml", ".xml")):
        return "osm" if name.endswith(".xml") and b"<osm" in _start(path) else "graphml"
    return "lines"


def _start(path: Path) -> bytes:
    if not path.is_file():
        return b""  # told by whoever opens it
    with path.open("rb") as file:
        return file.read(1000)


def _osm_ways(study: Study, paths: list[Path]) -> tuple[Ways, Surroundings]:
    from jiujin.reading.osm import read_osm
    from jiujin.reading.osm_lines import OsmFile

    files = [OsmFile(path=path, file=named(study, path)) for path in paths]
    ways, surroundings = read_osm(files, shared=study.walk.walkable == "default+shared")
    return _moved(ways, study.datum_of("streets", paths[0])), surroundings


def _graphml_ways(study: Study, paths: list[Path]) -> tuple[Ways, list[Problem]]:
    from jiujin.reading.streets_graphml import read_graphml

    sources, problems = [], []
    for path in paths:
        ways, found = read_graphml(path, file=named(study, path))
        sources.append(_moved(ways, study.datum_of("streets", path)))
        problems += found
    return joined(sources), problems


def _line_ways(study: Study, paths: list[Path]) -> tuple[Ways, list[Problem]]:
    from jiujin.reading.streets_lines import read_lines  # geopandas, which the other formats do without

    return read_lines(study, [(path, named(study, path)) for path in paths])


def named(study: Study, path: Path) -> str:
    """A file as problems name it: relative to the study where it lies inside."""
    inside = path.is_relative_to(study.folder)
    return path.relative_to(study.folder).as_posix() if inside else path.name


def _moved(ways: Ways, datum: str) -> Ways:
    """Streets that someone has stored in a shifted datum; OpenStreetMap's own is WGS 84."""
    if datum not in {"gcj02", "bd09"}:
        return ways
    lon, lat = to_wgs84(ways.lon_e7 / 1e7, ways.lat_e7 / 1e7, datum)
    return replace(ways, lon_e7=e7(lon), lat_e7=e7(lat))


def _no_street(study: Study) -> Problem:
    return Problem(
        severity="error",
        rule="no_walkable_street",
        file="、".join(named(study, path) for path in study.inputs.streets),
        found="没有一条可步行的道路",
        wanted="含有道路（OpenStreetMap 的 highway，或道路中心线）的文件",
        action="请检查文件是否选错、范围是否为空；自有路网请在 [inputs.options] 中用 streets_class 写明道路类别列",
    )


def _cut(study: Study, cut_ways: int) -> Problem:
    return Problem(
        severity="warning",
        rule="ways_cut",
        file="、".join(named(study, path) for path in study.inputs.streets),
        found=f"{cut_ways} 条道路在文件中缺少部分节点（多见于裁剪过的数据）",
        wanted="完整的道路",
        action="已在缺节点处断开，其余部分照用；范围边缘的步行距离可能偏长",
    )
