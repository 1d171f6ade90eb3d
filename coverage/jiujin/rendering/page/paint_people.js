/* People: the uncovered in purple, the covered in grey; small dots from far, discs by head count near by. */
(function (JJ) {
  'use strict';

  const UNCOVERED = [90, 15, 125], COVERED = [69, 90, 106], GAINED = '#00734f', LOST = '#b3261e';

  /** Call `each(person)` for the people whose cell touches the view. */
  function peopleIn(shapes, view, margin, each) {
    const cells = shapes.cells, m = margin / view.k;
    const clamp = function (value, count) { return Math.min(Math.max(Math.floor(value / cells.size), 0), count - 1); };
    const c0 = clamp(view.x0 - m - cells.left, cells.columns), c1 = clamp(view.x0 + view.w / view.k + m - cells.left, cells.columns);
    const r0 = clamp(view.y0 - m - cells.top, cells.rows), r1 = clamp(view.y0 + view.h / view.k + m - cells.top, cells.rows);
    for (let r = r0; r <= r1; r++) {
      for (let k = cells.head[r * cells.columns + c0]; k < cells.head[r * cells.columns + c1 + 1]; k++) each(cells.list[k]);
    }
  }

  /** Paint everybody; `weights` are persons of the shown group, `uncovered(p)` tells whom the service does not reach. */
  function paintPeople(g, view, shapes, weights, uncovered, layers) {
    if (view.z < 15) dots(g, view, shapes, weights, uncovered, layers);
    else discs(g, view, shapes, weights, uncovered, layers);
  }

  function dots(g, view, shapes, weights, uncovered, layers) {
    const scale = g.getTransform().a, w = Math.round(view.w * scale), h = Math.round(view.h * scale), k = view.k * scale;
    const size = Math.max(1, Math.round((view.z < 12 ? 1.3 : view.z < 13 ? 1.8 : view.z < 14 ? 2.4 : 3.2) * scale));
    const image = g.createImageData(w, h), pixels = new Uint32Array(image.data.buffer);
    const x = shapes.people.x, y = shapes.people.y;
    const put = function (p, colour) {
      const left = Math.round((x[p] - view.x0) * k - size / 2), top = Math.round((y[p] - view.y0) * k - size / 2);
      for (let j = Math.max(top, 0); j < Math.min(top + size, h); j++) {
        for (let i = Math.max(left, 0); i < Math.min(left + size, w); i++) pixels[j * w + i] = colour;
      }
    };
    const purple = 0xff000000 | UNCOVERED[2] << 16 | UNCOVERED[1] << 8 | UNCOVERED[0], waiting = [];
    const grey = 0x52000000 | COVERED[2] << 16 | COVERED[1] << 8 | COVERED[0];
    peopleIn(shapes, view, 4, function (p) {
      if (weights && !(weights[p] > 0)) return;
      if (uncovered(p)) waiting.push(p); else if (layers.covered) put(p, grey >>> 0);
    });
    if (layers.uncovered) for (let i = 0; i < waiting.length; i++) put(waiting[i], purple >>> 0);
    const sheet = document.createElement('canvas');
    sheet.width = w;
    sheet.height = h;
    sheet.getContext('2d').putImageData(image, 0, 0);
    g.drawImage(sheet, 0, 0, view.w, view.h);
    sheet.width = sheet.height = 0;
  }

  function radius(weights, p, z) {
    const people = weights ? weights[p] : 20;
    return Math.min((1.6 + Math.sqrt(people) * 0.42) * (z >= 17 ? 1.5 : 1), 16);
  }

  function discs(g, view, shapes, weights, uncovered, layers) {
    const x = shapes.people.x, y = shapes.people.y, paths = [new Path2D(), new Path2D()];
    peopleIn(shapes, view, 20, function (p) {
      if (weights && !(weights[p] > 0)) return;
      const r = radius(weights, p, view.z), px = (x[p] - view.x0) * view.k, py = (y[p] - view.y0) * view.k;
      const path = paths[uncovered(p) ? 1 : 0];
      path.moveTo(px + r, py);
      path.arc(px, py, r, 0, 2 * Math.PI);
    });
    if (layers.covered) {
      g.fillStyle = 'rgba(' + COVERED.join(',') + ',.32)';
      g.fill(paths[0]);
    }
    if (layers.uncovered) {
      g.fillStyle = 'rgba(' + UNCOVERED.join(',') + ',.88)';
      g.fill(paths[1]);
    }
  }

  /** People whom a scenario reaches (green) or no longer reaches (red), drawn over all others. */
  function paintChange(g, view, shapes, weights, change) {
    [[change.gained, GAINED], [change.lost, LOST]].forEach(function (pair) {
      const near = view.z >= 14, path = new Path2D();
      for (let i = 0; i < pair[0].length; i++) {
        const p = pair[0][i], x = (shapes.people.x[p] - view.x0) * view.k, y = (shapes.people.y[p] - view.y0) * view.k;
        if (weights && !(weights[p] > 0) || x < -20 || y < -20 || x > view.w + 20 || y > view.h + 20) continue;
        const r = near ? Math.max(2.4, view.z >= 15 ? radius(weights, p, view.z) : 2.4) : 1.4;
        if (!near) { path.rect(x - r, y - r, 2 * r, 2 * r); continue; }
        path.moveTo(x + r, y);
        path.arc(x, y, r, 0, 2 * Math.PI);
      }
      g.fillStyle = pair[1];
      g.fill(path);
      if (!near) return;
      g.lineWidth = 1;
      g.strokeStyle = '#fff';
      g.stroke(path);
    });
  }

  JJ.peopleIn = peopleIn;
  JJ.paintPeople = paintPeople;
  JJ.paintChange = paintChange;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
