/*
 * Where to build next, asked of the engine: possible sites, what each would gain, the best ones one after another, and
 * the gain of every place as a surface. Long work comes as generators that yield their progress, so that whoever runs
 * them may show it, and stop. No DOM: runs in a Worker, and under node.
 */
(function (JJ) {
  'use strict';

  const BATCH = 24; // candidates between two yields: a few milliseconds of work

  /**
   * A question: {service, group, metres, sites: [[lon, lat]], closed: [id]}; whom the present scenario leaves uncovered
   * is `open` (1 per person), and only they can be gained.
   */
  class Question {
    constructor(engine, ask) {
      const base = engine.base(ask.service), service = base.service;
      this.engine = engine;
      this.service = service;
      this.weights = engine.groups[ask.group].split;
      this.reach = ask.metres ? engine.reach(service, ask.metres) : base.reach;
      this.far = Math.max(this.reach.town, this.reach.country);
      this.search = new JJ.Search(engine.netOf(service).net);
      this.open = this.uncovered(engine, ask, base);
    }

    uncovered(engine, ask, base) {
      const walk = base.walk, home = engine.world.people.community, open = new Uint8Array(walk.length);
      const places = ask.sites.map(function (at) { return engine.attach(base.service, at[0], at[1]); });
      const change = engine.change(ask.service, places, ask.closed, ask.metres);
      for (let p = 0; p < walk.length; p++) if (walk[p] > this.reach.of(p) && home[p] >= 0) open[p] = 1;
      change.gained.forEach(function (p) { open[p] = 0; });
      change.lost.forEach(function (p) { if (home[p] >= 0) open[p] = 1; });
      return open;
    }

    weight(p) { return this.weights.coarse[p] + (this.weights.rest ? this.weights.rest[p] : 0); }

    /** People not yet covered whom a site at this place would reach. */
    reached(place) {
      const engine = this.engine, ways = JJ.waysOnto(engine, this.service, place);
      if (ways[0].chain < 0) return [];
      this.search.run(ways, this.far);
      const near = engine.reachedBy(this.service, [place], this.search, this.reach), open = this.open;
      return near.filter(function (p) { return open[p]; });
    }

    sum(people) {
      let coarse = 0, rest = 0;
      const w = this.weights;
      for (let i = 0; i < people.length; i++) {
        coarse += w.coarse[people[i]];
        if (w.rest) rest += w.rest[people[i]];
      }
      return coarse + rest;
    }

    gain(place) { return this.sum(this.reached(place)); }

    /** Build here: nobody whom this place reaches can be gained again. */
    take(place) {
      const people = this.reached(place), gained = this.sum(people);
      people.forEach(function (p) { this.open[p] = 0; }, this);
      return gained;
    }
  }

  /** A position on the streets as a place with degrees that a file can state; inside a compound it goes by the gates. */
  function placeOn(question, piece, cm) {
    const engine = question.engine, roads = engine.world.streets, a = roads.start[piece], b = roads.end[piece], t = roads.cm[piece] ? cm / roads.cm[piece] : 0;
    const lon = (roads.lon[a] + t * (roads.lon[b] - roads.lon[a])) / 1e7, lat = (roads.lat[a] + t * (roads.lat[b] - roads.lat[a])) / 1e7;
    const walled = engine.yards && engine.yards.place(question.service, JJ.degrees(lon), JJ.degrees(lat));
    return { lon: JJ.degrees(lon), lat: JJ.degrees(lat), place: walled || { piece: piece, at: cm, leg: 0 } };
  }

  /** Square cells of so many metres over the county, numbered; one candidate at most is kept of each. */
  function gridOf(engine, metres) {
    const roads = engine.world.streets, lon0 = roads.lon[0] || 0, lat0 = roads.lat[0] || 0;
    const high = metres / 0.0111195, wide = high / Math.max(0.1, Math.cos(lat0 / 1e7 * Math.PI / 180));
    return {
      column: function (lon) { return Math.floor((lon * 1e7 - lon0) / wide); },
      row: function (lat) { return Math.floor((lat * 1e7 - lat0) / high); },
      key: function (lon, lat) { return this.column(lon) * 1048576 + this.row(lat); },
    };
  }

  /** Street positions where uncovered people live: in each cell that of the point with most of them. */
  function nearPeople(question, spacing) {
    const engine = question.engine, world = engine.world, at = world.places[question.service.step_free], cells = gridOf(engine, spacing);
    const people = engine.netOf(question.service).people, best = new Map();
    for (let p = 0; p < question.open.length; p++) {
      if (!question.open[p] || people.chain[p] < 0 || !(question.weight(p) > 0)) continue;
      const key = cells.key(world.people.lon[p] / 1e7, world.people.lat[p] / 1e7), before = best.get(key);
      if (before === undefined || question.weight(p) > question.weight(before)) best.set(key, p);
    }
    return Array.from(best.values(), function (p) { return placeOn(question, at.piece[p], at.at[p]); });
  }

  /** Buildings that stand already: counted facilities of the other services. */
  function otherFacilities(question) {
    const engine = question.engine, found = [];
    engine.world.facilities.forEach(function (one) {
      if (one.service === question.service.position || !one.counted) return;
      const place = engine.attach(question.service, one.lon, one.lat);
      if (place) found.push({ lon: JJ.degrees(one.lon), lat: JJ.degrees(one.lat), place: place, name: one.name });
    });
    return found;
  }

  /** All junctions, and positions along the streets between them; one of each cell. */
  function alongStreets(question, spacing) {
    const engine = question.engine, net = engine.netOf(question.service).net, roads = net.roads, cells = gridOf(engine, spacing), seen = new Map();
    const add = function (piece, cm) {
      const one = placeOn(question, piece, cm), key = cells.key(one.lon, one.lat);
      if (!seen.has(key)) seen.set(key, one);
    };
    const junction = new Uint8Array(roads.lon.length);
    net.vertexOf.forEach(function (v) { junction[v] = 1; });
    for (let i = 0; i < net.chain.length; i++) {
      if (net.chain[i] < 0) continue;
      if (junction[roads.start[i]]) add(i, 0);
      if (junction[roads.end[i]]) add(i, roads.cm[i]);
    }
    const step = spacing * 50; // half a spacing, so that no cell on a street is left out by chance
    for (let i = 0; i < net.chain.length; i++) {
      if (net.chain[i] < 0) continue;
      const first = (step - net.base[i] % step) % step; // counted along the chain, not anew on every piece
      for (let cm = first; cm < roads.cm[i]; cm += step) add(i, net.forward[i] ? cm : roads.cm[i] - cm);
    }
    return Array.from(seen.values());
  }

  const CANDIDATES = {
    people: nearPeople,
    facilities: otherFacilities,
    streets: alongStreets,
  };

  /** Distinct places only: a candidate beside another that is the same position would only be asked twice. */
  function candidates(question, kind, spacing) {
    const list = CANDIDATES[kind](question, spacing), seen = new Set();
    return list.filter(function (one) {
      const key = one.place.piece + ':' + one.place.at + ':' + one.place.leg;
      return seen.has(key) ? false : seen.add(key);
    });
  }

  /** The largest first; equal gains: the earlier candidate. A heap of candidates by what they gained when last asked. */
  class Best {
    constructor(gains) {
      this.gains = gains;
      this.heap = Array.from(gains.keys()).filter(function (i) { return gains[i] > 0; });
      for (let i = (this.heap.length >> 1) - 1; i >= 0; i--) this.sink(i);
    }

    before(a, b) { return this.gains[a] > this.gains[b] || (this.gains[a] === this.gains[b] && a < b); }

    sink(at) {
      const heap = this.heap;
      for (;;) {
        const left = 2 * at + 1, right = left + 1;
        let top = at;
        if (left < heap.length && this.before(heap[left], heap[top])) top = left;
        if (right < heap.length && this.before(heap[right], heap[top])) top = right;
        if (top === at) return;
        const moved = heap[at];
        heap[at] = heap[top];
        heap[top] = moved;
        at = top;
      }
    }

    get first() { return this.heap[0]; }

    /** The first one gains this much now. */
    change(gain) { this.gains[this.heap[0]] = gain; this.sink(0); }

    drop() {
      const last = this.heap.pop();
      if (this.heap.length) { this.heap[0] = last; this.sink(0); }
    }
  }

  /**
   * The best sites one after another, each with what it gains beside those before it. A gain never grows when others
   * are built (each person is gained once), so only candidates that might still be the best are asked again. Yields
   * {done, total} and, when a site is decided, {site: {lon, lat, name, gained, rank}}.
   */
  function* suggest(engine, ask) {
    const question = new Question(engine, ask), list = candidates(question, ask.candidates, ask.spacing_m), gains = new Float64Array(list.length);
    for (let i = 0; i < list.length; i++) {
      gains[i] = question.gain(list[i].place);
      if (i % BATCH === 0) yield { done: i, total: list.length };
    }
    const best = new Best(gains), fresh = new Int32Array(list.length);
    let asked = 0;
    for (let rank = 1; rank <= ask.count && best.heap.length; rank++) {
      while (best.heap.length && fresh[best.first] !== rank - 1) {
        const i = best.first, gain = question.gain(list[i].place);
        fresh[i] = rank - 1;
        if (gain > 0) best.change(gain); else best.drop();
        if (++asked % BATCH === 0) yield { done: list.length, total: list.length };
      }
      if (!best.heap.length) break;
      const one = list[best.first], gained = question.take(one.place);
      best.drop();
      yield { done: list.length, total: list.length, site: { rank: rank, lon: one.lon, lat: one.lat, name: one.name || '', gained: gained } };
    }
  }

  /**
   * What a site would gain at places all over the county, from coarse to fine: yields {done, total, cells} with rows of
   * lon, lat, gain, size in metres. Every place is asked once; coarse cells are places of the finest grid, thinned.
   */
  function* surface(engine, ask) {
    const question = new Question(engine, ask), cells = gridOf(engine, ask.spacing_m), level = [[], [], []];
    alongStreets(question, ask.spacing_m).forEach(function (one) {
      const c = cells.column(one.lon), r = cells.row(one.lat);
      level[c % 4 === 0 && r % 4 === 0 ? 0 : c % 2 === 0 && r % 2 === 0 ? 1 : 2].push(one);
    });
    const total = level[0].length + level[1].length + level[2].length;
    let done = 0, found = [];
    for (let k = 0; k < 3; k++) {
      for (let i = 0; i < level[k].length; i++) {
        const one = level[k][i], gain = question.gain(one.place);
        done++;
        if (gain > 0) found.push([one.lon, one.lat, gain, ask.spacing_m * (4 >> k)]);
        if (done % BATCH === 0) { yield { done: done, total: total, cells: found }; found = []; }
      }
    }
    yield { done: total, total: total, cells: found };
  }

  JJ.Question = Question;
  JJ.candidates = candidates;
  JJ.errands = { suggest: suggest, surface: surface };
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
