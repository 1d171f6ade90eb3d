/*
 * As large as the stage allows: a box of the ground put where legend, title block and card leave it to be seen. Zoom
 * levels go in eighths (exact in binary); they could be any, for the painters draw what they are asked.
 */
(function (JJ) {
  'use strict';

  const STEP = 1 / 8, ROOM = 12, LEAST = 90, FEW = 0.01;
  const OVER = ['#legend', '#title-block', '#layers', '#card', '.leaflet-control-zoom', '#fit', '#ruler'];

  /** What lies over the map, in pixels of the stage. */
  function obstacles() {
    const stage = JJ.byId('stage').getBoundingClientRect();
    return OVER.map(function (name) { return document.querySelector('#stage ' + name); }).filter(Boolean)
      .map(function (one) { return one.getBoundingClientRect(); })
      .filter(function (box) { return box.width && box.height; })
      .map(function (box) { return { x0: box.left - stage.left, y0: box.top - stage.top, x1: box.right - stage.left, y1: box.bottom - stage.top }; });
  }

  /** The whole stage, and every part of it that leaves out a strip beside or below some of the obstacles. */
  function rooms(size, over) {
    const low = function (name, most) { return [0].concat(over.map(function (one) { return one[name]; }).filter(function (v) { return v < 0.65 * most; })); };
    const high = function (name, most) { return [most].concat(over.map(function (one) { return one[name]; }).filter(function (v) { return v > 0.35 * most; })); };
    const found = [];
    low('x1', size.x).forEach(function (x0) {
      high('x0', size.x).forEach(function (x1) {
        low('y1', size.y).forEach(function (y0) {
          high('y0', size.y).forEach(function (y1) {
            const room = { x0: x0 + ROOM, y0: y0 + ROOM, x1: x1 - ROOM, y1: y1 - ROOM };
            if (room.x1 - room.x0 >= LEAST && room.y1 - room.y0 >= LEAST) found.push(room);
          });
        });
      });
    });
    return found.length ? found : [{ x0: 0, y0: 0, x1: size.x, y1: size.y }];
  }

  /** Zoom in eighths, and what stands in the corner of the stage, for a box in the middle of a room. */
  function placed(room, box, most) {
    const wide = Math.max(box.x1 - box.x0, 1e-3), high = Math.max(box.y1 - box.y0, 1e-3);
    const exact = 18 + Math.log2(Math.min((room.x1 - room.x0) / wide, (room.y1 - room.y0) / high));
    const zoom = Math.max(8, Math.min(most, Math.floor(exact / STEP + 1e-6) * STEP)), k = Math.pow(2, zoom - 18);
    return { zoom: zoom, k: k, x: (box.x0 + box.x1) / 2 - (room.x0 + room.x1) / 2 / k, y: (box.y0 + box.y1) / 2 - (room.y0 + room.y1) / 2 / k };
  }

  /** The share of the frames' corners that would lie under something. */
  function hidden(place, frames, over) {
    let count = 0;
    frames.forEach(function (f) {
      [f.x0, f.x1].forEach(function (u) {
        [f.y0, f.y1].forEach(function (v) {
          const x = (u - place.x) * place.k, y = (v - place.y) * place.k;
          if (over.some(function (one) { return x > one.x0 && x < one.x1 && y > one.y0 && y < one.y1; })) count++;
        });
      });
    });
    return count / (4 * frames.length);
  }

  /** The largest view of these frames, in drawing units, that hides next to nothing of them; else the one that hides least. */
  function bestView(size, frames, over, most) {
    const box = around(frames), places = rooms(size, over).map(function (room) { return placed(room, box, most); });
    places.sort(function (a, b) { return b.zoom - a.zoom; });
    let best = null, least = Infinity;
    for (let i = 0; i < places.length && least > FEW; i++) {
      const share = hidden(places[i], frames, over);
      if (share < least) { best = places[i]; least = share; }
    }
    return best;
  }

  function around(frames) {
    return frames.reduce(function (a, b) {
      return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
    });
  }

  /** Show these frames, in drawing units, not nearer than zoom `most`. */
  function fit(desk, frames, most) {
    const size = desk.map.getSize();
    if (!size.x || !size.y) return;
    const best = bestView(size, frames, obstacles(), most), middle = desk.shapes.degrees(best.x + size.x / 2 / best.k, best.y + size.y / 2 / best.k);
    desk.map.setView([middle[1], middle[0]], best.zoom, { animate: false });
  }

  JJ.ZOOM_STEP = STEP;
  JJ.around = around;
  JJ.bestView = bestView;
  JJ.fit = fit;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
