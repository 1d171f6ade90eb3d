"""Siting questions of whole studies: what is promised is what a build counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiujin import pipeline
from jiujin.analysis.results import Results
from jiujin.analysis.siting.answers import SitingAnswer
from jiujin.analysis.siting.maximal import Effort
from jiujin.analysis.siting.site import site
from jiujin.errors import SitingError
from jiujin.reading.study_file import read_study
from jiujin.rendering.report_lines import report_lines
from jiujin.rendering.siting import decision, site_lines, write_sites
from jiujin.rendering.workbook_annexes import sites_annex
from jiujin.study import SitingQuestion
from worlds import Town, lon_lat

REACH = 'candidates = "wgs84"\n[services.party_centre]\nreach_m = { urban = 250, rural = 450 }'


def town(settings_text: str = REACH) -> Town:
    """People in the four corners and the middle of the chessboard; one centre in the south-west corner."""
    built = Town(settings=settings_text)
    built.person(0, 0, 10, age60=2).person(800, 0, 20, age60=9).person(800, 200, 5, age60=5)
    built.person(0, 800, 30, age60=1).person(800, 800, 40, age60=4).person(400, 400, 25, age60=30)
    return built.facility("party_centre", 0, 0)


def listed(folder: Path, *rows: tuple[str, float, float], more: dict[str, tuple[str, ...]] | None = None) -> str:
    """A candidate table beside the study."""
    more = more or {}
    lines = [",".join(["id", "name", "lon", "lat", *more])]
    for at, (name, x, y) in enumerate(rows):
        lon, lat = lon_lat(x, y)
        lines.append(",".join([name, f"点{name}", str(lon), str(lat), *(column[at] for column in more.values())]))
    (folder / "places.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "places.csv"


CORNERS = (("A", 800.0, 0.0), ("B", 0.0, 800.0), ("C", 800.0, 800.0), ("D", 400.0, 400.0))


def run(built: Town, folder: Path) -> Results:
    return pipeline.run(read_study(built.write(folder)))


def ask(results: Results, **wishes: object) -> SitingAnswer:
    return pipeline.find_sites(results, SitingQuestion(service="party_centre", **wishes))[0]  # type: ignore[arg-type]


def chosen(answer: SitingAnswer) -> list[str]:
    return [each.id for each in answer.sites]


def covered_when_built(built: Town, folder: Path, results: Results, answer: SitingAnswer) -> float:
    """People covered when the answer's file stands among the facilities of the study."""
    other = built.write(folder)
    write_sites(other / "sites.geojson", results, answer)
    text = (other / "study.toml").read_text(encoding="utf-8")
    text = text.replace('facilities = "facilities.csv"', 'facilities = ["facilities.csv", "sites.geojson"]')
    (other / "study.toml").write_text(text, encoding="utf-8")
    return float(pipeline.run(read_study(other)).coverage.county["party_centre"]["covered"])


def test_the_two_best_corners_are_found_and_a_build_counts_what_was_promised(tmp_path: Path) -> None:
    results = run(town(), tmp_path / "study")
    answer = ask(results, count=2, candidates=listed(tmp_path / "study", *CORNERS))
    assert chosen(answer) == ["C", "B"]
    assert [each.gained for each in answer.sites] == [40, 30]
    assert (answer.covered_before, answer.gained, answer.covered_after, answer.people) == (10, 70, 80, 130)
    assert (answer.bound, answer.optimal) == (70, True)
    assert answer.sites[1].cumulative_rate == pytest.approx(80 / 130)
    assert answer.sites[0].gained_by_group["age60"] == 4
    assert covered_when_built(town(), tmp_path / "built", results, answer) == 80


