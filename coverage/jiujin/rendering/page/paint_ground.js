/*
 * The ground: communities in fixed classes, water, buildings, rail, streets. A painter draws on any canvas for a view
 * {k, x0, y0, w, h, z}: pixel = (drawing unit - x0) * k; tiles, pictures and print share them.
 */
(function (JJ) {
  'use strict';

  const RAMP = ['#aeb4bd', '#c5cad1', '#d9dde2', '#ebedf0', '#fafbfc'];
  const BORDER = '#7b8190', WATER = '#bcd3e6', BUILDING = '#e3ddd3', RAIL = '#6b6f78';
  const STREETS = [
    { colour: '#7d838d', width: 2.6, from: 0 }, { colour: '#8e949d', width: 1.7, from: 0 },
    { colour: '#a0a5ad', width: 1.1, from: 13 }, { colour: '#aeb3ba', width: 0.8, from: 14 },
    { colour: '#a9a08f', width: 0.8, from: 14 }, { colour: '#a9a08f', width: 0.8, from: 15 },
  ];

  /** Let a painter draw in drawing units: the canvas is moved and scaled; widths must be divided by view.k. */
  function inUnits(g, view, draw) {
    g.save();
    g.scale(view.k, view.k);
    g.translate(-view.x0, -view.y0);
    draw();
    g.restore();
  }

  function seen(frame, view, margin) {
    const m = margin / view.k;
    return frame.x1 >= view.x0 - m && frame.x0 <= view.x0 + view.w / view.k + m &&
      frame.y1 >= view.y0 - m && frame.y0 <= view.y0 + view.h / view.k + m;
  }

  let hatching = null;
  function hatch(g) {
    if (!hatching) {
      const tile = document.createElement('canvas');
      tile.width = tile.height = 8;
      const t = tile.getContext('2d');
      t.strokeStyle = 'rgba(45,50,62,.42)';
      t.lineWidth = 1;
      t.beginPath();
      for (let k = -8; k <= 8; k += 8) { t.moveTo(k, 8); t.lineTo(k + 8, 0); }
      t.stroke();
      hatching = tile;
    }
    return g.createPattern(hatching, 'repeat');
  }

  /** Fill every community by its class, 0 (hatched) to 4; -1 (nobody of the group lives there) stays blank. */
  function paintCommunities(g, view, shapes, classOf) {
    shapes.communities.forEach(function (one, c) {
      if (!seen(one.frame, view, 2)) return;
      const fixed = classOf(c);
      inUnits(g, view, function () {
        g.fillStyle = fixed < 0 ? '#fff' : RAMP[fixed];
        g.fill(one.path, 'evenodd');
      });
      if (fixed !== 0) return;
      g.save();
      inUnits(g, view, function () { g.beginPath(); });
      clipTo(g, view, one.path);
      g.fillStyle = hatch(g);
      g.fillRect(0, 0, view.w, view.h);
      g.restore();
    });
  }

  function clipTo(g, view, path) {
    g.scale(view.k, view.k);
    g.translate(-view.x0, -view.y0);
    g.clip(path, 'evenodd');
    g.translate(view.x0, view.y0);
    g.scale(1 / view.k, 1 / view.k);
  }

  function paintBorders(g, view, shapes, sketch) {
    inUnits(g, view, function () {
      g.lineWidth = (view.z >= 13 ? 1.3 : 0.8) / view.k;
      g.strokeStyle = BORDER;
      shapes.communities.forEach(function (one, c) {
        if (!seen(one.frame, view, 2)) return;
        g.setLineDash(sketch(c) ? [6 / view.k, 4 / view.k] : []);
        g.stroke(one.path);
      });
    });
  }

  /** Borders of townships: wider, dash and dot. */
  function paintTownships(g, view, shapes) {
    inUnits(g, view, function () {
      g.lineJoin = 'round';
      shapes.townships.forEach(function (one) {
        if (!seen(one.frame, view, 4)) return;
        g.setLineDash([]);
        g.strokeStyle = 'rgba(255,255,255,.75)';
        g.lineWidth = (view.z >= 13 ? 5 : 3.4) / view.k;
        g.stroke(one.path);
        g.setLineDash([9 / view.k, 3 / view.k, 2 / view.k, 3 / view.k]);
        g.strokeStyle = '#3b4a66';
        g.lineWidth = (view.z >= 13 ? 2.4 : 1.6) / view.k;
        g.stroke(one.path);
      });
    });
    g.setLineDash([]);
  }

  function paintAround(g, view, shapes) {
    inUnits(g, view, function () {
      g.fillStyle = g.strokeStyle = WATER;
      shapes.water.forEach(function (one) {
        if (!seen(one.frame, view, 8)) return;
        g.lineWidth = (view.z >= 14 ? 5 : 2.4) / view.k;
        if (one.area) g.fill(one.path, 'evenodd'); else g.stroke(one.path);
      });
      if (view.z >= 15) {
        g.fillStyle = BUILDING;
        shapes.buildings.forEach(function (one) { if (seen(one.frame, view, 2)) g.fill(one.path, 'evenodd'); });
      }
      shapes.rail.forEach(function (one) {
        if (!seen(one.frame, view, 4)) return;
        g.setLineDash([]);
        g.strokeStyle = RAIL;
        g.lineWidth = 2.2 / view.k;
        g.stroke(one.path);
        g.setLineDash([7 / view.k, 7 / view.k]);
        g.strokeStyle = '#fff';
        g.lineWidth = 1.1 / view.k;
        g.stroke(one.path);
      });
    });
  }

  /** Pieces that may show in a view, once each: all of them near the ground, main streets from far. */
  function piecesIn(shapes, view) {
    const engine = shapes.engine, roads = engine.world.streets;
    if (view.z < 13) return shapes.mainPieces || (shapes.mainPieces = mainPieces(roads));
    const cells = engine.attacher.cells, stamp = shapes.stamp || (shapes.stamp = new Int32Array(roads.start.length));
    const round = shapes.round = (shapes.round || 0) + 1, found = [];
    const nw = shapes.degrees(view.x0 - 8 / view.k, view.y0 - 8 / view.k);
    const se = shapes.degrees(view.x0 + (view.w + 8) / view.k, view.y0 + (view.h + 8) / view.k);
    const low = function (value, count) { return Math.min(Math.max(value, 0), count - 1); };
    const c0 = low(cells.column(nw[0] * 1e7), cells.columns), c1 = low(cells.column(se[0] * 1e7), cells.columns);
    const r0 = low(cells.row(se[1] * 1e7), cells.rows), r1 = low(cells.row(nw[1] * 1e7), cells.rows);
    for (let r = r0; r <= r1; r++) {
      for (let k = cells.head[r * cells.columns + c0]; k < cells.head[r * cells.columns + c1 + 1]; k++) {
        const piece = cells.list[k];
        if (stamp[piece] !== round) { stamp[piece] = round; found.push(piece); }
      }
    }
    return found;
  }

  function mainPieces(roads) {
    const main = [];
    for (let i = 0; i < roads.kind.length; i++) if (roads.kind[i] < 2) main.push(i);
    return main;
  }

  function paintStreets(g, view, shapes) {
    const roads = shapes.engine.world.streets, pieces = piecesIn(shapes, view), x = shapes.vertices.x, y = shapes.vertices.y;
    const grow = view.z < 12 ? 0.55 : view.z < 13 ? 0.75 : view.z < 16 ? 1 : 1.9;
    const right = view.x0 + view.w / view.k, bottom = view.y0 + view.h / view.k;
    g.lineJoin = g.lineCap = 'round';
    for (let kind = STREETS.length - 1; kind >= 0; kind--) {
      const style = STREETS[kind];
      if (view.z < style.from) continue;
      g.beginPath();
      let pen = -1;
      for (let i = 0; i < pieces.length; i++) {
        const piece = pieces[i];
        if (roads.kind[piece] !== kind) continue;
        const a = roads.start[piece], b = roads.end[piece];
        if (Math.max(x[a], x[b]) < view.x0 || Math.min(x[a], x[b]) > right || Math.max(y[a], y[b]) < view.y0 || Math.min(y[a], y[b]) > bottom) continue;
        if (a !== pen) g.moveTo((x[a] - view.x0) * view.k, (y[a] - view.y0) * view.k);
        g.lineTo((x[b] - view.x0) * view.k, (y[b] - view.y0) * view.k);
        pen = b;
      }
      g.setLineDash(kind === 5 ? [2, 2] : []);
      g.strokeStyle = style.colour;
      g.lineWidth = style.width * grow;
      g.stroke();
    }
    g.setLineDash([]);
  }

  JJ.RAMP = RAMP;
  JJ.hatch = hatch;
  JJ.inUnits = inUnits;
  JJ.seen = seen;
  JJ.paintCommunities = paintCommunities;
  JJ.paintBorders = paintBorders;
  JJ.paintTownships = paintTownships;
  JJ.clipTo = clipTo;
  JJ.paintAround = paintAround;
  JJ.paintStreets = paintStreets;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
