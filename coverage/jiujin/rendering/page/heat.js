/* Where one more site would gain how much: a surface over the streets that fills in from coarse to fine. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, SPACING_M = 200, ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
  const RAMP = ['#ffe9a8', '#fdc966', '#f79c3d', '#dd6421', '#a8320f'];

  function heat(desk) {
    const toggle = JJ.button('新增收益热力', { id: 'heat', 'aria-pressed': 'false', title: '在各处增设一处可新增覆盖的人数' }, function () {
      desk.store.set({ heat: !desk.store.state.heat });
    });
    const said = element('p', { id: 'heat-said', class: 'note', role: 'status' });
    JJ.byId('place').parentNode.after(element('div', { class: 'buttons' }, [toggle]), said);
    let timer = 0;
    const begin = function () {
      clearTimeout(timer);
      stop(desk);
      const state = desk.store.state, on = state.heat && desk.engine.groups[state.group];
      toggle.setAttribute('aria-pressed', on ? 'true' : 'false');
      said.hidden = !on;
      desk.surface = null;
      desk.layers.heat.repaint();
      if (on) timer = setTimeout(function () { start(desk, said); }, desk.dragging ? 400 : 60);
    };
    desk.store.on(['heat', 'service', 'group', 'metres', 'scenario'], begin);
    said.hidden = true;
    if (desk.store.state.heat) begin();
  }

  function start(desk, said) {
    if (desk.dragging) { setTimeout(function () { if (desk.store.state.heat && !desk.heating) start(desk, said); }, 300); return; }
    const surface = desk.surface = { cells: [], most: 0, done: false }, paint = desk.later('heat', function () { desk.layers.heat.repaint(); });
    let shown = 0;
    desk.heating = desk.aside.run('surface', JJ.siteAsk(desk, { spacing_m: SPACING_M }), function (progress) {
      progress.cells.forEach(function (one) {
        const at = desk.shapes.point(one[0], one[1]);
        surface.cells.push({ x: at[0], y: at[1], gain: one[2], metres: one[3], lat: one[1] });
        if (one[2] > surface.most) surface.most = one[2];
      });
      const now = performance.now();
      said.textContent = '热力计算中：' + Math.round(100 * progress.done / Math.max(1, progress.total)) + '%';
      if (now - shown > 250) { shown = now; paint(); }
    }, function (error) {
      desk.heating = null;
      surface.done = !error;
      said.textContent = error ? '热力未能完成：' + error.message : surface.most
        ? '增设一处最多新增 ' + words.people(surface.most) + ' 人；颜色越深新增越多。' : '任何位置都不能再新增覆盖。';
      paint();
      desk.store.set({ heated: desk.store.state.heated + 1 });
    });
  }

  function stop(desk) {
    if (desk.heating) desk.heating();
    desk.heating = null;
  }

  /** A round number of people, so that four or more such steps lead up to the most that any place gains. */
  function gainStep(most) {
    const power = Math.pow(10, Math.max(0, Math.floor(Math.log10(most / 5))));
    return ROUND.map(function (n) { return n * power; }).filter(function (n) { return n <= most / 5 && n % 1 === 0; }).pop() || 1;
  }

  function gainClass(gain, step) { return Math.min(4, Math.floor(gain / step)); }

  /** Squares around the asked places; while it is coming in, coarse ones stand for what is not yet known. */
  function paintHeat(g, view, desk) {
    const surface = desk.surface;
    if (!surface || !surface.cells.length) return;
    const paths = RAMP.map(function () { return new Path2D(); }), step = gainStep(surface.most);
    surface.cells.forEach(function (one) {
      const metres = surface.done ? SPACING_M : one.metres, size = Math.max(2, JJ.unitsOf(metres, one.lat) * view.k * 1.06);
      const x = (one.x - view.x0) * view.k - size / 2, y = (one.y - view.y0) * view.k - size / 2;
      if (x + size < 0 || y + size < 0 || x > view.w || y > view.h) return;
      paths[gainClass(one.gain, step)].rect(x, y, size, size);
    });
    paths.forEach(function (path, i) {
      g.fillStyle = RAMP[i];
      g.fill(path);
    });
  }

  function heatRows(desk) {
    const surface = desk.surface;
    if (!desk.store.state.heat || !surface || !surface.most) return [];
    const step = gainStep(surface.most);
    return [element('h2', { text: '增设一处新增人数' })].concat(RAMP.map(function (colour, i) {
      const from = words.people(step * i), to = words.people(step * (i + 1)), swatch = element('i', { class: 'swatch' });
      swatch.style.background = colour;
      return element('div', { class: 'key' }, [swatch, element('span', { text: !i ? '不足' + to : i < 4 ? from + '～' + to : from + '及以上' })]);
    }));
  }

  JJ.heat = heat;
  JJ.paintHeat = paintHeat;
  JJ.heatRows = heatRows;
  JJ.gainStep = gainStep;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
