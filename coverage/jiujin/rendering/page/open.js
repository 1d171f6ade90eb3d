/* The page opens: data unpacked and checked, engine started, desk set up, the scripting interface handed out. */
(function (JJ) {
  'use strict';

  const scenarios = JJ.scenarios, words = JJ.words;

  /** Everything that the parts of the desk ask each other for. */
  class Desk {
    constructor(map, engine) {
      this.map = map;
      this.engine = engine;
      this.model = new JJ.Model(engine);
      this.shapes = new JJ.Shapes(engine);
      this.aside = new JJ.Aside(engine);
      this.frames = {};
      this.dragging = false;
      const first = engine.services[0];
      this.store = new JJ.Store({ service: first.id, group: first.group });
    }

    look() { return this.model.look(this.store.state); }

    weights() {
      const group = this.engine.groups[this.store.state.group];
      return group ? group.weights : null;
    }

    /** The chosen group, marked where its people are an estimate. */
    groupLabel() {
      const id = this.store.state.group, group = this.engine.groups[id];
      return group ? words.group(group) : this.engine.world.meta.group_labels[id] || id;
    }

    /** Run a listener once in the next frame, however often it is called before. */
    later(name, listener) {
      const frames = this.frames;
      return function () {
        if (frames[name]) return;
        frames[name] = requestAnimationFrame(function () { frames[name] = 0; listener(); });
      };
    }

    choose(service) { this.store.set({ service: service, group: this.engine.service(service).group, metres: null, facility: -1, site: '', basket: false }); }

    /** All services together, for everybody. */
    chooseAll() {
      const groups = this.engine.groups;
      this.store.set({ basket: true, metres: null, group: groups.total ? 'total' : this.store.state.group, facility: -1 });
    }

    /** A further plan, and go over to it. */
    addPlan(scenario, name) {
      const list = JJ.plans.add(JJ.plans.all(this.store.state), scenario, name);
      this.store.setPlans(list, list[list.length - 1].key);
    }

    chooseCommunity(c, fly) {
      this.store.set({ community: c, facility: -1, person: -1, gap: -1 });
      if (!fly || c < 0) return;
      this.fitSoon([this.shapes.communities[c].frame], 15);
    }

    chooseTownship(name) {
      this.store.set({ township: name, tab: 'communities', community: -1, gap: -1 });
      const shapes = this.shapes;
      const frames = this.engine.world.communities.filter(function (one) { return !name || one.township === name; })
        .map(function (one) { return shapes.communities[one.position].frame; });
      if (frames.length) this.fitSoon(frames, 15);
    }

    chooseFacility(row, fly) {
      const one = this.engine.world.facilities[row], service = this.engine.services[one.service].id;
      if (service !== this.store.state.service) this.choose(service);
      this.store.set({ facility: row, community: -1, person: -1, gap: -1 });
      if (fly) this.goTo(one.lon, one.lat);
    }

    /** On a phone the map stands above the lists: bring it back into sight. */
    showStage() { JJ.byId('stage').scrollIntoView({ block: 'nearest', behavior: JJ.calm ? 'auto' : 'smooth' }); }

    /** Bring a place into the middle, near enough to see single houses. */
    goTo(lon, lat) {
      this.showStage();
      this.map.setView([lat, lon], Math.max(this.map.getZoom(), 15), { animate: !JJ.calm });
    }

    fit(all, most) {
      const frames = all.filter(function (one) { return isFinite(one.x0); }); // an outline may be empty
      JJ.fit(this, frames.length ? frames : [this.shapes.boxFrame()], most);
    }

    /** The same when the card has taken its place: what it tells of shall not lie under it. */
    fitSoon(frames, most) {
      this.showStage();
      this.fitting = { frames: frames, most: most };
      const desk = this;
      this.later('fit', function () { desk.fit(desk.fitting.frames, desk.fitting.most); })();
    }

    fitAll() { this.fit(this.shapes.communities.map(function (one) { return one.frame; }), 16); }

    communityAt(lon, lat) {
      const at = this.shapes.point(lon, lat), g = this.pen || (this.pen = document.createElement('canvas').getContext('2d'));
      return this.shapes.communities.findIndex(function (one) {
        const f = one.frame;
        return at[0] >= f.x0 && at[0] <= f.x1 && at[1] >= f.y0 && at[1] <= f.y1 && g.isPointInPath(one.path, at[0], at[1], 'evenodd');
      });
    }

    facility(service, id) {
      const position = this.engine.service(service).position;
      return this.engine.world.facilities.find(function (one) { return one.service === position && one.id === id; });
    }

    /** How many of the service's own group live within its standard of a facility. */
    reachedBy(facility, service, state) {
      const engine = this.engine, full = engine.service(service.id), group = engine.groups[service.group];
      if (!group) return { label: '', people: null };
      const reach = engine.reach(full, state.service === service.id ? state.metres : null);
      const found = engine.reachedFrom(full, facility, reach);
      return { label: words.group(group), people: JJ.total(engine.sumOf(service.group, found), engine.world.communities.length) };
    }

    place(lon, lat) {
      const state = this.store.state, next = scenarios.next(state.scenario);
      const site = { key: next.key, name: next.name, service: state.service, lon: JJ.degrees(lon), lat: JJ.degrees(lat) };
      this.store.setScenario(scenarios.place(state.scenario, site));
      this.store.set({ site: site.key, placing: false, tab: 'sites' });
    }

    nudge(dx, dy) {
      const state = this.store.state, site = state.scenario.sites.find(function (one) { return one.key === state.site; });
      if (!site) return;
      const at = this.map.containerPointToLatLng(this.map.latLngToContainerPoint([site.lat, site.lon]).add([dx, dy]));
      this.store.setScenario(scenarios.change(state.scenario, site.key, { lon: JJ.degrees(at.lng), lat: JJ.degrees(at.lat) }));
    }

    toggleClosed(service, id) {
      const scenario = this.store.state.scenario, closed = scenarios.isClosed(scenario, service, id);
      this.store.setScenario((closed ? scenarios.reopen : scenarios.close)(scenario, service, id));
      if (!closed) this.store.set({ tab: 'sites' });
    }

    scenarioText() {
      const scenario = this.store.state.scenario;
      return JJ.scenarioText(this.engine, scenario.sites, scenario.closed);
    }

    scenarioRows() {
      const features = JSON.parse(this.scenarioText()).features;
      const columns = ['id', 'name', 'service', 'status', 'lon', 'lat', 'street_way', 'street_piece', 'street_cm', 'street_leg_cm', 'network_hash'];
      return [columns].concat(features.map(function (one) { return columns.map(function (name) { return one.properties[name]; }); }));
    }

    restore(said) {
      const patch = said.patch;
      if (patch.service && !patch.group) patch.group = this.engine.service(patch.service).group;
      this.store.set(patch);
      if (said.view) this.map.setView([said.view.lat, said.view.lon], said.view.zoom, { animate: false });
    }

    click(event) {
      if (this.justDragged) return;
      const state = this.store.state, at = event.latlng;
      if (state.placing) { this.place(at.lng, at.lat); return; }
      if (state.measuring) { JJ.rulerClick(this, at.lng, at.lat); return; }
      const target = this.layers.targetAt(event.containerPoint);
      if (target && target.site) { this.store.set({ site: target.site.key, tab: 'sites' }); return; }
      if (target) { this.chooseFacility(target.facility.row, false); return; }
      const person = JJ.houseAt(this, event.containerPoint);
      if (person >= 0) { this.store.set({ person: person, facility: -1, community: -1 }); return; }
      this.chooseCommunity(this.communityAt(at.lng, at.lat), false);
    }
  }

  /** Set up every part of the desk, and let the map follow the state. */
  function furnish(desk) {
    const said = JJ.recall(desk);
    desk.restore({ patch: said.patch, view: null });
    if (said.view) desk.map.setView([said.view.lat, said.view.lon], said.view.zoom, { animate: false }); else desk.fitAll();
    desk.layers = new JJ.Layers(desk);
    const layers = desk.layers;
    const ground = desk.later('ground', function () { if (!desk.dragging) layers.ground.repaint(); });
    const marks = desk.later('marks', function () { layers.marks.repaint(); });
    desk.store.on(['service', 'group', 'metres', 'scenario', 'layers', 'basket'], ground);
    desk.store.on(['service', 'group', 'metres', 'layers', 'basket'], desk.later('people', function () { layers.people.repaint(); }));
    desk.store.on(['service', 'group', 'metres', 'basket', 'layers', 'township', 'community', 'facility', 'person', 'site', 'gap', 'gaps'], marks);
    desk.store.on(['scenario'], function () { if (!desk.dragging) marks(); }); // names and facilities wait for the drop
    desk.store.on(['service', 'group', 'metres', 'scenario', 'basket'], desk.later('shed', function () { layers.shed.repaint(); }));
    desk.store.on(['service', 'scenario', 'site'], desk.later('sites-drawn', function () { layers.sites.repaint(); }));
    desk.store.on(['service', 'group', 'metres', 'layers', 'basket', 'community'], desk.later('before', function () { layers.before.repaint(); }));
    desk.map.on('click', function (event) { desk.click(event); });
    ['top', 'figures', 'conditions', 'townships', 'table', 'card', 'sites', 'planTable', 'advise', 'heat', 'swipe', 'targets', 'gaps', 'since', 'ruler', 'notes', 'tabs', 'furniture', 'finder'].forEach(function (part) { JJ[part](desk); });
    JJ.papers(desk);
    JJ.keys(desk);
    if (JJ.tiles) JJ.tiles(desk); // only a page whose study names servers for a background carries them
    JJ.byId('fit').addEventListener('click', function () { desk.fitAll(); });
    if (!said.view) desk.fitAll(); // again: legend and title block are there now, and shall hide nothing
    layers.begin();
    JJ.remember(desk);
  }

  /** The functions of contract section 6 over an engine; `desk` is what the user sees. */
  function scripting(desk, api) {
    const engine = desk.engine;
    api.summary = function (service) { return engine.summary(service); };
    api.whatIf = function (service, points, closed) {
      const began = performance.now(), found = engine.whatIf(service, points, closed || []);
      return Object.assign(found, { ms: performance.now() - began });
    };
    api.walk = function (service, lon, lat) { return engine.walk(service, lon, lat); };
    api.exportScenario = function (service, points, closed) {
      if (service === undefined) return desk.scenarioText();
      const sites = (points || []).map(function (point, i) {
        return { service: service, name: '拟建点位' + (i + 1), lon: point[0], lat: point[1] };
      });
      return JJ.scenarioText(engine, sites, (closed || []).map(function (id) { return { service: service, id: id }; }));
    };
  }

  /** Damaged data: say so, show no number, and let every question fail with the reason. */
  function refuse(api, error) {
    const reason = '数据已损坏，本页不显示任何数字：' + error.message;
    api.selfCheck = { ok: false, compared: 0, differing: 0, error: reason };
    ['summary', 'whatIf', 'walk', 'exportScenario'].forEach(function (name) {
      api[name] = function () { throw new Error(reason); };
    });
    JJ.badge(api.selfCheck);
    document.body.dataset.state = 'broken';
  }

  function nextFrame() {
    return new Promise(function (done) { requestAnimationFrame(function () { requestAnimationFrame(done); }); });
  }

  /** The text of the data, which the page then no longer holds. */
  function takeText() {
    const box = JJ.byId('data'), text = box.textContent;
    box.textContent = '';
    return text;
  }

  async function start(map, sums, api) {
    const clock = stopwatch(api);
    let engine;
    try {
      const unpacked = JJ.unpack(takeText(), sums.size, sums.crc32).then(function (data) { clock('unpack'); return data; });
      engine = new JJ.Engine(await unpacked);
      clock('engine');
      api.selfCheck = engine.selfCheck();
      clock('check');
    } catch (error) {
      refuse(api, error);
      return;
    }
    const desk = new Desk(map, engine);
    clock('shapes');
    furnish(desk);
    clock('desk');
    scripting(desk, api);
    JJ.badge(api.selfCheck);
    document.body.dataset.state = 'ready';
    JJ.desk = desk;
    await nextFrame();
    clock('paint');
    engine.warm();
    clock('warm');
  }

  /** Milliseconds of every step of opening, for benchmarks: `jiujin.opened`, and from the start of navigation `ready`. */
  function stopwatch(api) {
    let before = performance.now();
    api.opened = { parse: before };
    return function (step) {
      const now = performance.now();
      api.opened[step] = now - before;
      api.opened.ready = before = now;
    };
  }

  /** Open the page: called once by the last script in it, with the size and the sum of the data. */
  function open(map, sums) {
    const api = window.jiujin = { selfCheck: null };
    api.ready = start(map, sums, api);
  }

  JJ.open = open;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
