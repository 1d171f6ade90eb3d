/* Where people live: colour only there, so that empty land does not speak; and how far streets are to be trusted. */
(function (JJ) {
  'use strict';

  const NEAR_M = 250, CELL = 128; // drawing units: some sixty metres

  /** One point for every cell in which somebody lives or a building stands. */
  function settledPoints(shapes) {
    if (shapes.settled) return shapes.settled;
    const seen = new Set(), x = [], y = [];
    const add = function (px, py) {
      const key = Math.floor(px / CELL) * 16777216 + Math.floor(py / CELL);
      if (seen.has(key)) return;
      seen.add(key);
      x.push(px);
      y.push(py);
    };
    for (let p = 0; p < shapes.people.x.length; p++) add(shapes.people.x[p], shapes.people.y[p]);
    shapes.buildings.forEach(function (one) {
      if (isFinite(one.frame.x0)) add((one.frame.x0 + one.frame.x1) / 2, (one.frame.y0 + one.frame.y1) / 2);
    });
    const lat = (shapes.box.south + shapes.box.north) / 2;
    return (shapes.settled = { x: Float32Array.from(x), y: Float32Array.from(y), radius: JJ.unitsOf(NEAR_M, lat) });
  }

  /** Everything within some 250 metres of people or buildings, as one path in pixels of the view. */
  function settledPath(shapes, view) {
    const at = settledPoints(shapes), r = at.radius * view.k, path = new Path2D();
    for (let i = 0; i < at.x.length; i++) {
      const x = (at.x[i] - view.x0) * view.k, y = (at.y[i] - view.y0) * view.k;
      if (x < -r || y < -r || x > view.w + r || y > view.h + r) continue;
      if (r < 3) { path.rect(x - r, y - r, 2 * r, 2 * r); continue; }
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, 2 * Math.PI);
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
  JJ.settledPoints = settledPoints;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
