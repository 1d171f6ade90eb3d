/*
 * What the page shows for what the reader has chosen: before and after a scenario, by community and for the county. No DOM.
 */
(function (JJ) {
  'use strict';

  class Model {
    constructor(engine) {
      this.engine = engine;
      this.kept = new Map();
    }

    /** Sums before any scenario, remembered: the reader goes back and forth between a few. */
    before(state) {
      const key = state.service + '|' + state.group + '|' + state.metres;
      if (!this.kept.has(key)) {
        if (this.kept.size > 24) this.kept.clear();
        this.kept.set(key, this.engine.groups[state.group] ? this.engine.coverage(state.service, state.group, state.metres) : null);
      }
      return this.kept.get(key);
    }

    sitesOf(state) {
      return state.scenario.sites.filter(function (site) { return site.service === state.service; });
    }

    closedOf(state) {
      return state.scenario.closed.filter(function (one) { return one.service === state.service; }).map(function (one) { return one.id; });
    }

    /** Everything for this state, the same object for the same choice. */
    look(state) {
      const last = this.last;
      const same = last && ['service', 'group', 'metres', 'scenario'].every(function (key) { return last.state[key] === state[key]; });
      if (!same) this.last = this.work(state);
      return this.last;
    }

    work(state) {
      const engine = this.engine, service = engine.service(state.service), sums = this.before(state);
      const sites = this.sitesOf(state), closed = this.closedOf(state);
      const places = sites.map(function (site) { return engine.attach(service, site.lon, site.lat); });
      const touched = sites.length + closed.length > 0;
      const change = touched ? engine.change(service.id, places, closed, state.metres) : { gained: [], lost: [] };
      const plus = sums && touched ? engine.sumOf(state.group, change.gained) : null;
      const minus = sums && touched ? engine.sumOf(state.group, change.lost) : null;
      const county = engine.world.communities.length;
      const look = {
        state: state, service: service, sites: sites, places: places, closed: closed, change: change, touched: touched, county: county,
        reach: state.metres ? engine.reach(service, state.metres) : engine.base(service.id).reach,
        people: function (c) { return sums ? JJ.total(sums.people, c) : null; },
        before: function (c) { return sums ? JJ.total(sums.covered, c) : null; },
        after: function (c) { return !sums ? null : plus ? JJ.changed(sums.covered, plus, minus, c) : JJ.total(sums.covered, c); },
      };
      const few = new Set((engine.world.meta.few || {})[state.group]);
      look.few = function (c) { return few.has(c); };
      look.rate = function (c) { return JJ.rate(look.after(c), look.people(c)); };
      look.rateBefore = function (c) { return JJ.rate(look.before(c), look.people(c)); };
      return look;
    }

    /** What each site of a look would gain if it were the only one, for the chosen group. */
    gains(look) {
      const engine = this.engine, state = look.state;
      return look.places.map(function (place) {
        if (!place || !engine.groups[state.group]) return null;
        return JJ.total(engine.sumOf(state.group, engine.change(look.service.id, [place], [], state.metres).gained), look.county);
      });
    }

    /** Sums over the communities of one class. */
    classRate(look, urban) {
      let people = 0, covered = 0;
      this.engine.world.communities.forEach(function (one) {
        if (one.urban !== urban) return;
        people += look.people(one.position);
        covered += look.after(one.position);
      });
      return { people: people, covered: covered, rate: JJ.rate(covered, people) };
    }
  }

  /** The fixed class of a rate: 0 for below 20 % to 4 for 80 % and more. */
  function rateClass(rate) { return rate >= 0.8 ? 4 : rate >= 0.6 ? 3 : rate >= 0.4 ? 2 : rate >= 0.2 ? 1 : 0; }

  JJ.Model = Model;
  JJ.rateClass = rateClass;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
