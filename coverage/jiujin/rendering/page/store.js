/*
 * What the reader has chosen, in one place: who changes it calls set(), who shows it listens. The scenario (sites placed
 * and facilities closed) is a value that is replaced and never changed, so that undo is a list of values. No DOM.
 */
(function (JJ) {
  'use strict';

  const EMPTY = { sites: [], closed: [] };

  class Store {
    constructor(state) {
      this.state = Object.assign({
        service: '', group: '', metres: null, community: -1, facility: -1, person: -1, township: '', tab: 'communities',
        sort: { key: 'uncovered', down: true }, placing: false, site: '', scenario: EMPTY,
        layers: { fill: true, streets: true, uncovered: true, covered: true, facilities: true, others: false, labels: true, around: true },
      }, state);
      this.listeners = [];
      this.past = [];
      this.future = [];
    }

    /** Call `listener(state, changed keys)` after every change of one of these keys; of any key without `keys`. */
    on(keys, listener) { this.listeners.push({ keys: keys, listener: listener }); }

    set(patch) {
      const changed = Object.keys(patch).filter(function (key) { return this.state[key] !== patch[key]; }, this);
      if (!changed.length) return;
      this.state = Object.assign({}, this.state, patch);
      this.tell(changed);
    }

    tell(changed) {
      this.listeners.forEach(function (one) {
        if (!one.keys || one.keys.some(function (key) { return changed.indexOf(key) >= 0; })) one.listener(this.state, changed);
      }, this);
    }

    /** Replace the scenario; `passing` marks a state on the way (a drag) that undo must not stop at. */
    setScenario(scenario, passing) {
      if (!passing) {
        this.past.push(this.settled || this.state.scenario);
        if (this.past.length > 200) this.past.shift();
        this.future = [];
        this.settled = null;
      } else if (!this.settled) {
        this.settled = this.state.scenario;
      }
      this.set({ scenario: scenario });
    }

    undo() { this.step(this.past, this.future); }
    redo() { this.step(this.future, this.past); }

    step(from, to) {
      if (!from.length) return;
      to.push(this.state.scenario);
      this.set({ scenario: from.pop() });
    }
  }

  /** Scenarios out of scenarios. */
  const scenarios = {
    empty: EMPTY,
    place: function (scenario, site) { return { sites: scenario.sites.concat([site]), closed: scenario.closed }; },
    change: function (scenario, key, patch) {
      return {
        sites: scenario.sites.map(function (site) { return site.key === key ? Object.assign({}, site, patch) : site; }),
        closed: scenario.closed,
      };
    },
    remove: function (scenario, key) {
      return { sites: scenario.sites.filter(function (site) { return site.key !== key; }), closed: scenario.closed };
    },
    close: function (scenario, service, id) {
      return { sites: scenario.sites, closed: scenario.closed.concat([{ service: service, id: id }]) };
    },
    reopen: function (scenario, service, id) {
      return {
        sites: scenario.sites,
        closed: scenario.closed.filter(function (one) { return one.service !== service || one.id !== id; }),
      };
    },
    isClosed: function (scenario, service, id) {
      return scenario.closed.some(function (one) { return one.service === service && one.id === id; });
    },
    /** A key and a name that no site of the scenario has yet. */
    next: function (scenario) {
      let n = scenario.sites.length + 1;
      const taken = function (site) { return site.key === 's' + n || site.name === '拟建点位' + n; };
      while (scenario.sites.some(taken)) n++;
      return { key: 's' + n, name: '拟建点位' + n };
    },
  };

  JJ.Store = Store;
  JJ.scenarios = scenarios;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
