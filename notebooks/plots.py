"""Pictures for the notebooks: Chinese labels where the computer has a font for them, and a plain map."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager

HAN_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "SimHei",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
)
COVERED, UNCOVERED, SITE, NEW = "#2a7f9e", "#d9622b", "#1b1b1b", "#b5179e"


def prepare() -> Callable[[object, object], str]:
    """
    Set up pictures; gives `say(chinese, english)`, which is the Chinese where a font for it is installed.
    """
    plt.rcParams.update({"figure.figsize": (9, 4.5), "figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3})
    plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": False})
    installed = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in HAN_FONTS if name in installed), None)
    if found is None:
        print("本机没有中文字体，图中文字改用英文；安装 Noto Sans CJK SC（思源黑体）后重新运行即为中文。")
        return lambda chinese, english: str(english)
    plt.rcParams["font.family"] = [found]
    return lambda chinese, english: str(chinese)


def county_map(results, title: str):
    """An empty map of the county in plane kilometres: communities and streets (of a large place the main ones)."""
    _, axes = plt.subplots(figsize=(8, 7))
    plane, streets = results.plane, results.streets
    communities = results.communities.to_crs(plane.epsg)
    x, y = plane.project(streets.lon, streets.lat)
    main = streets.street_class <= (1 if streets.start.size > 5000 else 5)  # a small town shows every street
    ends = np.stack([np.column_stack((x[v[main]], y[v[main]])) for v in (streets.start, streets.end)], axis=1)
    communities.boundary.plot(ax=axes, color="#c9c9c9", linewidth=0.5, zorder=1)
    axes.add_collection(plt.matplotlib.collections.LineCollection(ends, colors="#b8b0a0", linewidths=0.8, zorder=1))
    axes.set_title(title)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return axes


def people_on(axes, results, service: str, say, size: float = 2) -> None:
    """Draw everybody, by whether they reach the service, and its counted sites."""
    access, people, facilities = results.access[service], results.people, results.facilities
    x, y = results.plane.project(people["lon"].to_numpy(), people["lat"].to_numpy())
    parts = (
        (~access.covered, UNCOVERED, say("未覆盖", "not covered")),
        (access.covered, COVERED, say("已覆盖", "covered")),
    )
    for mask, colour, name in parts:
        axes.scatter(x[mask], y[mask], s=size, color=colour, label=name, linewidths=0, zorder=2)
    sites = facilities.iloc[access.sites]
    at = results.plane.project(sites["lon"].to_numpy(), sites["lat"].to_numpy())
    axes.scatter(*at, s=28, marker="^", color=SITE, label=say("现有站点", "sites"), linewidths=0, zorder=3)
    key_of(axes)


def key_of(axes) -> None:
    """Explain the symbols, each large enough to be seen."""
    for handle in axes.legend(loc="lower left", bbox_to_anchor=(1, 0), frameon=False).legend_handles:
        handle.set_sizes([40])
