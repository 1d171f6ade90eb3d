/* What survives: the address carries the whole view, so that it can be passed on; the browser keeps the last scenario. */
(function (JJ) {
  'use strict';

  /** The state as the part of an address after '#'. Text is escaped, numbers are short. */
  function toHash(state, view, codes) {
    const parts = ['s=' + encodeURIComponent(state.service)];
    if (state.group) parts.push('g=' + encodeURIComponent(state.group));
    if (state.metres) parts.push('m=' + state.metres);
    if (state.basket) parts.push('b=1');
    if (state.township) parts.push('t=' + encodeURIComponent(state.township));
    const turned = Object.keys(JJ.LAYERS).filter(function (name) { return state.layers && state.layers[name] !== JJ.LAYERS[name]; });
    if (turned.length) parts.push('l=' + turned.join('/'));
    if (state.community >= 0) parts.push('c=' + encodeURIComponent(codes[state.community]));
    if (view) parts.push('v=' + [Number(view.zoom.toFixed(3)), view.lat.toFixed(5), view.lon.toFixed(5)].join('/'));
    return parts.concat(plansHash(state)).join('&');
  }

  /** One scenario as it is; several plans one after another, each after its name, the chosen one marked. */
  function plansHash(state) {
    const plans = state.plans ? JJ.plans.all(state) : [], plain = plans.length < 2 && (!plans.length || plans[0].name === '方案1');
    if (plain) return scenarioHash(state.scenario);
    return plans.reduce(function (parts, one) {
      return parts.concat([(one.key === state.plan ? 'N=' : 'n=') + encodeURIComponent(one.name)], scenarioHash(one.scenario));
    }, []);
  }

  function scenarioHash(scenario) {
    const sites = scenario.sites.map(function (site) {
      return 'p=' + [site.service, site.lon.toFixed(7), site.lat.toFixed(7), site.name].map(encodeURIComponent).join('/');
    });
    return sites.concat(scenario.closed.map(function (one) { return 'x=' + [one.service, one.id].map(encodeURIComponent).join('/'); }));
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch (error) {
      return '';
    }
  }

  /** The layers as they are at first, but for these. */
  function layersWith(turned) {
    const layers = Object.assign({}, JJ.LAYERS);
    turned.forEach(function (name) { if (Object.prototype.hasOwnProperty.call(layers, name)) layers[name] = !layers[name]; });
    return layers;
  }

  /** What an address says, as far as it makes sense for this world: services, groups and facilities must exist. */
  function fromHash(hash, engine) {
    const patch = {}, read = new Plans(), services = engine.services.map(function (one) { return one.id; });
    let view = null;
    hash.replace(/^#/, '').split('&').forEach(function (part) {
      const key = part.slice(0, 2), values = part.slice(2).split('/').map(decoded);
      if (key === 's=' && services.indexOf(values[0]) >= 0) patch.service = values[0];
      if (key === 'g=' && engine.groups[values[0]]) patch.group = values[0];
      if (key === 'm=' && Number(values[0]) >= 50 && Number(values[0]) <= 20000) patch.metres = Math.round(Number(values[0]));
      if (key === 'l=') patch.layers = layersWith(values);
      if (key === 'b=' && services.length > 1) patch.basket = true;
      if (key === 't=' && engine.world.communities.some(function (one) { return one.township === values[0]; })) patch.township = values[0];
      if (key === 'c=') patch.community = engine.world.communities.findIndex(function (one) { return one.code === values[0]; });
      if (key === 'v=' && values.length === 3 && values.every(isFinite)) view = { zoom: Number(values[0]), lat: Number(values[1]), lon: Number(values[2]) };
      if (key === 'n=' || key === 'N=') read.begin(values[0], key === 'N=');
      if (key === 'p=' && isSite(values, services)) read.site(values);
      if (key === 'x=' && isFacility(values, engine)) read.now.closed.push({ service: values[0], id: values[1] });
    });
    return { patch: Object.assign(patch, read.patch()), view: view };
  }

  /** Plans as they are read one after another; a scenario without a name before it is the only one. */
  class Plans {
    constructor() {
      this.now = { sites: [], closed: [] };
      this.named = [];
      this.chosen = 0;
    }

    begin(name, chosen) {
      if (this.named.length >= 40) return;
      this.now = { sites: [], closed: [] };
      if (chosen) this.chosen = this.named.length;
      this.named.push({ name: name, scenario: this.now });
    }

    site(values) {
      const sites = this.now.sites;
      if (sites.length >= JJ.MOST_SITES) return;
      sites.push({ key: 's' + (sites.length + 1), service: values[0], lon: Number(values[1]), lat: Number(values[2]), name: (values[3] || '拟建点位').slice(0, 60) });
    }

    patch() {
      if (!this.named.length) return this.now.sites.length || this.now.closed.length ? { scenario: this.now } : {};
      const list = this.named.reduce(function (all, one) { return JJ.plans.add(all, one.scenario, one.name.trim()); }, []);
      return { plans: list, plan: list[this.chosen].key, scenario: list[this.chosen].scenario };
    }
  }

  function isSite(values, services) {
    const lon = Number(values[1]), lat = Number(values[2]);
    return services.indexOf(values[0]) >= 0 && Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && values.length >= 3;
  }

  function isFacility(values, engine) {
    const service = engine.services.findIndex(function (one) { return one.id === values[0]; });
    return engine.world.facilities.some(function (one) { return one.service === service && one.id === values[1]; });
  }

  /** Keep address and browser memory up to date; a little late, so that a drag does not write sixty times a second. */
  function remember(desk) {
    const codes = desk.engine.world.communities.map(function (one) { return one.code; }), name = memoryName(desk);
    let timer = 0;
    const write = function () {
      clearTimeout(timer);
      const state = desk.store.state, centre = desk.map.getCenter();
      const hash = toHash(state, { zoom: desk.map.getZoom(), lat: centre.lat, lon: centre.lng }, codes);
      try {
        history.replaceState(null, '', '#' + hash);
        localStorage.setItem(name, hash);
      } catch (error) {
        desk.forgetful = true; // a browser that keeps nothing for files: the page works all the same
      }
      return hash;
    };
    const soon = function () {
      clearTimeout(timer);
      timer = setTimeout(write, 250);
    };
    desk.store.on(null, soon);
    desk.map.on('moveend', soon);
    window.addEventListener('pagehide', function () {
      const hash = write();
      kept(function () { sessionStorage.setItem(name, hash); });
    });
    window.addEventListener('hashchange', function () { desk.restore(fromHash(location.hash, desk.engine)); });
  }

  function memoryName(desk) {
    const meta = desk.engine.world.meta;
    return 'jiujin:' + meta.title + ':' + meta.network_hash;
  }

  /** What a store of the browser says; nothing where there is none. */
  function kept(ask) {
    try {
      return ask() || '';
    } catch (error) {
      return '';
    }
  }

  /**
   * Where to begin: the address when it says something, else what was there last time. A page that is loaded again comes
   * with the address as it stood a moment ago: what was done since is in the memory of its tab.
   */
  function recall(desk) {
    const name = memoryName(desk);
    const again = performance.getEntriesByType('navigation').some(function (one) { return one.type === 'reload'; });
    const left = again ? kept(function () { return sessionStorage.getItem(name); }) : '';
    const said = left || (location.hash.length > 2 ? location.hash : kept(function () { return localStorage.getItem(name); }));
    return fromHash(said, desk.engine);
  }

  JJ.toHash = toHash;
  JJ.fromHash = fromHash;
  JJ.remember = remember;
  JJ.recall = recall;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
