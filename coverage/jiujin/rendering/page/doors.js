/*
 * People and facilities in compounds: several ways onto the streets, of which each walk takes the one that makes it
 * shortest, and walks that do not leave the walls. Undoes and repeats network/walls.py. No DOM.
 */
(function (JJ) {
  'use strict';

  /** People as `placed` gives them, each further door as one more entry behind them; `owner` tells whose it is. */
  function withDoors(net, people, doors) {
    const count = people.chain.length, all = count + doors.owner.length, head = new Int32Array(net.cm.length + 1);
    const chain = grown(people.chain, all), along = grown(people.along, all), leg = grown(people.leg, all), owner = new Int32Array(all);
    for (let e = 0; e < all; e++) {
      owner[e] = e < count ? e : doors.owner[e - count];
      if (e >= count) {
        const piece = doors.piece[e - count], on = piece >= 0 && net.chain[piece] >= 0 && chain[owner[e]] >= 0;
        chain[e] = on ? net.chain[piece] : -1;
        if (on) along[e] = JJ.along(net, piece, doors.at[e - count]);
        leg[e] = doors.leg[e - count];
      }
      if (chain[e] >= 0) head[chain[e] + 1]++;
    }
    for (let k = 0; k < net.cm.length; k++) head[k + 1] += head[k];
    const free = head.slice(0, -1), list = new Int32Array(head[net.cm.length]);
    for (let e = 0; e < all; e++) if (chain[e] >= 0) list[free[chain[e]]++] = e;
    return { chain: chain, along: along, leg: leg, head: head, list: list, owner: owner };
  }

  function grown(values, size) {
    const larger = new Int32Array(size);
    larger.set(values);
    return larger;
  }

  /** These facilities as a search wants them, door by door: `list`, and in `of` the number of the facility of each. */
  function sourcesOf(engine, service, facilities) {
    const net = engine.netOf(service).net, list = [], of = [];
    facilities.forEach(function (one, i) {
      const own = engine.source(service, one.place);
      list.push(Object.assign(own, { place: one.place }));
      of.push(i);
      if (own.chain < 0 || !one.place.doors) return;
      one.place.doors.forEach(function (door) {
        list.push({ chain: net.chain[door.piece], along: JJ.along(net, door.piece, door.at), leg: door.leg, place: door });
        of.push(i);
      });
    });
    return { list: list, of: of };
  }

  /** Call `found(person, site, cm)` for every walk to one of these facilities that does not leave the walls. */
  function inside(engine, service, facilities, found) {
    const inner = engine.world.inner, people = engine.netOf(service).people;
    if (!inner) return;
    const number = new Map();
    facilities.forEach(function (one, i) { if (engine.source(service, one.place).chain >= 0) number.set(one.row, i); });
    for (let k = 0; k < inner.person.length; k++) {
      const site = number.get(inner.facility[k]);
      if (site !== undefined && people.chain[inner.person[k]] >= 0) found(inner.person[k], site, inner.cm[k]);
    }
  }

  /**
   * The shortest walk of everybody to one of `sites`, which `search` has been run from by `sources`: `walk`, `site`, and
   * in `entry` by which door (-1: without leaving the walls).
   */
  function shortest(engine, service, sites, sources, search) {
    const people = engine.netOf(service).people, count = engine.world.people.count, entry = new Int32Array(count).fill(-1);
    const walk = new Int32Array(count).fill(JJ.NO_WALK), site = new Int32Array(count).fill(-1);
    const offer = function (p, s, cm, e) {
      if (cm > walk[p] || (cm === walk[p] && site[p] >= 0 && s >= site[p])) return;
      walk[p] = cm;
      site[p] = s;
      entry[p] = e;
    };
    for (let e = 0; e < people.chain.length; e++) {
      if (people.chain[e] < 0) continue;
      const cm = search.from(people.chain[e], people.along[e], people.leg[e]);
      if (search.walkSite >= 0) offer(people.owner ? people.owner[e] : e, sources.of[search.walkSite], cm, e);
    }
    inside(engine, service, sites, function (p, s, cm) { offer(p, s, cm, -1); });
    return { walk: walk, site: site, entry: entry };
  }

  /** Where on the streets an entry of the people stands: {piece, at}. */
  function entryAt(engine, service, entry) {
    const places = engine.world.places[service.step_free], further = entry - places.piece.length;
    if (further < 0) return { piece: places.piece[entry], at: places.at[entry] };
    return { piece: places.doors.piece[further], at: places.doors.at[further] };
  }

  JJ.entryAt = entryAt;
  JJ.withDoors = withDoors;
  JJ.sourcesOf = sourcesOf;
  JJ.inside = inside;
  JJ.shortest = shortest;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
