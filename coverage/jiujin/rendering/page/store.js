/*
 * What the reader has chosen, in one place: who changes it calls set(), who shows it listens. The scenario (sites placed
 * and facilities closed) is a value that is replaced and never changed, so that undo is a list of values. Several plans
 * may stand side by side, each a named scenario; `scenario` is always that of the chosen `plan`. No DOM.
 */
(function (JJ) {
  'use strict';

  const EMPTY = { sites: [], closed: [] };
  const FIRST = { key: 'a1', name: '方案1', scenario: EMPTY };

  const LAYERS = { fill: true, streets: true, uncovered: true, covered: true, facilities: true, others: false, labels: true, around: true, settled: true, carried: true, trust: false, legs: false, since: true };

  class Store {
    constructor(state) {
      this.state = Object.assign({
        service: '', group: '', metres: null, community: -1, facility: -1, person: -1, township: '', tab: 'communities',
        sort: { key: 'uncovered', down: true }, placing: false, site: '', basket: false, heat: false, heated: 0, swipe: 0, gap: -1, gaps: false, measuring: false, ruler: [], scenario: EMPTY, plans: [FIRST], plan: FIRST.key,
        layers: LAYERS,
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
      if (passing) this.settled = this.settled || this.drawn(); else this.mark();
      this.set({ scenario: scenario });
    }

    /** Replace the plans: `plans` and which of them is chosen. Undone like everything else. */
    setPlans(plans, plan) {
      this.mark();
      this.show({ plans: plans, plan: plan });
    }

    /** Go over to another plan; nothing changes but what is looked at. */
    choosePlan(key) { this.show({ plans: JJ.plans.all(this.state), plan: key }); }

    show(drawn) {
      const chosen = drawn.plans.find(function (one) { return one.key === drawn.plan; });
      this.set({ plans: drawn.plans, plan: drawn.plan, scenario: chosen.scenario, site: '' });
    }

    /** The plans as they stand, to come back to. */
    drawn() { return { plans: JJ.plans.all(this.state), plan: this.state.plan }; }

    mark() {
      this.past.push(this.settled || this.drawn());
      if (this.past.length > 200) this.past.shift();
      this.future = [];
      this.settled = null;
    }

    undo() { this.step(this.past, this.future); }
    redo() { this.step(this.future, this.past); }

    step(from, to) {
      if (!from.length) return;
      to.push(this.drawn());
      this.show(from.pop());
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

  /** Plans out of plans. */
  const plans = {
    /** All plans with the scenario that is being worked on in its place. */
    all: function (state) {
      return state.plans.map(function (one) {
        return one.key === state.plan && one.scenario !== state.scenario ? Object.assign({}, one, { scenario: state.scenario }) : one;
      });
    },
    /** A further plan, with a name that none has yet. */
    add: function (list, scenario, name) {
      let n = list.length + 1;
      const taken = function (key, text) { return list.some(function (one) { return one.key === key || one.name === text; }); };
      while (taken('a' + n, name ? null : '方案' + n)) n++;
      let said = name || '方案' + n;
      for (let k = 2; taken(null, said); k++) said = name + '（' + k + '）';
      return list.concat([{ key: 'a' + n, name: said.slice(0, 60), scenario: scenario }]);
    },
    rename: function (list, key, name) {
      return list.map(function (one) { return one.key === key ? Object.assign({}, one, { name: name.slice(0, 60) }) : one; });
    },
    /** Without one of them; the last one is emptied instead. */
    remove: function (list, key) {
      return list.length > 1 ? list.filter(function (one) { return one.key !== key; }) : [FIRST];
    },
  };

  JJ.Store = Store;
  JJ.LAYERS = LAYERS;
  JJ.plans = plans;
  JJ.scenarios = scenarios;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
