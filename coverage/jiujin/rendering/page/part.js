/* The part of the county that figures are of: a township that the page is narrowed to, or a chosen community. */
(function (JJ) {
  'use strict';

  const words = JJ.words;

  /** The extent that can be shown: what is no longer chosen gives way to the township, and that to everything. */
  function extentOf(state, wanted) {
    if (wanted === 'community' && state.community >= 0) return wanted;
    if (wanted === 'community' || wanted === 'township') return state.township ? 'township' : 'all';
    return wanted;
  }

  /**
   * The part that a sheet of this extent tells of, null for the county: its name, the communities whose figures it adds
   * up (`members`), and those that its table lists, with the name of them all together.
   */
  function partOf(desk, wanted) {
    const state = desk.store.state, all = desk.engine.world.communities, extent = extentOf(state, wanted);
    const township = function (name) { return all.filter(function (one) { return one.township === name; }).map(positionOf); };
    if (extent === 'community') {
      const one = all[state.community], listed = one.township ? township(one.township) : all.map(positionOf);
      return { name: one.name, members: [one.position], listed: listed, listedName: one.township || '全域' };
    }
    if (extent === 'all' || !state.township) return null;
    const members = township(state.township);
    return { name: state.township, members: members, listed: members, listedName: state.township };
  }

  function positionOf(one) { return one.position; }

  /** Counted facilities of the chosen service, and sites of the plan and facilities that it closes, among `members` (null: all). */
  function sitesIn(desk, members) {
    const look = desk.look(), engine = desk.engine, within = members && new Set(members), shut = new Set(look.closed);
    const counted = engine.sites(look.service).filter(function (one) { return !within || within.has(one.community); });
    const placed = look.sites.filter(function (site) { return !within || within.has(desk.communityAt(site.lon, site.lat)); });
    return { counted: counted.length, placed: placed.length, closed: counted.filter(function (one) { return shut.has(one.id); }).length };
  }

  /** Rows [label, of the part, of the county] of what a sheet tells of both. */
  function partRows(desk, part) {
    const look = desk.look(), terms = words.terms(look.state, look.service), few = part.members.length === 1 && look.few(part.members[0]);
    const county = look.part(desk.engine.world.communities.map(positionOf)), own = look.part(part.members);
    const row = function (label, text) { return [label, few ? words.nothing : text(own), text(county)]; };
    const rows = [row(terms.rate, function (one) { return words.percent(one.rate); })];
    if (look.touched) {
      rows.push(row('现状' + terms.rate, function (one) { return words.percent(one.rateBefore); }));
      rows.push(row('方案增减', function (one) { return words.signed(one.after - one.before) + ' ' + terms.unit; }));
    }
    rows.push(row(terms.count, function (one) { return words.people(one.people); }));
    if (few) rows[rows.length - 1][1] = words.few;
    rows.push(row(terms.has, function (one) { return words.people(one.after); }));
    rows.push(row(terms.lacks, function (one) { return words.people(one.people - one.after); }));
    return look.state.basket ? rows : rows.concat(siteRows(look, sitesIn(desk, part.members), sitesIn(desk, null)));
  }

  function siteRows(look, own, county) {
    const rows = [['现状设施', own.counted + '处', county.counted + '处']];
    if (look.touched) rows.push(['拟建、停用', own.placed + '处、' + own.closed + '处', county.placed + '处、' + county.closed + '处']);
    return rows;
  }

  /** The township that the table is narrowed to, in one line; nothing for the county, whose figures stand above. */
  function partSum(desk) {
    const part = partOf(desk, 'township'), look = desk.look(), own = part && look.part(part.members), terms = words.terms(look.state, look.service);
    if (!own) return '';
    const gain = look.touched ? '，方案增减 ' + words.signed(own.after - own.before) + ' ' + terms.unit : '';
    return '。' + part.name + '：' + terms.count + ' ' + words.people(own.people) + '，' + terms.rate + ' ' + words.percent(own.rate) + '，' + terms.lacks + ' ' + words.people(own.people - own.after) + gain;
  }

  /** The name of the study with that of the part behind it, once. */
  function placeName(desk, part) {
    const name = desk.engine.world.meta.name;
    if (!part) return name;
    return part.name.indexOf(name) === 0 ? part.name : name + part.name;
  }

  JJ.extentOf = extentOf;
  JJ.partOf = partOf;
  JJ.partRows = partRows;
  JJ.partSum = partSum;
  JJ.placeName = placeName;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
