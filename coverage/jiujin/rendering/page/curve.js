/* How coverage grows with the distance that people are asked to walk: a curve for one community beside the county's. */
(function (JJ) {
  'use strict';

  const element = JJ.element, STEP_M = 100, STEPS = 30;

  /** Share of a group within 0, 100, ... 3000 m of the service; of one community, or of all with c = -1. */
  function shares(engine, id, group, c) {
    const walk = engine.base(id).walk, weights = engine.groups[group].weights, home = engine.world.people.community;
    const counts = new Float64Array(STEPS + 1);
    let people = 0;
    for (let p = 0; p < walk.length; p++) {
      if (c < 0 ? home[p] < 0 : home[p] !== c) continue;
      people += weights[p];
      const step = Math.ceil(walk[p] / (100 * STEP_M));
      if (step <= STEPS) counts[step] += weights[p];
    }
    for (let i = 1; i <= STEPS; i++) counts[i] += counts[i - 1];
    return people > 0 ? Array.from(counts, function (n) { return n / people; }) : null;
  }

  /** The whole county's curve is the same for every community: kept per service and group. */
  function countyShares(desk, state) {
    const kept = desk.curves || (desk.curves = new Map()), key = state.service + '|' + state.group;
    if (!kept.has(key)) kept.set(key, shares(desk.engine, state.service, state.group, -1));
    return kept.get(key);
  }

  function curve(desk, state, c) {
    if (!desk.engine.groups[state.group]) return null;
    const own = shares(desk.engine, state.service, state.group, c), county = countyShares(desk, state);
    if (!own) return null;
    const service = desk.engine.service(state.service), urban = desk.engine.world.communities[c].urban;
    const reach = state.metres || (urban ? service.reach_m.urban : service.reach_m.rural);
    const said = '现状：' + reach + '米内' + JJ.words.percent(own[Math.min(STEPS, Math.floor(reach / STEP_M))]) + '（按百米档）';
    const canvas = element('canvas', { class: 'curve', role: 'img', 'aria-label': '覆盖率随步行距离变化。' + said });
    draw(canvas, own, county, reach);
    return canvas;
  }

  function draw(canvas, own, county, reach) {
    const scale = window.devicePixelRatio || 1, w = 348, h = 120, left = 36, right = w - 26, top = 16, bottom = h - 18;
    canvas.width = w * scale;
    canvas.height = h * scale;
    const g = canvas.getContext('2d'), style = getComputedStyle(document.body), ink = style.getPropertyValue('--ink'), soft = style.getPropertyValue('--soft');
    const x = function (step) { return left + (right - left) * step / STEPS; }, y = function (share) { return bottom - (bottom - top) * share; };
    g.scale(scale, scale);
    g.font = '11px sans-serif';
    g.fillStyle = soft;
    g.strokeStyle = style.getPropertyValue('--line');
    [0, 0.5, 1].forEach(function (share) {
      g.beginPath();
      g.moveTo(left, y(share));
      g.lineTo(right, y(share));
      g.stroke();
      g.fillText(100 * share + '%', 2, y(share) + 4);
    });
    [0, 1000, 2000, 3000].forEach(function (m) { g.fillText(m ? m + '米' : '0', x(m / STEP_M) - (m ? 22 : 3), h - 4); });
    g.setLineDash([3, 3]);
    g.beginPath();
    g.moveTo(x(Math.min(STEPS, reach / STEP_M)), top);
    g.lineTo(x(Math.min(STEPS, reach / STEP_M)), bottom);
    g.strokeStyle = ink;
    g.stroke();
    line(g, county, x, y, soft, 1.4);
    g.setLineDash([]);
    line(g, own, x, y, style.getPropertyValue('--accent'), 2.4);
    g.fillText('覆盖率随距离：实线本社区，虚线全域，竖线为标准', left, 11);
  }

  function line(g, values, x, y, colour, width) {
    g.beginPath();
    values.forEach(function (share, i) { if (i) g.lineTo(x(i), y(share)); else g.moveTo(x(0), y(share)); });
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.stroke();
  }

  JJ.curve = curve;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