places = st.tuples(st.integers(-60, 860), st.integers(-60, 860))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(st.tuples(places, st.integers(0, 40)), min_size=3, max_size=25), count=st.integers(1, 3))
def test_a_build_with_the_sites_covers_whom_the_answer_says(
    tmp_path_factory: pytest.TempPathFactory, people: list[tuple[tuple[int, int], int]], count: int
) -> None:
    built = Town(settings=REACH).facility("party_centre", 0, 0).facility("health_centre", 610, 415)
    for place, total in people:
        built.person(*place, total)
    results = run(built, tmp_path_factory.mktemp("study"))
    try:
        answer = ask(results, count=count)
    except SitingError:  # everybody has a site already
        assert len({place for place, total in people if total}) <= count + 5
        return
    assert sum(each.gained for each in answer.sites) == answer.gained
    assert answer.gained <= answer.bound
    assert covered_when_built(built, tmp_path_factory.mktemp("built"), results, answer) == answer.covered_after


def test_without_a_list_other_services_and_streets_are_candidates(tmp_path: Path) -> None:
    results = run(town().facility("health_centre", 790, 790, name="东北卫生院"), tmp_path)
    answer = ask(results, count=1)
    assert answer.gained == 40
    assert {each.kind for each in answer.sites} <= {"building", "street"}
    ours = ask(results, count=1, candidates="health_centre")
    assert (ours.candidates, ours.sites[0].kind, ours.sites[0].name) == (1, "building", "东北卫生院")
    assert ask(results, count=1, candidates="communities").candidates == 1
    assert ask(results, count=4, candidates="streets").gained == 120


