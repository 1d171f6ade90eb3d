/*
 * Ways to the street that a planner should look at: longer than 200 m, across water or rail, or past a street that was
 * dropped with its island. Each kind has its own dash and mark, so that a grey print keeps them apart.
 */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, LONG_CM = 20000; // as LONG_LEG_CM in analysis/coverage_tables.py
  const COLOUR = '#8a3b00', KINDS = [['long', '超过200米'], ['crossing', '跨越水系或铁路'], ['island', '最近的道路是孤立路网']];
  const DASH = { long: [], crossing: [8, 4], island: [2, 4] };

  /** Persons by kind on the network of a service: a leg that crosses is not among the long ones; null where none is told. */
  function legsOf(engine, service) {
    const world = engine.world, said = world.legs && world.legs[service.step_free];
    if (!said) return null;
    if (said.long) return said;
    const leg = world.places[service.step_free].leg, crossing = new Set(said.crossing), long = [];
    for (let p = 0; p < world.people.count; p++) if (leg[p] > LONG_CM && !crossing.has(p)) long.push(p);
    said.long = long;
    return said;
  }

  /** Whether the page has any such way to show. */
  function anyLegs(engine) {
    return engine.services.some(function (service) {
      const found = legsOf(engine, service);
      return found && KINDS.some(function (kind) { return found[kind[0]].length; });
    });
  }

  /** Persons of a group by kind, as the county's summary counts them; null for a group that nobody counted. */
  function legPeople(engine, id, group) {
    const found = legsOf(engine, engine.service(id)), county = engine.world.communities.length, people = {};
    if (!found || !engine.groups[group]) return null;
    KINDS.forEach(function (kind) { people[kind[0]] = JJ.total(engine.sumOf(group, found[kind[0]]), county); });
    return people;
  }

  /** Entries [kind, text] of the legend; none while the layer is off. */
  function legKeys(desk) {
    const state = desk.store.state, people = state.layers.legs ? legPeople(desk.engine, state.service, state.group) : null;
    if (!people) return [];
    return KINDS.map(function (kind) { return [kind[0], kind[1] + '（' + words.people(people[kind[0]]) + '人）']; });
  }

  function legRows(desk) {
    const keys = legKeys(desk);
    return keys.length ? [element('h2', { text: '需核实的接入线' })].concat(keys.map(function (key) {
      return element('div', { class: 'key leg' }, [icon(key[0]), element('span', { text: key[1] })]);
    })) : [];
  }

  function icon(kind) {
    const canvas = document.createElement('canvas'), scale = 2, g = canvas.getContext('2d');
    canvas.width = 30 * scale;
    canvas.height = 14 * scale;
    canvas.style.width = '30px';
    canvas.style.height = '14px';
    canvas.setAttribute('aria-hidden', 'true');
    g.scale(scale, scale);
    paintLegKey(g, kind, 5, 7, 27, 7);
    return canvas;
  }

  function paintLegKey(g, kind, x0, y0, x1, y1) {
    const drawn = begun();
    add(drawn, kind, x0, y0, x1, y1);
    stroke(g, kind, drawn);
  }

  function begun() { return { line: new Path2D(), mark: new Path2D() }; }

  /** One way: the line from the home to the street, and the mark of its kind. */
  function add(drawn, kind, x0, y0, x1, y1) {
    drawn.line.moveTo(x0, y0);
    drawn.line.lineTo(x1, y1);
    const mark = drawn.mark, x = (x0 + x1) / 2, y = (y0 + y1) / 2;
    if (kind === 'long') mark.rect(x0 - 2.5, y0 - 2.5, 5, 5);
    if (kind === 'island') { mark.moveTo(x0 + 4, y0); mark.arc(x0, y0, 4, 0, 2 * Math.PI); }
    if (kind !== 'crossing') return;
    mark.moveTo(x - 4, y - 4);
    mark.lineTo(x + 4, y + 4);
    mark.moveTo(x - 4, y + 4);
    mark.lineTo(x + 4, y - 4);
  }

  function stroke(g, kind, drawn) {
    g.strokeStyle = g.fillStyle = COLOUR;
    g.lineWidth = 1.6;
    g.setLineDash(DASH[kind]);
    g.stroke(drawn.line);
    g.setLineDash([]);
    if (kind === 'long') g.fill(drawn.mark); else g.stroke(drawn.mark);
  }

  function paintLegs(g, view, shapes, desk) {
    const state = desk.store.state, service = desk.engine.service(state.service), found = state.layers.legs && legsOf(desk.engine, service);
    if (!found) return;
    const at = desk.engine.world.places[service.step_free], weights = desk.weights();
    g.lineCap = 'butt';
    KINDS.forEach(function (kind) {
      const drawn = begun();
      found[kind[0]].forEach(function (p) {
        if (at.piece[p] < 0 || (weights && !(weights[p] > 0))) return;
        const street = JJ.onPiece(shapes, at.piece[p], at.at[p]);
        const x0 = (shapes.people.x[p] - view.x0) * view.k, y0 = (shapes.people.y[p] - view.y0) * view.k;
        const x1 = (street[0] - view.x0) * view.k, y1 = (street[1] - view.y0) * view.k;
        if (Math.max(x0, x1) < -9 || Math.max(y0, y1) < -9 || Math.min(x0, x1) > view.w + 9 || Math.min(y0, y1) > view.h + 9) return;
        add(drawn, kind[0], x0, y0, x1, y1);
      });
      stroke(g, kind[0], drawn);
    });
  }

  JJ.anyLegs = anyLegs;
  JJ.legPeople = legPeople;
  JJ.legKeys = legKeys;
  JJ.legRows = legRows;
  JJ.paintLegKey = paintLegKey;
  JJ.paintLegs = paintLegs;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
