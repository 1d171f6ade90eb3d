/*
 * The painters on a Leaflet map: two sheets of canvas tiles (ground, people), and canvases over the whole map for what
 * moves, each for itself, so that a drag repaints the shed and the sites and leaves names and facilities alone.
 */
(function (JJ) {
  'use strict';

  const TILE = 512;

  /** Whether the reader has asked the computer for less motion: then the map jumps where it would fly. */
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  /** A Leaflet map without anything fetched: no tiles, no pictures, no outside links. */
  function makeMap(id) {
    const map = L.map(id, {
      zoomControl: false, attributionControl: false, minZoom: 8, maxZoom: 19, zoomSnap: JJ.ZOOM_STEP, fadeAnimation: false, zoomAnimation: !calm, inertia: !calm, boxZoom: false,
    });
    L.control.zoom({ position: 'topright', zoomInTitle: '放大', zoomOutTitle: '缩小' }).addTo(map);
    return map;
  }

  /** A sheet of tiles painted by `paint(g, view)`; `redraw()` repaints what is on the screen, in place. */
  const Sheet = L.GridLayer.extend({
    initialize: function (shapes, paint, options) {
      this.shapes = shapes;
      this.paint = paint;
      L.GridLayer.prototype.initialize.call(this, Object.assign({ tileSize: TILE, updateWhenIdle: false, keepBuffer: 1 }, options));
      this.on('tileunload', function (event) { event.tile.width = event.tile.height = 0; }); // its memory goes at once
    },

    /** As the library does it, but at the very zoom of the map, where the library would stretch tiles of a whole level. */
    _setView: function (centre, zoom, noPrune, noUpdate) {
      if (!noUpdate) {
        this._tileZoom = zoom;
        this._updateLevels();
        this._resetGrid();
        this._update(centre);
        if (!noPrune) this._pruneTiles();
        this._noPrune = Boolean(noPrune);
      }
      this._setZoomTransforms(centre, zoom);
    },

    createTile: function (coords) {
      const tile = document.createElement('canvas'), scale = window.devicePixelRatio || 1;
      tile.className = 'leaflet-tile-loaded'; // it is painted when it is made, and may be seen at once
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
    /** `coarse()`: half the resolution will do for now; `empty()`: nothing is to be painted, so no memory is taken. */
    initialize: function (shapes, paint, options) {
      const never = function () { return false; };
      this.shapes = shapes;
      this.paint = paint;
      L.setOptions(this, Object.assign({ pane: 'markerPane', coarse: never, empty: never }, options));
    },

    onAdd: function (map) {
      this.canvas = L.DomUtil.create('canvas', 'leaflet-zoom-hide marks', map.getPane(this.options.pane));
      this.canvas.setAttribute('aria-hidden', 'true');
      map.on('moveend zoomend resize', this.place, this);
      this.place();
    },

    onRemove: function (map) {
      map.off('moveend zoomend resize', this.place, this);
      this.canvas.remove();
      this.canvas = null;
    },

    /** Take it off the map, or put it on; `shown` tells which. */
    show: function (on) {
      this.shown = on;
      if (on && !this._map) this.addTo(this.home); else if (!on && this._map) this.remove();
    },

    scale: function () { return (window.devicePixelRatio || 1) * (this.options.coarse() ? 0.5 : 1); },

    place: function () {
      const map = this._map, size = map.getSize(), pad = this.pad = 80, canvas = this.canvas;
      canvas.style.width = size.x + 2 * pad + 'px';
      canvas.style.height = size.y + 2 * pad + 'px';
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([-pad, -pad]));
      if (this.placed) this.placed();
      this.repaint();
    },

    repaint: function () {
      if (!this.canvas) return;
      const canvas = this.canvas, size = this._map.getSize(), g = canvas.getContext('2d');
      const scale = this.scale(), drawn = this.options.empty() ? 0 : scale;
      const dots = function (length) { return Math.round(length * drawn) || 1; };
      const width = dots(size.x + 2 * this.pad), height = dots(size.y + 2 * this.pad);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      g.setTransform(1, 0, 0, 1, 0, 0);
      g.clearRect(0, 0, width, height);
      g.setTransform(scale, 0, 0, scale, 0, 0);
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

  const PANES = { heat: 300, people: 350, shed: 380, sites: 620, before: 630 };

  /** All layers of the desk on its map; what can be clicked on is in `targets` after every painting. */
  class Layers {
    constructor(desk) {
      this.desk = desk;
      this.facilityMarks = [];
      this.siteMarks = [];
      const map = desk.map, shapes = desk.shapes, self = this;
      const siteless = function () { return !desk.store.state.scenario.sites.length; };
      Object.keys(PANES).forEach(function (name) {
        map.createPane(name).style.zIndex = PANES[name];
        map.getPane(name).style.pointerEvents = 'none';
      });
      this.ground = new Sheet(shapes, function (g, view) { self.paintGround(g, view); }, {});
      this.people = new Sheet(shapes, function (g, view) { self.paintPeople(g, view); }, { pane: 'people' });
      const over = function (pane, paint, options) { return new Overlay(shapes, paint, Object.assign({ pane: pane }, options)); };
      this.heat = over('heat', function (g, view) { JJ.paintHeat(g, view, desk); }, { empty: function () { return !desk.surface; } });
      this.shed = over('shed', function (g, view) { self.paintShed(g, view); }, {
        coarse: function () { return desk.dragging; }, empty: function () { return !desk.look().touched; },
      });
      this.marks = over('markerPane', function (g, view) { self.paintFixed(g, view); });
      this.sites = over('sites', function (g, view) { self.paintSites(g, view); }, { empty: siteless });
      this.before = over('before', function (g, view) { self.paintBefore(g, view); });
      this.before.home = map;
    }

    /** Paint: once everything stands that decides what the map shows, so that nothing is painted in vain. */
    begin() {
      [this.ground, this.people, this.heat, this.shed, this.marks, this.sites].forEach(function (layer) { layer.addTo(this.desk.map); }, this);
    }

    /** What can be clicked on, in pixels of the map. */
    get targets() { return this.facilityMarks.concat(this.siteMarks); }

    paintGround(g, view) { this.groundOf(g, view, this.desk.look()); }

    groundOf(g, view, look) {
      const desk = this.desk, shapes = desk.shapes, layers = desk.store.state.layers, communities = desk.engine.world.communities;
      const fill = function (sheet) { JJ.paintCommunities(sheet, view, shapes, function (c) { return look.fill(c); }); };
      if (layers.fill) { if (layers.settled) JJ.paintSettled(g, view, shapes, fill); else fill(g); }
      if (layers.around) JJ.paintAround(g, view, shapes);
      if (layers.trust) JJ.paintTrust(g, view, shapes, communities);
      if (layers.streets) JJ.paintStreets(g, view, shapes);
      JJ.paintBorders(g, view, shapes, function (c) { return communities[c].sketch; });
      JJ.paintTownships(g, view, shapes);
    }

    paintPeople(g, view) { this.peopleOf(g, view); }

    peopleOf(g, view) {
      const desk = this.desk, state = desk.store.state;
      JJ.paintPeople(g, view, desk.shapes, desk.weights(), desk.model.uncovered(state), state.layers);
    }

    /** Everything above ground and people in one go, for pictures and print. */
    paintMarks(g, view) {
      this.paintShed(g, view);
      this.paintFixed(g, view);
      this.paintSites(g, view);
    }

    /** Whom the plan reaches, and along which streets: what follows a drag. */
    paintShed(g, view) {
      const desk = this.desk, look = desk.look();
      if (look.sites.length) this.paintSheds(g, view, look);
      if (look.touched) JJ.paintChange(g, view, desk.shapes, desk.weights(), look.change);
    }

    paintFixed(g, view) {
      const desk = this.desk, state = desk.store.state, engine = desk.engine, shapes = desk.shapes;
      const narrowed = JJ.partOf(desk, 'township');
      if (narrowed) JJ.paintPart(g, view, shapes, narrowed, false);
      JJ.paintGaps(g, view, shapes, desk);
      JJ.paintLegs(g, view, shapes, desk);
      JJ.paintChosen(g, view, shapes, state.community);
      JJ.paintWalk(g, view, shapes, engine, state);
      JJ.paintCarried(g, view, shapes, desk);
      const drawn = state.layers.facilities ? JJ.paintFacilities(g, view, shapes, engine, state) : [];
      const sites = JJ.siteSpots(view, shapes, state), changed = JJ.paintSince(g, view, shapes, desk);
      if (state.layers.labels) JJ.paintNames(g, view, shapes, engine, drawn.concat(sites, changed), state);
      JJ.paintRuler(g, view, shapes, desk);
      this.facilityMarks = onMap(drawn, view);
    }

    paintSites(g, view) {
      const desk = this.desk, state = desk.store.state;
      this.siteMarks = onMap(JJ.paintSites(g, view, desk.shapes, desk.engine, state), view);
    }

    /** The present, over the whole map: what the line of the swipe uncovers. */
    paintBefore(g, view) {
      const desk = this.desk, state = desk.store.state, engine = desk.engine, shapes = desk.shapes;
      const present = Object.assign({}, state, { scenario: JJ.scenarios.empty });
      g.fillStyle = '#f4f2ec';
      g.fillRect(0, 0, view.w, view.h);
      this.groundOf(g, view, desk.model.remembered(present));
      this.peopleOf(g, view);
      JJ.paintChosen(g, view, shapes, state.community);
      const drawn = state.layers.facilities ? JJ.paintFacilities(g, view, shapes, engine, present) : [];
      if (state.layers.labels) JJ.paintNames(g, view, shapes, engine, drawn, state);
    }

    paintSheds(g, view, look) {
      const desk = this.desk, engine = desk.engine, service = look.service, search = engine.scratch(service);
      look.places.forEach(function (place, i) {
        if (!place) return;
        const home = desk.communityAt(look.sites[i].lon, look.sites[i].lat);
        const limit = home < 0 || engine.world.communities[home].urban ? look.reach.town : look.reach.country;
        search.run(JJ.waysOnto(engine, service, place), limit);
        JJ.paintShed(g, JJ.shedPath(engine, service, search, limit, desk.shapes, view), view);
      });
    }

    /** The facility or site under a point of the map, the nearest one. */
    targetAt(point, room) {
      let best = null, far = Infinity;
      this.targets.forEach(function (one) {
        const d = Math.hypot(one.x - point.x, one.y - point.y);
        if (d <= one.r + (room || 5) && d < far) { best = one; far = d; }
      });
      return best;
    }
  }

  function onMap(marks, view) {
    const pad = view.pad || 0;
    return marks.map(function (one) { return Object.assign({}, one, { x: one.x - pad, y: one.y - pad }); });
  }

  JJ.calm = calm;
  JJ.makeMap = makeMap;
  JJ.Layers = Layers;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
