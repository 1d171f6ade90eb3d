/*
 * The world in drawing units: web mercator pixels of zoom 18, counted from the north-west corner of the county, so that
 * single precision is enough (a hundredth of a pixel over a county).
 */
(function (JJ) {
  'use strict';

  const WORLD = 256 * Math.pow(2, 18);

  function mercatorX(lon) { return (lon / 360 + 0.5) * WORLD; }

  function mercatorY(lat) {
    const sine = Math.sin(lat * Math.PI / 180);
    return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * WORLD;
  }

  class Shapes {
    constructor(engine) {
      const world = engine.world, outlines = world.outlines.community;
      this.engine = engine;
      this.west = Infinity;
      this.north = Infinity;
      this.box = boxOf(outlines.lon, outlines.lat, 1e6) || boxOf(world.streets.lon, world.streets.lat, 1e7);
      this.west = mercatorX(this.box.west);
      this.north = mercatorY(this.box.north);
      this.vertices = this.many(world.streets.lon, world.streets.lat, 1e7);
      this.people = this.many(world.people.lon, world.people.lat, 1e7);
      this.communities = this.areas(outlines);
      this.townships = this.areas(world.outlines.township).map(function (one, i) {
        return Object.assign(one, { name: world.meta.townships[i] });
      });
      this.water = this.areas(world.outlines.water);
      this.rail = this.areas(world.outlines.rail);
      this.buildings = this.areas(world.outlines.building);
      this.facilities = world.facilities.map(function (one) { return this.point(one.lon, one.lat); }, this);
      this.places = world.meta.places.map(function (one) {
        const at = this.point(one[0], one[1]);
        return { x: at[0], y: at[1], name: one[2], rank: one[3] };
      }, this);
      this.cells = peopleCells(this.people);
    }

    point(lon, lat) { return [mercatorX(lon) - this.west, mercatorY(lat) - this.north]; }

    /** Degrees at a drawing position. */
    degrees(x, y) {
      const lon = ((x + this.west) / WORLD - 0.5) * 360, n = Math.PI * (1 - 2 * (y + this.north) / WORLD);
      return [lon, Math.atan(Math.sinh(n)) * 180 / Math.PI];
    }

    /** The whole county as a frame. */
    boxFrame() {
      const nw = this.point(this.box.west, this.box.north), se = this.point(this.box.east, this.box.south);
      return { x0: nw[0], y0: nw[1], x1: se[0], y1: se[1] };
    }

    many(lon, lat, unit) {
      const x = new Float32Array(lon.length), y = new Float32Array(lon.length);
      for (let i = 0; i < lon.length; i++) {
        x[i] = mercatorX(lon[i] / unit) - this.west;
        y[i] = mercatorY(lat[i] / unit) - this.north;
      }
      return { x: x, y: y };
    }

    /** Paths with their frames; `label` is the middle of the largest ring. */
    areas(outlines) {
      const at = this.many(outlines.lon, outlines.lat, 1e6);
      return outlines.shapes.map(function (strokes) {
        const path = new Path2D(), frame = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
        let area = false, largest = { size: -1, x: 0, y: 0 };
        strokes.forEach(function (stroke) {
          trace(path, at, stroke, frame);
          area = area || stroke.closed;
          const middle = centre(at, stroke);
          if (middle.size > largest.size) largest = middle;
        });
        return { path: path, frame: frame, area: area, label: largest };
      });
    }
  }

  function trace(path, at, stroke, frame) {
    for (let i = stroke.from; i < stroke.to; i++) {
      const x = at.x[i], y = at.y[i];
      if (i === stroke.from) path.moveTo(x, y); else path.lineTo(x, y);
      if (x < frame.x0) frame.x0 = x;
      if (x > frame.x1) frame.x1 = x;
      if (y < frame.y0) frame.y0 = y;
      if (y > frame.y1) frame.y1 = y;
    }
    if (stroke.closed) path.closePath();
  }

  /** Centre of gravity of a ring, and its size. */
  function centre(at, stroke) {
    let double = 0, x = 0, y = 0;
    const ox = at.x[stroke.from], oy = at.y[stroke.from];
    for (let i = stroke.from + 1; i < stroke.to; i++) {
      const ax = at.x[i - 1] - ox, ay = at.y[i - 1] - oy, bx = at.x[i] - ox, by = at.y[i] - oy, part = ax * by - bx * ay;
      double += part;
      x += (ax + bx) * part;
      y += (ay + by) * part;
    }
    return double ? { size: Math.abs(double) / 2, x: ox + x / (3 * double), y: oy + y / (3 * double) } : { size: 0, x: ox, y: oy };
  }

  function boxOf(lon, lat, unit) {
    if (!lon.length) return null;
    const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
    for (let i = 0; i < lon.length; i++) {
      box.west = Math.min(box.west, lon[i]);
      box.east = Math.max(box.east, lon[i]);
      box.south = Math.min(box.south, lat[i]);
      box.north = Math.max(box.north, lat[i]);
    }
    return { west: box.west / unit, south: box.south / unit, east: box.east / unit, north: box.north / unit };
  }

  /** People by square cells of 512 drawing units (about 250 m). */
  function peopleCells(people) {
    const size = 512, n = people.x.length;
    let right = 0, bottom = 0, left = 0, top = 0;
    for (let p = 0; p < n; p++) {
      left = Math.min(left, people.x[p]);
      right = Math.max(right, people.x[p]);
      top = Math.min(top, people.y[p]);
      bottom = Math.max(bottom, people.y[p]);
    }
    const columns = Math.floor((right - left) / size) + 1, rows = Math.floor((bottom - top) / size) + 1;
    const head = new Int32Array(columns * rows + 1), list = new Int32Array(n);
    const cell = function (p) {
      return Math.floor((people.y[p] - top) / size) * columns + Math.floor((people.x[p] - left) / size);
    };
    for (let p = 0; p < n; p++) head[cell(p) + 1]++;
    for (let c = 0; c + 1 < head.length; c++) head[c + 1] += head[c];
    const free = head.slice(0, -1);
    for (let p = 0; p < n; p++) list[free[cell(p)]++] = p;
    return { size: size, left: left, top: top, columns: columns, rows: rows, head: head, list: list };
  }

  /** So many metres on the ground at this latitude, in drawing units. */
  function unitsOf(metres, lat) { return metres * WORLD / (40075016.686 * Math.cos(lat * Math.PI / 180)); }

  JJ.Shapes = Shapes;
  JJ.unitsOf = unitsOf;
  JJ.WORLD = WORLD;
  JJ.mercatorX = mercatorX;
  JJ.mercatorY = mercatorY;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