def test_the_fewest_sites_for_a_rate(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    candidates = listed(tmp_path, *CORNERS)
    answer = ask(results, rate=0.6, candidates=candidates)  # 78 of 130: 68 more, two corners
    assert (answer.count, answer.fewest, answer.optimal) == (2, 2, True)
    assert answer.covered_after >= 78
    assert ask(results, rate=0.05, candidates=candidates).sites == ()
    with pytest.raises(SitingError, match=r"100\.0%|75\.") as caught:
        ask(results, rate=1.0, candidates=listed(tmp_path, *CORNERS[:2]))
    assert caught.value.problems[0].rule == "rate_out_of_reach"
    assert "50.0%" in str(caught.value)  # 10 + 25 + 30 of 130


def rules(error: SitingError) -> set[str]:
    return {problem.rule for problem in error.problems}


@pytest.mark.parametrize(
    ("wishes", "rule"),
    [
        ({"count": 5}, "too_few_candidates"),
        ({"count": 1, "forced": ("A",), "forbidden": ("A",)}, "forced_and_forbidden"),
        ({"count": 1, "forced": ("A", "B")}, "too_many_forced"),
        ({"count": 1, "forced": ("Z",)}, "unknown_candidate"),
        ({"count": 1, "least_per_township": 2}, "too_few_for_quotas"),
        ({"count": 3, "most_per_township": 2}, "quotas_too_tight"),
        ({"budget": 5.0}, "budget"),
        ({"count": 1, "weights": {"total": 1.0, "age80": 2.0}}, "group_unknown"),
        ({"rate": 0.5, "objective": "fair"}, "wishes_conflict"),
    ],
)
def test_questions_that_cannot_be_met_say_why(tmp_path: Path, wishes: dict[str, object], rule: str) -> None:
    results = run(town(), tmp_path)
    with pytest.raises(SitingError) as caught:
        ask(results, candidates=listed(tmp_path, *CORNERS), **wishes)
    assert rule in rules(caught.value)


def test_a_candidate_on_which_no_site_could_stand_is_listed_and_the_others_are_used(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    rows = (("away", 0.0, -900.0), *CORNERS, ("gift", 400.0, 0.0))
    places = listed(tmp_path, *rows, more={"cost": ("1", "1", "1", "1", "1", "-1")})
    question = SitingQuestion(service="party_centre", count=2, candidates=places)
    answer, problems = pipeline.find_sites(results, question)
    left_out = [(problem.rule, problem.row) for problem in problems if problem.action == "未使用该行"]
    assert left_out == [("candidate_off_network", 2), ("negative_cost", 7)]
    best = ask(results, count=2, candidates=listed(tmp_path, *CORNERS))
    assert chosen(answer) == chosen(best)
    assert answer.bound == best.gained


def test_rows_that_could_not_be_used_are_told_where_too_few_are_left(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    places = listed(tmp_path, *CORNERS[:2], ("Z", 20000.0, 800.0))
    with pytest.raises(SitingError) as caught:
        ask(results, count=3, candidates=places)
    assert [(one.rule, one.row) for one in caught.value.problems] == [
        ("candidate_off_network", 4),
        ("too_few_candidates", None),
    ]


def test_candidates_that_are_all_of_no_use_are_all_listed_with_their_row(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    away = listed(tmp_path, ("far", 0, -900), ("farther", 0, -1500))
    with pytest.raises(SitingError) as caught:
        ask(results, count=1, candidates=away)
    assert [problem.row for problem in caught.value.problems if problem.rule == "candidate_off_network"] == [2, 3]


def test_too_few_sites_cannot_make_every_walk_short(tmp_path: Path) -> None:
    results = run(town(REACH.replace("250", "100").replace("450", "100")), tmp_path)
    with pytest.raises(SitingError) as caught:
        ask(results, count=3, candidates=listed(tmp_path, *CORNERS), objective="centre")
    assert rules(caught.value) == {"too_few_for_all"}


def test_a_short_list_without_a_datum_has_that_of_the_ledgers(tmp_path: Path) -> None:
    results = run(town(REACH.partition("\n")[2]), tmp_path)
    question = SitingQuestion(service="party_centre", count=1, candidates=listed(tmp_path, *CORNERS))
    answer, problems = pipeline.find_sites(results, question)
    assert chosen(answer) == ["C"]
    assert problems[-1].rule == "datum_of_ledgers"


def test_a_group_that_nobody_counted_cannot_be_sited_for(tmp_path: Path) -> None:
    built = Town().person(0, 0, 3).facility("rukang_home", 0, 0)
    results = run(built, tmp_path)
    with pytest.raises(SitingError, match="残疾人"):
        pipeline.find_sites(results, SitingQuestion(service="rukang_home", count=1))


def test_forced_forbidden_and_excluded_sites(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    candidates = listed(tmp_path, *CORNERS)
    assert set(chosen(ask(results, count=2, candidates=candidates, forced=("A",)))) == {"A", "C"}
    assert chosen(ask(results, count=1, candidates=candidates, forbidden=("C",))) == ["B"]
    ring = [list(lon_lat(*place)) for place in [(700, 700), (900, 700), (900, 900), (700, 900), (700, 700)]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path = tmp_path / "no.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert chosen(ask(results, count=1, candidates=candidates, exclude=path)) == ["B"]


def test_money_is_spent_where_it_serves_most(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    costs = {"cost": ("2", "3", "9", "3")}  # people gained: 25, 30, 40, 25
    answer = ask(results, budget=9.0, candidates=listed(tmp_path, *CORNERS, more=costs))
    assert sorted(chosen(answer)) == ["A", "B", "D"]
    assert (answer.gained, answer.optimal, answer.objective) == (80, True, "budget")
    assert sum(each.cost for each in answer.sites) == 8


def test_every_township_gets_its_share(tmp_path: Path) -> None:
    built = town()
    built.communities = [
        ("370000001001", "西社区", "urban", (-500, -500, 500, 1300)),
        ("370000002001", "东社区", "urban", (500, -500, 1300, 1300)),
    ]
    folder = built.write(tmp_path)
    text = (folder / "communities.geojson").read_text(encoding="utf-8")
    head, _, tail = text.rpartition("棋盘镇")
    (folder / "communities.geojson").write_text(f"{head}河东镇{tail}", encoding="utf-8")
    results = pipeline.run(read_study(folder))
    candidates = listed(tmp_path, *CORNERS)
    assert set(chosen(ask(results, count=2, candidates=candidates))) == {"B", "C"}
    assert set(chosen(ask(results, count=3, candidates=candidates, most_per_township=2))) == {"A", "B", "C"} or set(
        chosen(ask(results, count=3, candidates=candidates, most_per_township=2))
    ) == {"B", "C", "D"}
    assert set(chosen(ask(results, count=2, candidates=candidates, least_per_township=1, forbidden=("C",)))) == {
        "A",
        "B",
    }
    fair = ask(results, count=2, candidates=candidates, objective="fair")
    assert fair.value == pytest.approx(min(55, 65) and 40 / 65)  # 10 + 30 of 65 in the west, 40 of 65 in the east
    assert fair.optimal


def test_an_existing_site_moves_where_it_serves_more(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    answer = ask(results, count=1, candidates=listed(tmp_path, *CORNERS), relocate=1)
    assert answer.closed == ("F1",)
    assert set(chosen(answer)) == {"B", "C"}
    assert (answer.covered_before, answer.covered_after, answer.gained) == (10, 70, 60)
    assert answer.optimal
    given_up = results.facilities.set_index("id").loc["F1", "name"]
    assert given_up != "F1"
    assert f"同时停用1处：{given_up}。" in decision(results, answer)
    assert f"同时停用1处：{given_up}。" in "".join(sites_annex(replace(results, siting=answer)).notes)
    assert covered_when_built(town(), tmp_path / "built", results, answer) == 70  # the file closes it, too


def test_short_walks_and_seats(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    candidates = listed(tmp_path, *CORNERS, more={"capacity": ("25", "10", "10", "25")})
    median = ask(results, count=4, candidates=candidates, objective="median")
    assert median.value == pytest.approx(5 * 200 / 130, abs=0.1)  # five people still walk a block
    assert median.optimal
    centre = ask(results, count=4, candidates=candidates, objective="centre")
    assert centre.value == pytest.approx(200, abs=0.1)
    seats = ask(results, count=2, candidates=candidates, objective="seats")
    assert seats.value == pytest.approx(50)
    assert set(chosen(seats)) == {"A", "D"}
    assert seats.optimal


def test_sites_that_the_longest_walk_does_not_need_serve_whom_they_can(tmp_path: Path) -> None:
    results = run(town().facility("party_centre", 800, 100), tmp_path)
    places = listed(tmp_path, ("A", 0.0, 800.0), ("B", 800.0, 800.0), ("C", 400.0, 400.0), ("D", 0.0, 400.0))
    answer = ask(results, count=4, candidates=places, objective="centre")
    assert sorted(chosen(answer)) == ["A", "B", "C", "D"]  # D shortens nobody's way, and was asked for
    assert answer.value == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("wishes", [{"count": 2, "objective": "fair"}, {"budget": 0.0}, {"budget": 3.0}])
def test_estimated_people_keep_no_plan_from_being_proven(tmp_path: Path, wishes: dict[str, object]) -> None:
    built = town(f"{REACH}\n[population]\nage65 = {{ share_of = 'total', ratio = 0.137 }}")
    built.settings += '\n[services.canteen]\nlabel = "食堂"\ngroup = "age65"\nreach_m = { urban = 250, rural = 450 }'
    results = run(built, tmp_path)
    costs = {"cost": ("1", "2", "2", "3")}
    question = SitingQuestion(service="canteen", candidates=listed(tmp_path, *CORNERS, more=costs), **wishes)  # type: ignore[arg-type]
    answer = pipeline.find_sites(results, question)[0]
    assert (answer.optimal, answer.gap) == (True, 0.0)
    assert "已证明最优" in decision(results, answer) or not answer.sites


def test_old_people_count_more_when_asked_to_and_services_move_in_together(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    candidates = listed(tmp_path, *CORNERS)
    assert chosen(ask(results, count=1, candidates=candidates, weights={"age60": 1.0})) == ["D"]
    joint = ask(results, count=1, candidates=candidates, together=("elderly_canteen",))
    # total within 250 m plus age60 within 720 m: A 25+14, B 30+1, C 40+4+(5 of the person 600 m away), D 25+30
    assert chosen(joint) == ["D"]
    assert joint.gained == 25
    assert joint.bound >= 40


def test_other_plans_are_told_with_what_they_serve(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    twins = (*CORNERS, ("B2", 10.0, 800.0), ("C2", 790.0, 800.0))
    answer = ask(results, count=2, candidates=listed(tmp_path, *twins))
    assert [(each.without, each.instead, each.gained) for each in answer.alternatives] == [
        (("点C",), ("点C2",), 70),
        (("点B",), ("点B2",), 70),
    ]
    lines = site_lines(results, answer)
    assert any("备选方案1：不建点C，改建点C2，新增70人（同样多" in line for line in lines)
    assert "另有2个备选方案，新增覆盖不少于70人" in decision(results, answer)
    write_sites(tmp_path / "sites.geojson", results, answer)
    head = json.loads((tmp_path / "sites.geojson").read_text(encoding="utf-8"))["jiujin"]
    assert head["alternatives"][0] == {"without": ["点C"], "instead": ["点C2"], "gained": 70}


def test_stages_give_the_year_of_building(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    answer = ask(results, count=3, candidates=listed(tmp_path, *CORNERS), stages=(1, 2))
    assert [each.year for each in answer.sites] == [2024, 2025, 2025]
    assert [each.gained for each in answer.sites] == [40, 30, 25]


def test_the_answer_in_words_and_as_json(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    answer = ask(results, count=2, candidates=listed(tmp_path, *CORNERS))
    told = answer.as_json()
    assert set(told) == {
        "service", "count", "sites", "gained", "bound", "optimal", "people", "covered_before", "covered_after",
        "seconds",
    }  # fmt: skip
    assert set(told["sites"][0]) == {"rank", "id", "name", "lon", "lat", "gained", "cumulative_rate"}  # type: ignore[index]
    text = decision(results, answer)
    assert "已证明最优" in text
    assert "新增覆盖70人" in text
    assert "覆盖率达到61.5%" in text
    for best, promised in (
        (70.2, "0.3%"),
        (70.16, "0.3%"),
        (70.001, "0.01%"),
        (70.02, "0.03%"),
    ):  # never less than it is
        told_so = decision(results, replace(answer, optimal=False, value_bound=best, bound=best))
        assert f"距最优不超过{promised}：" in told_so
    assert len(site_lines(results, answer)) == 5


def test_build_answers_the_siting_block_and_tells_when_it_cannot(tmp_path: Path) -> None:
    asks = REACH + '\n[siting]\nservice = "party_centre"\ncandidates = "streets"\ncount = '
    folder = town(f"{asks}2").write(tmp_path / "study")
    report = pipeline.build(folder, tmp_path / "out", atlas=False)
    assert report.results.siting is not None
    assert report.results.siting.gained == 70
    features = json.loads((tmp_path / "out" / "tables" / "sites.geojson").read_text(encoding="utf-8"))["features"]
    assert [feature["properties"]["gained"] for feature in features] == [40, 30]
    assert "选址：再建党群服务中心2处，新增覆盖70人，人口覆盖率达到61.5%，点位见附表4。" in report.lines()
    results = run(town(f"{asks}500"), tmp_path / "too many")
    assert results.siting is None
    last = results.problems[-1]
    assert (last.rule, last.file, last.column) == ("too_few_candidates", "study.toml", "siting")
    said = [line for line in report_lines(results, tmp_path) if line.startswith("选址")]
    why = f"党群服务中心选址没有结果：{last.found}。"
    assert said == [f"选址：{why}其余成果不受影响。"]
    assert sites_annex(results).rows[0].cells[1] == why


def test_the_clock_is_only_a_guard(tmp_path: Path) -> None:
    results = run(town(), tmp_path)
    question = SitingQuestion(service="party_centre", count=2, candidates="streets")
    answers = [site(results, question, effort=Effort(seconds=s)) for s in (0.0, 60.0)]
    assert chosen(answers[0]) == chosen(answers[1])


def test_sites_whose_community_names_no_township_are_read_back(tmp_path: Path) -> None:
    results = run(town(), tmp_path / "study")
    answer = ask(results, count=2, candidates=listed(tmp_path / "study", *CORNERS))
    nowhere = replace(answer, sites=tuple(replace(each, township=None, community=None) for each in answer.sites))
    assert covered_when_built(town(), tmp_path / "built", results, nowhere) == 80
