/* The legend on paper: fixed classes of coverage, people, facilities; the same colours as on the screen. */
(function (JJ) {
  'use strict';

  const words = JJ.words, SOFT = '#4c5563';
  const TRUST = { fair: 'rgba(214,158,20,.4)', poor: 'rgba(200,70,10,.5)' };
  const PEOPLE = { un: '#5a0f7d', co: '#b6bfc5', ga: '#00734f', lo: '#b3261e' };

  /** Entries [kind, what, text] of the legend for what the map shows now. */
  function entries(desk, part) {
    const look = desk.look(), state = desk.store.state, shown = state.layers, terms = words.terms(state, look.service), rows = shown.fill ? classes(desk) : [];
    if (shown.uncovered) rows.push(['dot', 'un', terms.lacks + '人口']);
    if (shown.covered) rows.push(['dot', 'co', terms.has + '人口']);
    if (look.touched) rows.push(['dot', 'ga', '方案新增覆盖']);
    if (look.change.lost.length) rows.push(['dot', 'lo', '停用后失去覆盖']);
    if (shown.trust && desk.engine.world.communities.some(function (one) { return one.trust; })) rows.push(['trust', 'fair', '道路数据可信度一般'], ['trust', 'poor', '道路数据可信度不足']);
    JJ.sinceKeys(desk).forEach(function (key) { rows.push(['since', key[0], key[1]]); });
    JJ.legKeys(desk).forEach(function (key) { rows.push(['leg', key[0], key[1]]); });
    return rows.concat(places(desk, look, part), lines(desk, shown));
  }

  /** The classes of the fill, as on the screen. */
  function classes(desk) {
    const state = desk.store.state, all = desk.engine.services.length, rows = [];
    if (state.basket) for (let n = all; n >= 0; n--) rows.push(['class', Math.round(4 * n / all), words.about(n)]);
    else for (let k = 4; k >= 0; k--) rows.push(['class', k, words.shares[k]]);
    return rows.concat([['class', -1, '无服务对象']]);
  }

  function places(desk, look, part) {
    const engine = desk.engine, state = desk.store.state, rows = [];
    if (state.layers.facilities) {
      engine.services.forEach(function (one) {
        if (one === look.service || state.basket || state.layers.others) rows.push(['symbol', { service: one }, (one === look.service && !state.basket ? '现状' : '') + one.label + (part ? '' : '（' + engine.sites(one).length + '处）')]);
      });
      const others = engine.world.facilities.some(function (one) { return one.service === look.service.position && !one.counted; });
      if (others) rows.push(['symbol', { hollow: true }, '未计入（在建、拟建等）']);
    }
    if (JJ.carriedShown(desk)) rows.push(['ring', 0, '优化选址点（按次序）']);
    if (look.sites.length) rows.push(['symbol', { hollow: true, letter: '1' }, '建议新增点位及步行范围']);
    return rows;
  }

  /** Borders and ground: [width and colour, white gaps or dashes in millimetres]. */
  const LINES = {
    community: [0.35, '#7b8190', []], township: [0.6, '#3b4a66', [2.2, 0.8, 0.5, 0.8]], street: [0.6, '#8e949d', []], rail: [0.6, '#6b6f78', [1.6, 1]],
    gap: [0.6, '#ad1457', []],
  };

  function lines(desk, shown) {
    const state = desk.store.state, outlines = desk.engine.world.outlines, rows = [];
    if (state.gaps || state.gap >= 0) rows.push(['line', 'gap', '服务盲区']);
    if (outlines.township.shapes.length) rows.push(['line', 'township', '乡镇（街道）界']);
    rows.push(['line', 'community', '社区（村）界']);
    if (shown.streets) rows.push(['line', 'street', '道路']);
    if (shown.around && outlines.rail.shapes.length) rows.push(['line', 'rail', '铁路']);
    if (shown.around && outlines.water.shapes.length) rows.push(['water', 0, '水系']);
    return rows;
  }

  /** Paint the legend at the top of the side column; returns where it ends. */
  function paintLegend(pen, plan, desk) {
    const s = plan.s, side = plan.side, rows = entries(desk, plan.part), half = rows.filter(function (row) { return row[0] === 'class'; }).length, step = 5.4 * s, service = desk.look().service;
    pen.text('图例', side.x + 4 * s, side.y + 6 * s, 4.2 * s, { bold: true });
    if (half) pen.text(desk.store.state.basket ? '人均可达服务' : desk.groupLabel() + '覆盖率', side.x + 4 * s, side.y + 11 * s, 3.1 * s, { colour: SOFT, most: side.w - 8 * s });
    rows.forEach(function (row, i) {
      const first = i < half, x = side.x + (first || !half ? 4 : 37) * s, y = side.y + 12.6 * s + (first ? i : i - half) * step;
      mark(pen, row, x, y, s, service);
      const most = side.x + side.w - x - 11 * s, size = 3.1 * s * Math.max(0.7, Math.min(1, most / pen.width(row[2], 3.1 * s))); // a number must not be cut off
      pen.text(row[2], x + 9 * s, y + 3.3 * s, size, { most: most });
    });
    return side.y + 14 * s + Math.max(half, rows.length - half) * step;
  }

  function mark(pen, row, x, y, s, service) {
    const g = pen.g;
    if (row[0] === 'class') swatch(pen, row[1], x, y, s);
    if (row[0] === 'line') stroke(pen, LINES[row[1]], x, y + 2.2 * s, s);
    if (row[0] === 'trust') pen.box(x, y + 0.2 * s, 6.5 * s, 3.6 * s, { fill: TRUST[row[1]], line: 0.15 * s, colour: '#7b8190' });
    if (row[0] === 'water') pen.box(x, y + 0.4 * s, 6.5 * s, 3.2 * s, { fill: '#bcd3e6' });
    if (row[0] === 'ring') ring(pen, x + 3.2 * s, y + 2.1 * s, s, service.colour);
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
    if (row[0] === 'since') JJ.triangle(g, 0, 0, 7, row[1]); else if (row[0] === 'leg') JJ.paintLegKey(g, row[1], -12, 0, 12, 0); else JJ.symbol(g, row[1].service || service, 0, 0, 8, Object.assign({ letter: '' }, row[1]));
    g.restore();
  }

  function stroke(pen, style, x, y, s) {
    pen.g.setLineDash(style[2].map(function (mm) { return mm * s; }));
    pen.line(x, y, x + 6.5 * s, y, style[0] * s, style[1]);
    pen.g.setLineDash([]);
  }

  function ring(pen, x, y, s, colour) {
    const g = pen.g;
    g.setLineDash([0.7 * s, 0.5 * s]);
    g.beginPath();
    g.arc(x, y, 2 * s, 0, 2 * Math.PI);
    g.lineWidth = 0.4 * s;
    g.strokeStyle = colour;
    g.stroke();
    g.setLineDash([]);
    pen.text('1', x, y + 0.9 * s, 2.5 * s, { align: 'center', bold: true, colour: colour });
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
