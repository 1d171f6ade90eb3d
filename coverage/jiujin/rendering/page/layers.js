/* The painters on a Leaflet map: two sheets of canvas tiles (ground, people) and one canvas over all for what moves. */
(function (JJ) {
  'use strict';

  const TILE = 512;

  /** A Leaflet map without anything fetched: no tiles, no pictures, no outside links. */
  function makeMap(id) {
    const map = L.map(id, { zoomControl: false, attributionControl: false, minZoom: 8, maxZoom: 19, fadeAnimation: false, boxZoom: false });
    L.control.zoom({ position: 'topright', zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map);
    return map;
  }

  /** A sheet of tiles painted by `paint(g, view)`; `redraw()` repaints what is on the screen, in place. */
  const Sheet = L.GridLayer.extend({
    initialize: function (shapes, paint, options) {
      this.shapes = shapes;
      this.paint = paint;
      L.GridLayer.prototype.initialize.call(this, Object.assign({ tileSize: TILE, updateWhenIdle: false, keepBuffer: 1 }, options));
    },

    createTile: function (coords) {
      const tile = document.createElement('canvas'), scale = window.devicePixelRatio || 1;
      tile.width = tile.height = Math.round(TILE * scale);
      this.fill(tile, coords);
      return tile;
    },

    fill: function (tile, coords) {
      const g = tile.getContext('2d'), scale = tile.width / TILE, k = Math.pow(2, coords.z - 18);
      g.setTransform(1, 0, 0, 1, 0, 0);
      g.clearRect(0, 0, tile.width, tile.height);
      g.scale(scale, scale);
      this.paint(g, {
        k: k, z: coords.z, w: TILE, h: TILE, x0: coords.x * TILE / k - this.shapes.west, y0: coords.y * TILE / k - this.shapes.north,
      });
    },

    repaint: function () {
      Object.keys(this._tiles).forEach(function (key) {
        if (this._tiles[key].current) this.fill(this._tiles[key].el, this._keyToTileCoords(key));
      }, this);
    },
  });

  /** One canvas over the whole map, painted anew after every move and on demand; pans along with the map meanwhile. */
  const Overlay = L.Layer.extend({
    initialize: function (shapes, paint) {
      this.shapes = shapes;
      this.paint = paint;
    },

    onAdd: function (map) {
      this.canvas = L.DomUtil.create('canvas', 'leaflet-zoom-hide marks', map.getPanes().markerPane);
      this.canvas.setAttribute('aria-hidden', 'true');
      map.on('moveend zoomend resize', this.place, this);
      this.place();
    },

    place: function () {
      const map = this._map, size = map.getSize(), scale = window.devicePixelRatio || 1;
      const pad = 80, canvas = this.canvas;
      const width = Math.round((size.x + 2 * pad) * scale), height = Math.round((size.y + 2 * pad) * scale);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = size.x + 2 * pad + 'px';
        canvas.style.height = size.y + 2 * pad + 'px';
      }
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([-pad, -pad]));
      this.pad = pad;
      this.repaint();
    },

    repaint: function () {
      const g = this.canvas.getContext('2d'), scale = window.devicePixelRatio || 1;
      g.setTransform(scale, 0, 0, scale, 0, 0);
      g.clearRect(0, 0, this.canvas.width, this.canvas.height);
      this.paint(g, this.view());
    },

    view: function () {
      const map = this._map, size = map.getSize(), z = map.getZoom(), k = Math.pow(2, z - 18), pad = this.pad;
      const corner = map.getPixelBounds().min;
      return {
        k: k, z: z, w: size.x + 2 * pad, h: size.y + 2 * pad,
        x0: (corner.x - pad) / k - this.shapes.west, y0: (corner.y - pad) / k - this.shapes.north, pad: pad,
      };
    },
  });

  /** All layers of the desk on its map; what can be clicked on is in `targets` after every painting. */
  class Layers {
    constructor(desk) {
      this.desk = desk;
      this.targets = [];
      const map = desk.map, shapes = desk.shapes, self = this;
      map.createPane('people').style.zIndex = 350;
      map.getPane('people').style.pointerEvents = 'none';
      this.ground = new Sheet(shapes, function (g, view) { self.paintGround(g, view); }, {}).addTo(map);
      this.people = new Sheet(shapes, function (g, view) { self.paintPeople(g, view); }, { pane: 'people' }).addTo(map);
      this.marks = new Overlay(shapes, function (g, view) { self.paintMarks(g, view); }).addTo(map);
    }

    paintGround(g, view) {
      const desk = this.desk, state = desk.store.state, look = desk.look(), communities = desk.engine.world.communities;
      if (state.layers.fill) JJ.paintCommunities(g, view, desk.shapes, function (c) { return look.rate(c); });
      if (state.layers.around) JJ.paintAround(g, view, desk.shapes);
      if (state.layers.streets) JJ.paintStreets(g, view, desk.shapes);
      JJ.paintBorders(g, view, desk.shapes, function (c) { return communities[c].sketch; });
    }

    paintPeople(g, view) {
      const desk = this.desk, state = desk.store.state, base = desk.engine.base(state.service);
      const look = desk.model.look(Object.assign({}, state, { scenario: JJ.scenarios.empty }));
      const reach = look.reach, walk = base.walk;
      JJ.paintPeople(g, view, desk.shapes, desk.weights(), function (p) { return walk[p] > reach.of(p); }, state.layers);
    }

    paintMarks(g, view) {
      const desk = this.desk, state = desk.store.state, look = desk.look(), engine = desk.engine, shapes = desk.shapes;
      if (look.sites.length) this.paintSheds(g, view, look);
      if (look.touched) JJ.paintChange(g, view, shapes, desk.weights(), look.change);
      JJ.paintChosen(g, view, shapes, state.community);
      JJ.paintWalk(g, view, shapes, engine, state);
      const drawn = state.layers.facilities ? JJ.paintFacilities(g, view, shapes, engine, state) : [];
      const sites = JJ.paintSites(g, view, shapes, engine, state);
      if (state.layers.labels) JJ.paintNames(g, view, shapes, engine, drawn.concat(sites), state);
      this.targets = drawn.concat(sites).map(function (one) { return Object.assign(one, { x: one.x - view.pad, y: one.y - view.pad }); });
    }

    paintSheds(g, view, look) {
      const desk = this.desk, engine = desk.engine, service = look.service, search = engine.scratch(service);
      look.places.forEach(function (place, i) {
        if (!place) return;
        const home = desk.communityAt(look.sites[i].lon, look.sites[i].lat);
        const limit = home < 0 || engine.world.communities[home].urban ? look.reach.town : look.reach.country;
        search.run([engine.source(service, place)], limit);
        JJ.paintShed(g, JJ.shedPath(engine, service, search, limit, desk.shapes, view), view);
      });
    }

    /** The facility or site under a point of the map, the nearest one. */
    targetAt(point) {
      let best = null, far = Infinity;
      this.targets.forEach(function (one) {
        const d = Math.hypot(one.x - point.x, one.y - point.y);
        if (d <= one.r + 5 && d < far) { best = one; far = d; }
      });
      return best;
    }
  }

  JJ.makeMap = makeMap;
  JJ.Layers = Layers;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
