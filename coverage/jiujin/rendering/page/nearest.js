/* Where the people of a community walk to: the facilities that are nearest to them, with how many and how far. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, SHOWN = 3;

  /** By nearest facility of a service: people of a group, and the walk that half of them have at most. Most people first. */
  function nearestOf(engine, id, group, c) {
    const base = engine.base(id), home = engine.world.people.community, weights = engine.groups[group].weights, found = new Map();
    for (let p = 0; p < home.length; p++) {
      if (home[p] !== c || base.site[p] < 0 || !(weights[p] > 0)) continue;
      const one = found.get(base.site[p]) || { site: base.sites[base.site[p]], people: 0, walks: [] };
      one.people += weights[p];
      one.walks.push([base.walk[p], weights[p]]);
      found.set(base.site[p], one);
    }
    const all = Array.from(found.values());
    all.forEach(function (one) { one.median = middle(one.walks, one.people) / 100; });
    return all.sort(function (a, b) { return b.people - a.people || a.median - b.median; });
  }

  /** The lower weighted median. */
  function middle(walks, people) {
    let sum = 0;
    walks.sort(function (a, b) { return a[0] - b[0]; });
    for (let i = 0; i < walks.length; i++) {
      sum += walks[i][1];
      if (sum >= people / 2) return walks[i][0];
    }
    return walks[walks.length - 1][0];
  }

  function nearestRows(desk, state, c) {
    const group = desk.engine.groups[state.group];
    if (!group || desk.look().few(c)) return [];
    const all = nearestOf(desk.engine, state.service, state.group, c);
    if (!all.length) return [element('p', { class: 'sub', text: '没有步行可达的设施' })];
    return [
      element('h3', { text: '就近设施（现状）' }),
      element('table', { class: 'plain' }, [
        element('tbody', {}, all.slice(0, SHOWN).map(function (one) {
          return element('tr', {}, [
            element('th', { scope: 'row' }, [JJ.button(one.site.name, { class: 'link', title: one.site.name }, function () { desk.chooseFacility(one.site.row, true); })]),
            element('td', { text: words.people(one.people) + '人' }),
            element('td', { text: '半数在' + words.metres(one.median) + '内' }),
          ]);
        })),
      ]),
    ];
  }

  JJ.nearestOf = nearestOf;
  JJ.nearestRows = nearestRows;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
