/*
 * What has changed since an earlier build: whom a service reaches now and did not, and the other way round. Only a page
 * that `jiujin compare --map` has written carries that; a triangle per community and a mark per home, told apart by
 * shape and filling, so that a grey print says the same.
 */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, MORE = '#00573f', LESS = '#b3261e', SHOWN = 200;

  /** What this page was given, or null; damaged or of another page: the reason over everything. */
  function given(desk) {
    const box = JJ.byId('change');
    if (!box) return null;
    const told = parsed(box.textContent), engine = desk.engine;
    const same = told && told.points === engine.world.people.count && engine.services.every(function (service) {
      const one = told.services[service.id];
      return !one || one.covered[1] === null || Math.abs(one.covered[1] - engine.summary(service.id).covered) < 1e-6;
    });
    if (same) return told;
    JJ.alarm('比较结果不符', '“与上次相比”不属于本页的成果，请用 jiujin compare 重新生成。');
    return null;
  }

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch (error) {
      return null;
    }
  }

  /** People of this page who stand at these places: by the code of a community, degrees in 1e-7 one after another. */
  function peopleAt(engine, places) {
    const people = engine.world.people, codes = engine.world.communities.map(function (one) { return one.code; }), wanted = new Map(), found = [];
    Object.keys(places).forEach(function (code) {
      const steps = places[code], keys = new Set();
      for (let i = 0, lon = 0, lat = 0; i < steps.length; i += 2) keys.add((lon += steps[i]) + '/' + (lat += steps[i + 1]));
      wanted.set(codes.indexOf(code), keys);
    });
    for (let p = 0; p < people.count; p++) {
      const keys = wanted.get(people.community[p]);
      if (keys && keys.has(people.lon[p] + '/' + people.lat[p])) found.push(p);
    }
    return found;
  }

  /** Who moved for one service, found once; their number must be what Python has counted. */
  function movedOf(desk, service) {
    const told = desk.since.services[service.id], engine = desk.engine, group = engine.groups[service.group];
    if (told.found) return told.found;
    told.found = { newly: peopleAt(engine, told.newly), lost: peopleAt(engine, told.no_longer) };
    [told.found.newly, told.found.lost].forEach(function (rows, i) {
      const sum = group ? rows.reduce(function (people, p) { return people + group.weights[p]; }, 0) : null;
      if (sum !== null && Math.abs(sum - told.people[i]) > 1e-3) JJ.alarm('比较结果不符', '“与上次相比”的人数与生成时不同，请用 jiujin compare 重新生成。');
    });
    return told.found;
  }

  /** For the chosen service and group: who is reached newly and no longer, and how many of them in each community. */
  function changes(desk) {
    const state = desk.store.state, one = desk.since && desk.since.services[state.service];
    if (!one || state.basket || state.metres) return null;
    const key = state.service + '|' + state.group;
    if (desk.sinceKept && desk.sinceKept.key === key) return desk.sinceKept;
    const weights = desk.weights(), home = desk.engine.world.people.community, places = new Map();
    const add = function (rows, what) {
      return rows.reduce(function (sum, p) {
        const people = weights ? weights[p] : 0;
        if (!people) return sum;
        if (!places.has(home[p])) places.set(home[p], { c: home[p], more: 0, less: 0 });
        places.get(home[p])[what] += people;
        return sum + people;
      }, 0);
    };
    const moved = movedOf(desk, desk.engine.service(state.service)), newly = moved.newly, lost = moved.lost;
    const found = { key: key, told: one, newly: newly, lost: lost, more: add(newly, 'more'), less: add(lost, 'less') };
    found.places = Array.from(places.values()).filter(function (place) { return place.c >= 0; })
      .sort(function (a, b) { return b.more + b.less - a.more - a.less || a.c - b.c; });
    desk.sinceKept = found;
    return found;
  }

  function since(desk) {
    desk.since = given(desk);
    if (!desk.since) return;
    const sum = element('p', { class: 'note', id: 'since-sum' }), body = element('tbody', {});
    const head = element('thead', {}, [element('tr', {}, ['社区（村）', '新增覆盖', '不再覆盖'].map(function (text) { return element('th', { scope: 'col', text: text }); }))]);
    JJ.pane('since', '变化', [
      element('h2', { text: '与' + desk.since.before + '相比' }), sum,
      element('table', { id: 'since-table' }, [head, body]),
    ]);
    const show = function () {
      const found = changes(desk);
      sum.textContent = found ? summed(desk, found) : '与上次相比按各项服务标准统计；请选择单项服务和“标准”步行距离。';
      JJ.fill(body, (found ? found.places.slice(0, SHOWN) : []).map(function (place) { return row(desk, place); }));
    };
    desk.store.on(['service', 'group', 'metres', 'basket'], show);
    show();
    JJ.byId('tabs').classList.add('many');
    desk.layers.marks.repaint();
  }

  function summed(desk, found) {
    const told = found.told, before = told.pop_rate[0], after = told.pop_rate[1];
    const sites = '设施 ' + words.people(told.sites[0]) + '→' + words.people(told.sites[1]) + ' 处，';
    const rate = '人口覆盖率 ' + words.percent(before) + '→' + words.percent(after) + '。';
    const where = found.places.length > SHOWN ? '变化最大的' + SHOWN + '个' : found.places.length + '个';
    return sites + rate + desk.groupLabel() + '新增覆盖 ' + words.people(found.more) + ' 人，不再覆盖 ' + words.people(found.less) + ' 人，涉及' + where + '社区（村）。';
  }

  function row(desk, place) {
    const name = desk.engine.world.communities[place.c].name;
    return element('tr', {}, [
      element('th', { scope: 'row' }, [JJ.button(name, { class: 'link', title: name }, function () { desk.chooseCommunity(place.c, true); })]),
      element('td', { text: place.more ? words.signed(place.more) : words.nothing }),
      element('td', { text: place.less ? words.signed(-place.less) : words.nothing }),
    ]);
  }

  /** Homes first, then a triangle per community with its number; returns what names must leave free. */
  function paintSince(g, view, shapes, desk) {
    const found = desk.store.state.layers.since ? changes(desk) : null, spots = [];
    if (!found) return spots;
    homes(g, view, shapes, found.newly, true);
    homes(g, view, shapes, found.lost, false);
    found.places.forEach(function (place) {
      const label = shapes.communities[place.c].label, x = (label.x - view.x0) * view.k, y = (label.y - view.y0) * view.k;
      if (x < -40 || y < -40 || x > view.w + 40 || y > view.h + 40) return;
      const both = place.more && place.less;
      if (place.more) spots.push(mark(g, view, spots, both ? x - 26 : x, y + 15, place.more, true));
      if (place.less) spots.push(mark(g, view, spots, both ? x + 26 : x, y + 15, place.less, false));
    });
    return spots;
  }

  function homes(g, view, shapes, rows, more) {
    const r = view.z < 12 ? 1.5 : view.z < 14 ? 2.2 : view.z < 16 ? 3.4 : 5, path = new Path2D();
    rows.forEach(function (p) {
      const x = (shapes.people.x[p] - view.x0) * view.k, y = (shapes.people.y[p] - view.y0) * view.k;
      if (x < -9 || y < -9 || x > view.w + 9 || y > view.h + 9) return;
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, 2 * Math.PI);
    });
    g.lineWidth = more ? 1 : 1.5;
    g.fillStyle = more ? MORE : '#fff';
    g.strokeStyle = more ? '#fff' : LESS;
    g.stroke(path);
    g.fill(path);
    if (!more) g.stroke(path);
  }

  /** A full triangle upwards, or a hollow one downwards, as large as there are people; its number where there is room. */
  function mark(g, view, spots, x, y, people, more) {
    const r = Math.min(4.5 + Math.sqrt(people) * 0.16, 15) * (view.z < 12 ? 0.7 : 1), text = words.signed(more ? people : -people);
    g.font = '600 11px "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif';
    const wide = g.measureText(text).width, left = x - (wide + 3) / 2;
    const spot = { x: x, y: y, r: (wide + 2 * r + 3) / 2 };
    triangle(g, left, y, r, more);
    if (spots.some(function (one) { return Math.abs(one.x - x) < one.r + spot.r && Math.abs(one.y - y) < 14; })) return { x: left, y: y, r: r };
    g.lineJoin = 'round';
    g.textAlign = 'left';
    g.textBaseline = 'middle';
    g.lineWidth = 3;
    g.strokeStyle = 'rgba(255,255,255,.92)';
    g.strokeText(text, left + r + 3, y);
    g.fillStyle = more ? MORE : LESS;
    g.fillText(text, left + r + 3, y);
    return spot;
  }

  function triangle(g, x, y, r, more) {
    const up = more ? -1 : 1;
    g.beginPath();
    g.moveTo(x, y + up * r);
    g.lineTo(x - r, y - up * r * 0.8);
    g.lineTo(x + r, y - up * r * 0.8);
    g.closePath();
    g.lineJoin = 'miter';
    g.lineWidth = more ? 1.4 : 2;
    g.strokeStyle = more ? '#fff' : LESS;
    g.fillStyle = more ? MORE : '#fff';
    g.fill();
    g.stroke();
  }

  /** Entries of the legend: [filled, text]. */
  function sinceKeys(desk) {
    if (!desk.store.state.layers.since || !changes(desk)) return [];
    return [[true, '与上次相比新增覆盖'], [false, '与上次相比不再覆盖']];
  }

  JJ.since = since;
  JJ.sinceKeys = sinceKeys;
  JJ.sinceChanges = changes;
  JJ.paintSince = paintSince;
  JJ.triangle = triangle;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
