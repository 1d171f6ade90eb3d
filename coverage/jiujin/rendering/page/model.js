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
      const key = state.basket ? 'all|' + state.group : state.service + '|' + state.group + '|' + state.metres;
      if (!this.kept.has(key)) {
        if (this.kept.size > 24) this.kept.clear();
        this.kept.set(key, this.engine.groups[state.group] ? this.sums(state) : null);
      }
      return this.kept.get(key);
    }

    sums(state) {
      const engine = this.engine, all = engine.services.length;
      if (!state.basket) return engine.coverage(state.service, state.group, state.metres);
      const count = JJ.basket.present(engine);
      return engine.sums(state.group, function (p) { return count[p] === all; });
    }

    /** Whom the present leaves uncovered: by the chosen service, or by any of all of them. */
    uncovered(state) {
      const engine = this.engine, base = engine.base(state.service), walk = base.walk;
      const reach = state.metres ? engine.reach(base.service, state.metres) : base.reach;
      if (!state.basket) return function (p) { return walk[p] > reach.of(p); };
      const count = JJ.basket.present(engine), all = engine.services.length;
      return function (p) { return count[p] < all; };
    }

    changed(state, service, places, closed) {
      if (state.basket) return JJ.basket.change(this.engine, state.scenario);
      return places.length + closed.length ? this.engine.change(service.id, places, closed, state.metres) : { gained: [], lost: [] };
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
      const same = last && ['service', 'group', 'metres', 'scenario', 'basket'].every(function (key) { return last.state[key] === state[key]; });
      if (!same) this.last = this.work(state);
      return this.last;
    }

    work(state) {
      const engine = this.engine, service = engine.service(state.service), sums = this.before(state);
      const sites = this.sitesOf(state), closed = this.closedOf(state);
      const places = sites.map(function (site) { return engine.attach(service, site.lon, site.lat); });
      const touched = state.basket ? state.scenario.sites.length + state.scenario.closed.length > 0 : sites.length + closed.length > 0;
      const change = this.changed(state, service, places, closed);
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
      look.part = function (members) { return partOf(members, sums, plus, minus); };
      look.rate = function (c) { return JJ.rate(look.after(c), look.people(c)); };
      look.rateBefore = function (c) { return JJ.rate(look.before(c), look.people(c)); };
      look.fill = this.classes(look);
      return look;
    }

    /** The class in which a community is drawn, -1 for none: of its rate, or of the services that its people reach. */
    classes(look) {
      const engine = this.engine, state = look.state, all = engine.services.length;
      if (!state.basket || !engine.groups[state.group]) {
        return function (c) { const rate = look.rate(c); return rate === null ? -1 : rateClass(rate); };
      }
      let means = null;
      return function (c) {
        means = means || JJ.basket.means(engine, state.group, look.change.more);
        return means[c] === null || look.few(c) ? -1 : Math.round(4 * Math.round(means[c]) / all);
      };
    }

    /**
     * What each site of a look gains: `alone` as if it were the only one, `next` beside those before it in the list, and
     * the county's `rate` then; null for a site that is on no street, or where nobody counted the group.
     */
    gains(look) {
      const engine = this.engine, state = look.state, county = look.county, service = look.service;
      if (!engine.groups[state.group]) return look.places.map(function () { return null; });
      const base = engine.base(service.id), reach = look.reach, far = Math.max(reach.town, reach.country);
      const search = engine.scratch(service), taken = new Set();
      const sum = function (people) { return JJ.total(engine.sumOf(state.group, people), county); };
      const shut = look.closed.length ? engine.change(service.id, [], look.closed, state.metres).lost : [], lost = new Set(shut);
      const present = this.before(Object.assign({}, state, { basket: false })), people = present.people, before = JJ.total(present.covered, county) - sum(shut);
      let covered = before;
      return look.places.map(function (place) {
        if (!place) return null;
        search.run(JJ.waysOnto(engine, service, place), far);
        const own = engine.reachedBy(service, [place], search, reach).filter(function (p) { return base.walk[p] > reach.of(p) || lost.has(p); });
        const next = own.filter(function (p) { return !taken.has(p); });
        next.forEach(function (p) { taken.add(p); });
        const more = sum(next);
        covered += more;
        return { alone: sum(own), next: more, rate: JJ.rate(covered, JJ.total(people, county)) };
      });
    }

    /** The county under each plan, for what is chosen: sites, closed facilities, covered, rate, gain. */
    compare(state) {
      const model = this;
      return JJ.plans.all(state).map(function (plan) {
        const look = plan.key === state.plan ? model.look(state) : model.remembered(Object.assign({}, state, { scenario: plan.scenario }));
        const after = look.after(look.county), before = look.before(look.county);
        return {
          key: plan.key, name: plan.name, sites: look.sites.length, closed: look.closed.length,
          covered: after, rate: look.rate(look.county), gained: after === null ? null : after - before,
        };
      });
    }

    /** A look at another plan, remembered as long as the plan is. */
    remembered(state) {
      const looks = this.looks || (this.looks = new WeakMap()), key = [state.service, state.group, state.metres, state.basket].join('|');
      if (!looks.has(state.scenario)) looks.set(state.scenario, new Map());
      const known = looks.get(state.scenario);
      if (!known.has(key)) known.set(key, this.work(state));
      return known.get(key);
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

  /** Several communities together: their sums first, then the rate; null where nobody counted the group. */
  function partOf(members, sums, plus, minus) {
    if (!sums) return null;
    const people = JJ.total(together(sums.people, members), 0), covered = together(sums.covered, members), before = JJ.total(covered, 0);
    const after = plus ? JJ.changed(covered, together(plus, members), together(minus, members), 0) : before;
    return { people: people, before: before, after: after, rateBefore: JJ.rate(before, people), rate: JJ.rate(after, people) };
  }

  function together(sums, members) {
    const add = function (values) { return members.reduce(function (sum, c) { return sum + values[c]; }, 0); };
    return { coarse: [add(sums.coarse)], rest: [add(sums.rest)] };
  }

  /** The fixed class of a rate: 0 for below 20 % to 4 for 80 % and more. */
  function rateClass(rate) { return rate >= 0.8 ? 4 : rate >= 0.6 ? 3 : rate >= 0.4 ? 2 : rate >= 0.2 ? 1 : 0; }

  JJ.Model = Model;
  JJ.rateClass = rateClass;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
