/* All services at once: how many of them each person reaches, each by its own standard, before and after a plan. No DOM. */
(function (JJ) {
  'use strict';

  /** Per person the number of services within reach at present; counted once. */
  function present(engine) {
    if (engine.reachedCount) return engine.reachedCount;
    const count = new Uint8Array(engine.world.people.count);
    engine.services.forEach(function (service) {
      const base = engine.base(service.id), walk = base.walk, reach = base.reach;
      for (let p = 0; p < count.length; p++) if (walk[p] <= reach.of(p)) count[p]++;
    });
    return (engine.reachedCount = count);
  }

  /** By how many services more or fewer a plan reaches people: a map from person to difference. */
  function difference(engine, scenario) {
    const more = new Map();
    const add = function (people, step) { people.forEach(function (p) { more.set(p, (more.get(p) || 0) + step); }); };
    engine.services.forEach(function (service) {
      const sites = scenario.sites.filter(function (one) { return one.service === service.id; });
      const closed = scenario.closed.filter(function (one) { return one.service === service.id; }).map(function (one) { return one.id; });
      if (!sites.length && !closed.length) return;
      const places = sites.map(function (site) { return engine.attach(service, site.lon, site.lat); });
      const change = engine.change(service.id, places, closed);
      add(change.gained, 1);
      add(change.lost, -1);
    });
    return more;
  }

  /** Who comes to have all services, who no longer has. */
  function change(engine, scenario) {
    const count = present(engine), all = engine.services.length, more = difference(engine, scenario), gained = [], lost = [];
    more.forEach(function (step, p) {
      if (count[p] < all && count[p] + step >= all) gained.push(p);
      if (count[p] >= all && count[p] + step < all) lost.push(p);
    });
    return { gained: gained, lost: lost, more: more };
  }

  /** People of a group in the county by number of services reached, 0 to all. */
  function byCount(engine, group, more) {
    const count = present(engine), home = engine.world.people.community, weights = engine.groups[group].weights;
    const found = new Float64Array(engine.services.length + 1);
    for (let p = 0; p < count.length; p++) {
      if (home[p] >= 0) found[count[p] + ((more && more.get(p)) || 0)] += weights[p];
    }
    return Array.from(found);
  }

  /** Services that a person of a community reaches on average; null where nobody of the group lives. */
  function means(engine, group, more) {
    const count = present(engine), home = engine.world.people.community, weights = engine.groups[group].weights, size = engine.world.communities.length;
    const people = new Float64Array(size), reached = new Float64Array(size);
    for (let p = 0; p < count.length; p++) {
      if (home[p] < 0) continue;
      people[home[p]] += weights[p];
      reached[home[p]] += weights[p] * (count[p] + ((more && more.get(p)) || 0));
    }
    return Array.from(people, function (n, c) { return n > 0 ? reached[c] / n : null; });
  }

  JJ.basket = { present: present, change: change, byCount: byCount, means: means };
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
