/* Measuring along the streets: two places are clicked, the way between them is drawn with its metres, and the straight line. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element;

  /** The walk between two places: {metres, straight_m, parts, from, to}; metres null where there is none. */
  function measure(engine, service, a, b) {
    const from = engine.attach(service, a[0], a[1]), to = engine.attach(service, b[0], b[1]), project = engine.attacher.project;
    const p = project(a[0], a[1]), q = project(b[0], b[1]), straight = Math.hypot(p[0] - q[0], p[1] - q[1]);
    const found = { straight_m: straight, metres: null, parts: [], from: from, to: to };
    if (!from || !to) return found;
    const net = engine.netOf(service).net, goals = JJ.waysOnto(engine, service, to), starts = JJ.waysOnto(engine, service, from), search = new JJ.Search(net);
    if (goals[0].chain < 0 || starts[0].chain < 0) return found;
    const inner = from.here && to.here && from.yard === to.yard ? JJ.walled(from.here, to.here) : JJ.NO_WALK;
    for (let limit = Math.max(200000, 300 * straight); ; limit *= 4) { // most walks are found near by
      const bound = Math.min(limit, JJ.NO_WALK - 1);
      search.run(goals, bound);
      const best = nearestWay(search, starts);
      if (best.goal >= 0 && (best.cm <= bound || bound === JJ.NO_WALK - 1)) {
        if (best.cm > inner) return Object.assign(found, { metres: inner / 100, inside: true });
        const start = best.start, goal = goals[best.goal];
        const parts = JJ.wayTo(net, search, start.chain, start.along, best.cm - start.leg, best.goal);
        return Object.assign(found, { metres: best.cm / 100, parts: parts, from: start.place, to: goal.place });
      }
      if (inner <= bound) return Object.assign(found, { metres: inner / 100, inside: true });
      if (bound === JJ.NO_WALK - 1) return found;
    }
  }

  /** By which of these ways the walk is shortest: {start, goal, cm}; goal -1 where there is none. */
  function nearestWay(search, starts) {
    const best = { start: null, goal: -1, cm: JJ.NO_WALK };
    starts.forEach(function (start) {
      const cm = search.from(start.chain, start.along, start.leg);
      if (search.walkSite >= 0 && cm < best.cm) Object.assign(best, { start: start, goal: search.walkSite, cm: cm });
    });
    return best;
  }

  function ruler(desk) {
    const button = JJ.button('量距', { id: 'ruler', 'aria-pressed': 'false', title: '沿步行路网量距：依次点两处' }, function () {
      desk.store.set({ measuring: !desk.store.state.measuring, ruler: [], placing: false, community: -1, facility: -1, person: -1 }); // a card would lie under what is told here
    });
    const box = element('div', { id: 'measured', role: 'status', hidden: true });
    JJ.byId('stage').append(button, box);
    desk.store.on(['measuring', 'ruler', 'service'], function (state) {
      button.setAttribute('aria-pressed', state.measuring ? 'true' : 'false');
      desk.map.getContainer().classList.toggle('placing', state.measuring || state.placing);
      desk.measured = state.measuring && state.ruler.length === 2 ? measure(desk.engine, desk.engine.service(state.service), state.ruler[0], state.ruler[1]) : null;
      box.hidden = !state.measuring;
      box.textContent = said(desk, state);
      desk.layers.marks.repaint();
    });
  }

  function said(desk, state) {
    if (!desk.measured) return state.ruler.length ? '再点终点' : '点起点';
    const found = desk.measured, group = desk.engine.groups[state.group], speed = group ? group.speed_m_s : 1.11;
    if (found.metres === null) return '两处之间没有步行路线；直线 ' + words.metres(found.straight_m);
    const detour = found.straight_m > 1 ? ' · 绕行系数 ' + (found.metres / found.straight_m).toFixed(2) : '';
    return '步行 ' + words.metres(found.metres) + '（约' + words.minutes(found.metres, speed) + '） · 直线 ' + words.metres(found.straight_m) + detour;
  }

  /** A click while measuring: the first place, the second, then anew. */
  function rulerClick(desk, lon, lat) {
    const now = desk.store.state.ruler, place = [JJ.degrees(lon), JJ.degrees(lat)];
    desk.store.set({ ruler: now.length === 1 ? now.concat([place]) : [place] });
  }

  function paintRuler(g, view, shapes, desk) {
    const state = desk.store.state;
    if (!state.measuring || !state.ruler.length) return;
    const px = function (at) { return [(at[0] - view.x0) * view.k, (at[1] - view.y0) * view.k]; };
    const ends = state.ruler.map(function (at) { return px(shapes.point(at[0], at[1])); }), found = desk.measured;
    if (found) {
      const path = new Path2D(), line = function (a, b) { path.moveTo(a[0], a[1]); path.lineTo(b[0], b[1]); };
      found.parts.forEach(function (part) { line(px(JJ.onPiece(shapes, part[0], part[1])), px(JJ.onPiece(shapes, part[0], part[2]))); });
      if (found.inside) line(ends[0], ends[1]);
      else if (found.metres !== null) {
        line(ends[0], px(JJ.onPiece(shapes, found.from.piece, found.from.at)));
        line(ends[1], px(JJ.onPiece(shapes, found.to.piece, found.to.at)));
      }
      g.lineCap = g.lineJoin = 'round';
      [['#fff', 7], ['#b0006d', 3.6]].forEach(function (style) { g.strokeStyle = style[0]; g.lineWidth = style[1]; g.stroke(path); });
      g.setLineDash([4, 5]);
      g.lineWidth = 1.6;
      g.strokeStyle = '#5a6472';
      g.beginPath();
      g.moveTo(ends[0][0], ends[0][1]);
      g.lineTo(ends[1][0], ends[1][1]);
      g.stroke();
      g.setLineDash([]);
    }
    ends.forEach(function (at) {
      g.beginPath();
      g.arc(at[0], at[1], 6, 0, 2 * Math.PI);
      g.fillStyle = '#b0006d';
      g.fill();
      g.lineWidth = 2.4;
      g.strokeStyle = '#fff';
      g.stroke();
    });
  }

  /** A position on a piece in drawing units. */
  function onPiece(shapes, piece, cm) {
    const roads = shapes.engine.world.streets, a = roads.start[piece], b = roads.end[piece], t = roads.cm[piece] ? cm / roads.cm[piece] : 0;
    const x = shapes.vertices.x, y = shapes.vertices.y;
    return [x[a] + t * (x[b] - x[a]), y[a] + t * (y[b] - y[a])];
  }

  JJ.measure = measure;
  JJ.ruler = ruler;
  JJ.rulerClick = rulerClick;
  JJ.paintRuler = paintRuler;
  JJ.onPiece = onPiece;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
