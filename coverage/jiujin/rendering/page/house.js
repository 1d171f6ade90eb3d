/* One house: how far it is from every service, why it is not covered, and the walk drawn on the map. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element;

  /** The population point under a place of the map, within ten pixels; -1 from far away. */
  function houseAt(desk, point) {
    if (desk.map.getZoom() < 15) return -1;
    const view = desk.layers.marks.view(), weights = desk.weights(), people = desk.shapes.people;
    const x = view.x0 + (point.x + view.pad) / view.k, y = view.y0 + (point.y + view.pad) / view.k;
    let best = -1, far = 10 / view.k;
    JJ.peopleIn(desk.shapes, { k: view.k, x0: x, y0: y, w: 0, h: 0 }, 10, function (p) {
      const d = Math.hypot(people.x[p] - x, people.y[p] - y);
      if (d <= far && (!weights || weights[p] > 0)) { best = p; far = d; }
    });
    return best;
  }

  /** What keeps somebody from a service, or that nothing does. */
  function verdict(engine, service, person) {
    const base = engine.base(service.id), people = engine.netOf(service).people, walk = base.walk[person], reach = base.reach.of(person);
    if (walk <= reach) return { covered: true, text: words.statuses[0] };
    const leg = people.leg[person];
    if (leg > engine.limitCm) return { covered: false, text: words.statuses[3] + '：距最近道路 ' + words.metres(leg / 100) };
    if (walk === JJ.NO_WALK) return { covered: false, text: words.statuses[2] };
    return { covered: false, text: '超出 ' + words.metres((walk - reach) / 100) };
  }

  function houseCard(desk, state) {
    const engine = desk.engine, person = state.person, home = engine.world.people.community[person], group = engine.groups[state.group];
    const cells = engine.world.meta.profile === 'public';
    const here = home < 0 ? '不在任何社区（村）内，不计入统计' : engine.world.communities[home].name;
    return [
      element('h2', { text: cells ? '合并格网' : '居住点' }),
      element('p', { class: 'sub', text: here + (group ? ' · ' + group.label + ' ' + words.people(group.weights[person]) + ' 人' + words.estimate(group) : '') }),
      element('table', { class: 'plain' }, [
        element('thead', {}, [element('tr', {}, ['服务', '步行', '约', '结论'].map(function (name) { return element('th', { scope: 'col', text: name }); }))]),
        element('tbody', {}, engine.services.map(function (service) { return serviceRow(engine, state, service, person); })),
      ]),
      nearestText(engine, state, person),
      cells ? element('p', { class: 'sub', text: '公开版：人数为格网内合计，取整到5；步行距离从格网中心算起' }) : null,
    ];
  }

  function serviceRow(engine, state, service, person) {
    const walk = engine.base(service.id).walk[person], found = verdict(engine, service, person), none = walk === JJ.NO_WALK;
    return element('tr', { class: service.id === state.service ? 'on' : null }, [
      element('th', { scope: 'row' }, [JJ.symbolIcon(service, 16), element('span', { text: service.label })]),
      element('td', { text: none ? words.nothing : words.metres(walk / 100) }),
      element('td', { text: none ? words.nothing : words.minutes(walk / 100, service.speed_m_s) }),
      element('td', { class: found.covered ? 'plus' : 'minus', text: found.text }),
    ]);
  }

  function nearestText(engine, state, person) {
    const base = engine.base(state.service), site = base.site[person];
    if (site < 0) return null;
    const people = engine.netOf(base.service).people, entry = base.entry[person], name = '最近：' + base.sites[site].name;
    if (entry < 0) return element('p', { class: 'sub', text: name + '；同在一个小区内，不出大门' });
    const leg = words.metres(people.leg[entry] / 100), gates = people.owner && engine.world.places[base.service.step_free].doors.owner.includes(person);
    return element('p', { class: 'sub', text: name + (gates ? '；其中经大门到道路 ' + leg : '；其中到道路 ' + leg + '（直线）') });
  }

  /** Draw the walk: dashes along the streets, thin lines from the house and from the facility to the street. */
  function paintWalk(g, view, shapes, engine, state) {
    if (state.person < 0) return;
    const base = engine.base(state.service), walk = JJ.walkOf(engine, state.service, state.person), roads = engine.world.streets;
    const x = shapes.vertices.x, y = shapes.vertices.y, px = function (u) { return (u - view.x0) * view.k; }, py = function (u) { return (u - view.y0) * view.k; };
    const at = function (piece, cm) {
      const a = roads.start[piece], b = roads.end[piece], t = roads.cm[piece] ? cm / roads.cm[piece] : 0;
      return [px(x[a] + t * (x[b] - x[a])), py(y[a] + t * (y[b] - y[a]))];
    };
    const home = [px(shapes.people.x[state.person]), py(shapes.people.y[state.person])], path = new Path2D();
    const line = function (p, q) { path.moveTo(p[0], p[1]); path.lineTo(q[0], q[1]); };
    if (walk) {
      const spot = shapes.facilities[base.sites[base.site[state.person]].row], goal = [px(spot[0]), py(spot[1])];
      walk.parts.forEach(function (part) { line(at(part[0], part[1]), at(part[0], part[2])); });
      if (walk.entry === null) line(home, goal);
      else {
        const start = JJ.entryAt(engine, base.service, walk.entry), end = base.search.sites[walk.goal].place;
        line(home, at(start.piece, start.at));
        line(goal, at(end.piece, end.at));
      }
    }
    g.lineCap = g.lineJoin = 'round';
    [['#fff', 7], ['#0b57c2', 3.6]].forEach(function (style) {
      g.strokeStyle = style[0];
      g.lineWidth = style[1];
      g.stroke(path);
    });
    g.beginPath();
    g.arc(home[0], home[1], 7, 0, 2 * Math.PI);
    g.fillStyle = '#0b57c2';
    g.fill();
    g.lineWidth = 2.5;
    g.strokeStyle = '#fff';
    g.stroke();
  }

  JJ.houseAt = houseAt;
  JJ.houseCard = houseCard;
  JJ.paintWalk = paintWalk;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
