/* Where people live: colour only there, so that empty land does not speak; and how far streets are to be trusted. */
(function (JJ) {
  'use strict';

  const NEAR_M = 250, CELL = 256; // drawing units: some 120 metres

  /** Square cells over all people and buildings: 1 where somebody lives or a building stands. */
  function settledCells(shapes) {
    if (shapes.settled) return shapes.settled;
    const people = shapes.people, built = shapes.buildings.filter(function (one) { return isFinite(one.frame.x0); });
    const xs = Float32Array.from(built, function (one) { return (one.frame.x0 + one.frame.x1) / 2; });
    const ys = Float32Array.from(built, function (one) { return (one.frame.y0 + one.frame.y1) / 2; });
    const x = range(people.x, xs), y = range(people.y, ys);
    const columns = Math.floor((x[1] - x[0]) / CELL) + 1, rows = Math.floor((y[1] - y[0]) / CELL) + 1, marks = new Uint8Array(columns * rows);
    const mark = function (px, py) {
      for (let i = 0; i < px.length; i++) marks[Math.floor((py[i] - y[0]) / CELL) * columns + Math.floor((px[i] - x[0]) / CELL)] = 1;
    };
    mark(people.x, people.y);
    mark(xs, ys);
    const lat = (shapes.box.south + shapes.box.north) / 2;
    return (shapes.settled = { left: x[0], top: y[0], columns: columns, rows: rows, marks: marks, radius: JJ.unitsOf(NEAR_M, lat) });
  }

  function range(first, second) {
    let low = Infinity, high = -Infinity;
    [first, second].forEach(function (values) {
      for (let i = 0; i < values.length; i++) { if (values[i] < low) low = values[i]; if (values[i] > high) high = values[i]; }
    });
    return low <= high ? [low, high] : [0, 0];
  }

  /** Everything within some 250 metres of people or buildings, as one path in pixels: discs near by, bars from afar. */
  function settledPath(shapes, view) {
    const at = settledCells(shapes), r = at.radius, path = new Path2D(), fine = view.z >= 13;
    const clamp = function (value, count) { return Math.min(Math.max(Math.floor(value / CELL), 0), count - 1); };
    const c0 = clamp(view.x0 - r - at.left, at.columns), c1 = clamp(view.x0 + view.w / view.k + r - at.left, at.columns);
    const r0 = clamp(view.y0 - r - at.top, at.rows), r1 = clamp(view.y0 + view.h / view.k + r - at.top, at.rows);
    for (let row = r0; row <= r1; row++) {
      const y = (at.top + (row + 0.5) * CELL - view.y0) * view.k;
      for (let c = c0; c <= c1; c++) {
        if (!at.marks[row * at.columns + c]) continue;
        const from = c;
        while (!fine && c < c1 && at.marks[row * at.columns + c + 1]) c++;
        const x = (at.left + (from + 0.5) * CELL - view.x0) * view.k, px = r * view.k;
        if (!fine) { path.rect(x - px, y - px, 2 * px + (c - from) * CELL * view.k, 2 * px); continue; }
        path.moveTo(x + px, y);
        path.arc(x, y, px, 0, 2 * Math.PI);
      }
    }
    return path;
  }

  /** Let `draw(g)` show on settled land; the rest keeps a breath of it. */
  function paintSettled(g, view, shapes, draw) {
    const scale = g.getTransform().a, sheet = document.createElement('canvas'), s = sheet.getContext('2d');
    sheet.width = Math.ceil(view.w * scale);
    sheet.height = Math.ceil(view.h * scale);
    s.scale(scale, scale);
    draw(s);
    g.globalAlpha = 0.3;
    g.drawImage(sheet, 0, 0, view.w, view.h);
    g.globalAlpha = 1;
    s.globalCompositeOperation = 'destination-in';
    s.fillStyle = '#000';
    s.fill(settledPath(shapes, view));
    g.drawImage(sheet, 0, 0, view.w, view.h);
    sheet.width = sheet.height = 0;
  }

  const TRUST = { fair: 'rgba(214,158,20,.30)', poor: 'rgba(200,70,10,.42)' };

  /** Communities whose streets are recorded too thinly to rely on every walk. */
  function paintTrust(g, view, shapes, communities) {
    shapes.communities.forEach(function (one, c) {
      const colour = TRUST[communities[c].trust];
      if (!colour || !JJ.seen(one.frame, view, 2)) return;
      JJ.inUnits(g, view, function () {
        g.fillStyle = colour;
        g.fill(one.path, 'evenodd');
      });
    });
  }

  JJ.paintSettled = paintSettled;
  JJ.paintTrust = paintTrust;
  JJ.settledPath = settledPath;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
