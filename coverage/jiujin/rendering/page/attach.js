/*
 * Any place in degrees onto the streets, as jiujin/network/attach.py does it: the nearest position on the nearest kept
 * piece, in the study's plane; equal: the piece that comes first. No DOM.
 *
 * Only the streets around the asked place are ever projected; the cells are in degrees.
 */
(function (JJ) {
  'use strict';

  /** Cells over all pieces, about two pieces in each; a piece is listed in every cell that its frame touches. */
  class Cells {
    constructor(roads) {
      const n = roads.start.length;
      let west = Infinity, east = -Infinity, south = Infinity, north = -Infinity;
      for (let v = 0; v < roads.lon.length; v++) {
        const x = roads.lon[v], y = roads.lat[v];
        if (x < west) west = x;
        if (x > east) east = x;
        if (y < south) south = y;
        if (y > north) north = y;
      }
      const wide = cosine((south + north) / 2);
      const cell = Math.max(3000, Math.sqrt((east - west + 1) * wide * (north - south + 1) / Math.max(1, n / 2)));
      this.west = west;
      this.south = south;
      this.width = cell / wide; // 1e-7 degrees, so that a cell is square on the ground
      this.height = cell;
      this.columns = Math.floor((east - west) / this.width) + 1;
      this.rows = Math.floor((north - south) / this.height) + 1;
      const narrowest = Math.min(cosine(south), cosine(north)) / wide;
      this.metres = cell * 0.011054 * 0.98 * narrowest; // least side of a cell, with room for any plane's scale
      this.fill(roads);
    }

    fill(roads) {
      const head = new Int32Array(this.columns * this.rows + 1), n = roads.start.length;
      const frames = new Int32Array(4 * n);
      for (let i = 0; i < n; i++) {
        const a = roads.start[i], b = roads.end[i], f = 4 * i;
        frames[f] = this.column(Math.min(roads.lon[a], roads.lon[b]));
        frames[f + 1] = this.column(Math.max(roads.lon[a], roads.lon[b]));
        frames[f + 2] = this.row(Math.min(roads.lat[a], roads.lat[b]));
        frames[f + 3] = this.row(Math.max(roads.lat[a], roads.lat[b]));
        for (let r = frames[f + 2]; r <= frames[f + 3]; r++) {
          for (let c = frames[f]; c <= frames[f + 1]; c++) head[r * this.columns + c + 1]++;
        }
      }
      for (let k = 0; k + 1 < head.length; k++) head[k + 1] += head[k];
      const free = head.slice(0, -1), list = new Int32Array(head[head.length - 1]);
      for (let i = 0; i < n; i++) {
        for (let r = frames[4 * i + 2]; r <= frames[4 * i + 3]; r++) {
          for (let c = frames[4 * i]; c <= frames[4 * i + 1]; c++) list[free[r * this.columns + c]++] = i;
        }
      }
      this.head = head;
      this.list = list;
    }

    column(lon) { return Math.floor((lon - this.west) / this.width); }
    row(lat) { return Math.floor((lat - this.south) / this.height); }
  }

  class Attacher {
    constructor(roads, epsg) {
      this.roads = roads;
      this.cells = new Cells(roads);
      const middle = roads.lon.length ? [roads.lon[0] / 1e7, roads.lat[0] / 1e7] : [0, 0];
      // a plane of another kind is not in the page; distances in the plane of the place differ by its scale alone
      this.project = JJ.projection(epsg) || JJ.projection(JJ.epsgAt(middle[0], middle[1]));
      this.x = new Float64Array(roads.lon.length).fill(NaN);
      this.y = new Float64Array(roads.lon.length);
    }

    /** Nearest position for these degrees on pieces that carry `bit`: {piece, at, leg, lon, lat}; null without streets. */
    attach(lon, lat, bit) {
      const cells = this.cells, here = this.project(lon, lat);
      const column = clamp(cells.column(lon * 1e7), cells.columns), row = clamp(cells.row(lat * 1e7), cells.rows);
      const best = { square: Infinity, piece: -1, t: 0 }, rings = Math.max(cells.columns, cells.rows);
      for (let ring = 0; ring <= rings; ring++) {
        const beyond = Math.max(0, ring - 1) * cells.metres; // no nearer is any cell of this ring or a later one
        if (best.piece >= 0 && best.square < beyond * beyond) break;
        for (let r = row - ring; r <= row + ring; r++) {
          if (r < 0 || r >= cells.rows) continue;
          const step = Math.abs(r - row) === ring || !ring ? 1 : 2 * ring;
          for (let c = column - ring; c <= column + ring; c += step) {
            if (c >= 0 && c < cells.columns) this.look(r * cells.columns + c, here, bit, best);
          }
        }
      }
      return best.piece < 0 ? null : this.found(best);
    }

    look(cell, here, bit, best) {
      const list = this.cells.list, roads = this.roads;
      for (let k = this.cells.head[cell]; k < this.cells.head[cell + 1]; k++) {
        const piece = list[k];
        if (roads.kept[piece] & bit) this.measure(piece, here[0], here[1], best);
      }
    }

    /** The same steps in the same order as the kernel in jiujin/network/grid.py, so that ties fall alike. */
    measure(piece, px, py, best) {
      const a = this.vertex(this.roads.start[piece]), b = this.vertex(this.roads.end[piece]);
      const ax = this.x[a], ay = this.y[a], bx = this.x[b], by = this.y[b], dx = bx - ax, dy = by - ay;
      const square = dx * dx + dy * dy;
      let t = square > 0 ? ((px - ax) * dx + (py - ay) * dy) / square : 0, nx, ny;
      if (t <= 0) { t = 0; nx = ax; ny = ay; } else if (t >= 1) { t = 1; nx = bx; ny = by; } else {
        nx = ax + t * dx;
        ny = ay + t * dy;
      }
      const far = (nx - px) * (nx - px) + (ny - py) * (ny - py);
      if (far < best.square || (far === best.square && piece < best.piece)) {
        best.square = far;
        best.piece = piece;
        best.t = t;
      }
    }

    vertex(v) {
      if (this.x[v] !== this.x[v]) {
        const at = this.project(this.roads.lon[v] / 1e7, this.roads.lat[v] / 1e7);
        this.x[v] = at[0];
        this.y[v] = at[1];
      }
      return v;
    }

    found(best) {
      const roads = this.roads, a = roads.start[best.piece], b = roads.end[best.piece], t = best.t;
      return {
        piece: best.piece, at: JJ.rint(t * roads.cm[best.piece]), leg: JJ.rint(Math.sqrt(best.square) * 100),
        lon: (roads.lon[a] + t * (roads.lon[b] - roads.lon[a])) / 1e7,
        lat: (roads.lat[a] + t * (roads.lat[b] - roads.lat[a])) / 1e7,
      };
    }
  }

  function cosine(e7) { return Math.max(0.01, Math.cos(e7 / 1e7 * Math.PI / 180)); }

  function clamp(value, count) { return value < 0 ? 0 : value >= count ? count - 1 : value; }

  JJ.Attacher = Attacher;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
