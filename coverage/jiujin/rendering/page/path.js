/* The way that somebody walks to the nearest facility, piece by piece, read back from the search that found it. No DOM. */
(function (JJ) {
  'use strict';

  /** Parts of pieces, [piece, from cm, to cm], between two positions on one chain. */
  function between(net, chain, p, q) {
    const low = Math.min(p, q), high = Math.max(p, q), found = [];
    net.piecesOf(chain).forEach(function (piece) {
      const base = net.base[piece], cm = net.roads.cm[piece], a = Math.max(low, base) - base, b = Math.min(high, base + cm) - base;
      if (a <= b && high >= base && low <= base + cm) found.push(net.forward[piece] ? [piece, a, b] : [piece, cm - b, cm - a]);
    });
    return found;
  }

  /** The part from a junction to the site that it was told, when that stands on a chain of the junction and is next. */
  function arrival(net, search, junction) {
    const site = search.sites[search.site[junction]], left = search.cm[junction] - site.leg;
    if (net.from[site.chain] === junction && left === site.along) return between(net, site.chain, 0, site.along);
    const whole = net.cm[site.chain];
    if (net.to[site.chain] === junction && left === whole - site.along) return between(net, site.chain, site.along, whole);
    return null;
  }

  /** From a junction along arcs that lose exactly their length, until the site is reached. */
  function onward(net, search, junction) {
    const parts = [];
    for (let steps = 0; steps <= net.junctions; steps++) {
      const last = arrival(net, search, junction);
      if (last) return parts.concat(last);
      let arc = -1;
      for (let a = net.head[junction]; a < net.head[junction + 1] && arc < 0; a++) {
        const there = net.next[a], fits = search.cm[there] + net.arcCm[a] === search.cm[junction];
        if (fits && there !== junction && search.site[there] === search.site[junction]) arc = a;
      }
      if (arc < 0) return parts;
      Array.prototype.push.apply(parts, between(net, net.by[arc], 0, net.cm[net.by[arc]]));
      junction = net.next[arc];
    }
    return parts;
  }

  /** Parts of the way of `cm` centimetres from a position on a chain to a site of the search, the site's leg included. */
  function wayTo(net, search, chain, along, cm, number) {
    const site = search.sites[number];
    if (site.chain === chain && cm === site.leg + Math.abs(site.along - along)) return between(net, chain, along, site.along);
    const a = net.from[chain], b = net.to[chain];
    if (search.site[a] === number && search.cm[a] + along === cm) return between(net, chain, 0, along).concat(onward(net, search, a));
    return between(net, chain, along, net.cm[chain]).concat(onward(net, search, b));
  }

  /**
   * The walk of a person to the nearest facility of a service: `parts` of pieces, `entry` (by which door of the person)
   * and `goal` (the position where it leaves the streets); null where there is no walk. All null within the same walls.
   */
  function walkOf(engine, id, person) {
    const base = engine.base(id), net = engine.netOf(base.service), people = net.people, entry = base.entry[person];
    if (base.site[person] < 0) return null;
    if (entry < 0) return { parts: [], entry: null, goal: null };
    const cm = base.search.from(people.chain[entry], people.along[entry], people.leg[entry]) - people.leg[entry];
    const number = base.search.walkSite, parts = wayTo(net.net, base.search, people.chain[entry], people.along[entry], cm, number);
    return { parts: parts, entry: entry, goal: number };
  }

  /** Parts of the walk of a person to the nearest facility of a service; null where there is no walk. */
  function walkPath(engine, id, person) {
    const walk = walkOf(engine, id, person);
    return walk && walk.parts;
  }

  JJ.wayTo = wayTo;
  JJ.walkOf = walkOf;
  JJ.walkPath = walkPath;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
