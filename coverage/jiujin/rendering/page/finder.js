/* Search by Chinese or by the initials of pinyin: communities, townships, facilities, places. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, MOST = 12;

  function entries(desk) {
    const world = desk.engine.world, found = [];
    const add = function (name, kind, go) { if (name) found.push({ name: name, kind: kind, key: name.toLowerCase(), initials: words.initials(name), go: go }); };
    world.communities.forEach(function (one) {
      add(one.name, one.township || '社区（村）', function () { desk.chooseCommunity(one.position, true); });
    });
    new Set(world.communities.map(function (one) { return one.township; })).forEach(function (name) {
      add(name, '乡镇（街道）', function () { desk.chooseTownship(name); });
    });
    world.facilities.forEach(function (one) {
      add(one.name, desk.engine.services[one.service].label, function () { desk.chooseFacility(one.row, true); });
    });
    world.meta.places.forEach(function (place) {
      add(place[2], '地名', function () { desk.goTo(place[0], place[1]); });
    });
    return found;
  }

  function matches(all, text) {
    const key = text.trim().toLowerCase();
    if (!key) return [];
    const score = function (one) {
      const at = one.key.indexOf(key), by = words.initialsAt(one.name, one.initials, key);
      return at === 0 ? 0 : by === 0 ? 1 : at > 0 ? 2 : by > 0 ? 3 : 9;
    };
    return all.map(function (one, i) { return { one: one, score: score(one), i: i }; })
      .filter(function (hit) { return hit.score < 9; })
      .sort(function (a, b) { return a.score - b.score || a.i - b.i; })
      .slice(0, MOST).map(function (hit) { return hit.one; });
  }

  function finder(desk) {
    const input = JJ.byId('find'), list = JJ.byId('found');
    let all = null, hits = [], at = -1;
    const close = function () {
      list.hidden = true;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    };
    const go = function (hit) {
      if (!hit) return;
      input.value = hit.name;
      close();
      hit.go();
    };
    const show = function () {
      all = all || entries(desk);
      hits = matches(all, input.value);
      at = hits.length ? 0 : -1;
      JJ.fill(list, hits.map(function (hit, i) { return option(hit, i, go); }));
      if (!hits.length && input.value.trim()) JJ.fill(list, [element('li', { class: 'none', text: '没有找到' })]);
      list.hidden = !input.value.trim();
      input.setAttribute('aria-expanded', list.hidden ? 'false' : 'true');
      mark();
    };
    const mark = function () {
      Array.from(list.children).forEach(function (item, i) { item.setAttribute('aria-selected', i === at ? 'true' : 'false'); });
      if (at >= 0) input.setAttribute('aria-activedescendant', 'found-' + at);
    };
    input.addEventListener('input', show);
    input.addEventListener('blur', function () { setTimeout(close, 150); });
    input.addEventListener('keydown', function (event) {
      if (event.key === 'Escape') { input.value = ''; close(); }
      if (event.key === 'Enter') go(hits[at]);
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      event.preventDefault();
      at = hits.length ? (at + (event.key === 'ArrowDown' ? 1 : hits.length - 1)) % hits.length : -1;
      mark();
    });
  }

  function option(hit, i, go) {
    return element('li', { role: 'option', id: 'found-' + i, mousedown: function (event) { event.preventDefault(); go(hit); } }, [
      element('span', { text: hit.name }), element('small', { text: hit.kind }),
    ]);
  }

  JJ.finder = finder;
  JJ.findMatches = matches;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
