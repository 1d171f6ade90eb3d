/* The legend on paper: fixed classes of coverage, people, facilities; the same colours as on the screen. */
(function (JJ) {
  'use strict';

  const words = JJ.words, SOFT = '#4c5563';
  const PEOPLE = { un: '#5a0f7d', co: '#b6bfc5', ga: '#00734f', lo: '#b3261e' };

  /** Entries [kind, what, text] of the legend for what the map shows now. */
  function entries(desk) {
    const look = desk.look(), service = look.service, state = desk.store.state, shown = state.layers, rows = [];
    if (shown.fill) {
      for (let k = 4; k >= 0; k--) rows.push(['class', k, words.shares[k]]);
      rows.push(['class', -1, '无服务对象']);
    }
    if (shown.uncovered) rows.push(['dot', 'un', '未覆盖人口']);
    if (shown.covered) rows.push(['dot', 'co', '已覆盖人口']);
    if (look.touched) rows.push(['dot', 'ga', '方案新增覆盖']);
    if (look.change.lost.length) rows.push(['dot', 'lo', '停用后失去覆盖']);
    JJ.sinceKeys(desk).forEach(function (key) { rows.push(['since', key[0], key[1]]); });
    JJ.legKeys(desk).forEach(function (key) { rows.push(['leg', key[0], key[1]]); });
    if (shown.facilities) {
      rows.push(['symbol', {}, '现状' + service.label + '（' + desk.engine.sites(service).length + '处）']);
      const others = desk.engine.world.facilities.some(function (one) { return one.service === service.position && !one.counted; });
      if (others) rows.push(['symbol', { hollow: true }, '未计入（在建、拟建等）']);
    }
    if (look.sites.length) rows.push(['symbol', { hollow: true, letter: '1' }, '建议新增点位及步行范围']);
    rows.push(['border', 0, '社区（村）界']);
    return rows;
  }

  /** Paint the legend at the top of the side column; returns where it ends. */
  function paintLegend(pen, plan, desk) {
    const s = plan.s, side = plan.side, rows = entries(desk), half = rows.filter(function (row) { return row[0] === 'class'; }).length, step = 5.4 * s, service = desk.look().service;
    pen.text('图例', side.x + 4 * s, side.y + 6 * s, 4.2 * s, { bold: true });
    if (half) pen.text(desk.groupLabel() + '覆盖率', side.x + 4 * s, side.y + 11 * s, 3.1 * s, { colour: SOFT, most: 30 * s });
    rows.forEach(function (row, i) {
      const first = i < half, x = side.x + (first || !half ? 4 : 37) * s, y = side.y + (first || !half ? 12.6 : 7.8) * s + (first ? i : i - half) * step;
      mark(pen, row, x, y, s, service);
      pen.text(row[2], x + 9 * s, y + 3.3 * s, 3.1 * s, { most: side.x + side.w - x - 11 * s });
    });
    return side.y + 14 * s + Math.max(half, rows.length - half - 1) * step;
  }

  function mark(pen, row, x, y, s, service) {
    const g = pen.g;
    if (row[0] === 'class') swatch(pen, row[1], x, y, s);
    if (row[0] === 'border') pen.line(x, y + 2.2 * s, x + 6.5 * s, y + 2.2 * s, 0.35 * s, '#7b8190');
    if (row[0] === 'dot') {
      g.beginPath();
      g.arc(x + 3.2 * s, y + 2.1 * s, 1.3 * s, 0, 2 * Math.PI);
      g.fillStyle = PEOPLE[row[1]];
      g.fill();
    }
    if (row[0] !== 'symbol' && row[0] !== 'since' && row[0] !== 'leg') return;
    g.save();
    g.translate(x + 3.2 * s, y + 2.1 * s);
    g.scale(0.25 * s, 0.25 * s);
    if (row[0] === 'since') JJ.triangle(g, 0, 0, 7, row[1]); else if (row[0] === 'leg') JJ.paintLegKey(g, row[1], -12, 0, 12, 0); else JJ.symbol(g, service, 0, 0, 8, Object.assign({ letter: '' }, row[1]));
    g.restore();
  }

  function swatch(pen, fixed, x, y, s) {
    const g = pen.g, w = 6.5 * s, h = 3.9 * s;
    pen.box(x, y, w, h, { fill: fixed < 0 ? '#fff' : JJ.RAMP[fixed] });
    if (fixed === 0) {
      g.save();
      g.beginPath();
      g.rect(x, y, w, h);
      g.clip();
      for (let k = -2; k < 8; k++) pen.line(x + k * 1.5 * s, y + h, x + k * 1.5 * s + h, y, 0.25 * s, 'rgba(45,50,62,.6)');
      g.restore();
    }
    if (fixed < 0) g.setLineDash([0.8 * s, 0.6 * s]);
    pen.box(x, y, w, h, { line: 0.2 * s, colour: '#7b8190' });
    g.setLineDash([]);
  }

  JJ.paintLegend = paintLegend;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
