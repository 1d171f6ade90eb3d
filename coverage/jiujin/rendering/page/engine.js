/*
 * Questions to the world of a page, answered as Python answers them, to the last digit: who is covered, by how much
 * another site helps, how far it is from here. No DOM: runs in the page, in a Worker and under node.
 */
(function (JJ) {
  'use strict';

  const GRAIN = 1048576; // 2^20, as in analysis/coverage_counts.py

  /** Degrees as a file states them: seven decimals, about a centimetre. */
  function degrees(value) { return Math.round(value * 1e7) / 1e7; }

  /**
   * Persons of one group as two numbers per point, a multiple of 2^-20 and a small rest: both add up without rounding
   * in any order, so that a sum made here is the sum made in Python.
   */
  function splitWeights(weights) {
    if (weights instanceof Int32Array) return { coarse: weights, rest: null };
    const coarse = new Float64Array(weights.length), rest = new Float64Array(weights.length);
    let fine = false;
    for (let i = 0; i < weights.length; i++) {
      coarse[i] = JJ.rint(weights[i] * GRAIN) / GRAIN;
      rest[i] = weights[i] - coarse[i];
      if (rest[i]) fine = true;
    }
    return { coarse: coarse, rest: fine ? rest : null };
  }

  class Engine {
    /** `data`: what unpack() gives, or {world} when somebody has made a world of it already. */
    constructor(data) {
      const world = this.world = data.world || JJ.world(data), meta = world.meta;
      this.services = world.services.map(function (one, i) { return Object.assign({ position: i }, one); });
      this.limitCm = meta.snap_limit_m * 100;
      this.networks = {};
      meta.networks.forEach(function (stepFree) {
        const net = JJ.network(world.streets, stepFree ? 2 : 1);
        this.networks[stepFree] = { net: net, people: JJ.placed(net, world.places[stepFree], this.limitCm) };
      }, this);
      this.groups = {};
      world.groups.forEach(function (group) {
        this.groups[group.id] = Object.assign({ split: splitWeights(group.weights) }, group);
      }, this);
      this.urban = Uint8Array.from(world.people.community, function (c) {
        return c < 0 || world.communities[c].urban ? 1 : 0;
      });
      this.bases = new Map();
    }

    /** Set up what the first what-if would have to wait for: cells over the streets, a search for every network. */
    warm() {
      const people = this.world.people;
      this.services.forEach(function (service) {
        if (people.count) this.change(service.id, [this.attach(service, people.lon[0] / 1e7, people.lat[0] / 1e7)], []);
      }, this);
    }

    service(id) {
      const found = this.services.find(function (one) { return one.id === id; });
      if (!found) throw new Error('本页没有服务“' + id + '”');
      return found;
    }

    netOf(service) { return this.networks[service.step_free]; }

    get attacher() {
      if (!this.attacher_) this.attacher_ = new JJ.Attacher(this.world.streets, this.world.meta.epsg);
      return this.attacher_;
    }

    /** The compounds of the page; null where it has none. */
    get yards() {
      if (this.yards_ === undefined) this.yards_ = this.world.yards ? new JJ.Yards(this) : null;
      return this.yards_;
    }

    /**
     * Where these degrees, to the seven decimals that a file states, meet the streets of a service, from inside a
     * compound by its gates; null when that is farther than the limit. What is tried here and what is saved are so the
     * same place to the last digit.
     */
    attach(service, lon, lat) {
      const walled = this.yards && this.yards.place(service, degrees(lon), degrees(lat));
      const place = walled || this.attacher.attach(degrees(lon), degrees(lat), service.step_free ? 2 : 1);
      return place && place.leg <= this.limitCm ? place : null;
    }

    /** A place on the streets as a search wants it, by the door with the shortest leg where it has several. */
    source(service, place) {
      const net = this.netOf(service).net, on = place && place.piece >= 0 && place.leg <= this.limitCm;
      if (!on || net.chain[place.piece] < 0) return { chain: -1, along: 0, leg: 0 };
      return { chain: net.chain[place.piece], along: JJ.along(net, place.piece, place.at), leg: place.leg };
    }

    /** The counted facilities of a service, in the order of their ids, which decides between equal walks. */
    sites(service) {
      return this.world.facilities.filter(function (one) { return one.service === service.position && one.counted; });
    }

    /** The walk of everybody to the nearest counted facility: `walk` in centimetres, `site` among `sites`. */
    base(id) {
      if (!this.bases.has(id)) this.bases.set(id, this.searchAll(this.service(id)));
      return this.bases.get(id);
    }

    searchAll(service) {
      const sites = this.sites(service), sources = JJ.sourcesOf(this, service, sites);
      const search = new JJ.Search(this.netOf(service).net).run(sources.list, JJ.NO_WALK - 1);
      const found = JJ.shortest(this, service, sites, sources, search);
      return Object.assign(found, { service: service, sites: sites, of: sources.of, search: search, reach: this.reach(service) });
    }

    /** How far a service reaches for each person, in centimetres; `metres` for everybody when given. */
    reach(service, metres) {
      const town = 100 * (metres || service.reach_m.urban), country = 100 * (metres || service.reach_m.rural);
      const urban = this.urban;
      return { town: town, country: country, of: function (person) { return urban[person] ? town : country; } };
    }

    /**
     * Sums of a group by community, each {coarse, rest} arrays: everybody, and those whom `isCovered` names. The last
     * place is the county's: all communities together, and nobody who lives in none.
     */
    sums(group, isCovered) {
      const community = this.world.people.community, size = this.world.communities.length + 1, last = size - 1;
      const w = this.groups[group].split, out = { people: pair(size), covered: pair(size) };
      for (let p = 0; p < community.length; p++) {
        const home = community[p];
        if (home < 0) continue;
        const coarse = w.coarse[p], rest = w.rest ? w.rest[p] : 0, covered = isCovered(p);
        add(out.people, home, coarse, rest);
        add(out.people, last, coarse, rest);
        if (!covered) continue;
        add(out.covered, home, coarse, rest);
        add(out.covered, last, coarse, rest);
      }
      return out;
    }

    /** Base coverage of a service for a group within its standard, or within `metres` for everybody. */
    coverage(id, group, metres) {
      const base = this.base(id), reach = metres ? this.reach(base.service, metres) : base.reach, walk = base.walk;
      return this.sums(group, function (p) { return walk[p] <= reach.of(p); });
    }

    standard(id) {
      const base = this.base(id), group = base.service.group;
      if (!base.standard) base.standard = this.groups[group] ? this.coverage(id, group) : null;
      return base.standard;
    }

    /** The figures of a service as the page shows them; null where its group was neither counted nor estimated. */
    summary(id) {
      const service = this.service(id), sums = this.standard(id), last = this.world.communities.length;
      const people = sums ? total(sums.people, last) : null, covered = sums ? total(sums.covered, last) : null;
      return { people: people, covered: covered, pop_rate: rate(covered, people), reach_m: Object.assign({}, service.reach_m) };
    }

    /**
     * Who gains and who loses with further sites (places on the streets) and without some facilities (ids): positions
     * of people. Costs what the sites reach, not what the county has.
     */
    change(id, places, closed, metres) {
      const base = this.base(id), service = base.service, net = this.netOf(service);
      const reach = metres ? this.reach(service, metres) : base.reach, far = Math.max(reach.town, reach.country);
      const shut = new Set(closed), shutSite = base.sites.map(function (one) { return shut.has(one.id); });
      const sources = JJ.sourcesOf(this, service, places.map(function (place) { return { place: place }; })).list;
      const search = this.scratch(service);
      const open = shutSite.indexOf(true) < 0 ? [] : this.neighbours(base, shutSite, search, far);
      search.run(sources.concat(open), far);
      const near = this.reachedBy(service, places, search, reach), gained = [], lost = [], reached = new Set();
      if (shut.size) {
        JJ.inside(this, service, base.sites, function (p, s, cm) { if (!shutSite[s] && cm <= reach.of(p)) reached.add(p); });
      }
      for (let i = 0; i < near.length; i++) {
        const p = near[i];
        if (base.walk[p] > reach.of(p)) gained.push(p); else if (open.length || shut.size) reached.add(p);
      }
      if (shut.size) {
        const sites = shutSite, walk = base.walk;
        for (let p = 0; p < walk.length; p++) {
          if (base.site[p] >= 0 && sites[base.site[p]] && walk[p] <= reach.of(p) && !reached.has(p)) lost.push(p);
        }
      }
      return { gained: gained, lost: lost, search: search };
    }

    scratch(service) {
      const net = this.netOf(service);
      return net.search || (net.search = new JJ.Search(net.net));
    }

    /** The open facilities that could serve people whom a closed one served: those within twice the reach of it. */
    neighbours(base, shutSite, search, far) {
      const service = base.service, people = this.netOf(service).people;
      const some = function (one) { return base.sites.filter(function (_, i) { return shutSite[i] === one; }); };
      const shut = JJ.sourcesOf(this, service, some(true)).list, open = JJ.sourcesOf(this, service, some(false)).list;
      if (people.owner || shut.length + open.length > base.sites.length) return open; // compounds have ways of their own
      search.run(shut.map(function (s) { return { chain: s.chain, along: s.along, leg: 0 }; }), 2 * far);
      return open.filter(function (s) { return s.chain >= 0 && search.from(s.chain, s.along, 0) <= 2 * far; });
    }

    /** The people within reach of the sites of a bounded search. */
    within(search, net, reach) {
      const chains = search.chains(), people = net.people, owner = people.owner, found = [], twice = owner && new Set();
      for (let k = 0; k < chains.length; k++) {
        const chain = chains[k];
        for (let i = people.head[chain]; i < people.head[chain + 1]; i++) {
          const e = people.list[i], p = owner ? owner[e] : e;
          if (search.from(chain, people.along[e], people.leg[e]) > reach.of(p) || (owner && twice.has(p))) continue;
          found.push(p);
          if (owner) twice.add(p);
        }
      }
      return found;
    }

    /** The people within reach of these places after a search from them, who share their walls included. */
    reachedBy(service, places, search, reach) {
      const net = this.netOf(service), near = this.within(search, net, reach);
      const walled = places.filter(function (place) { return place && place.here; });
      if (!walled.length) return near;
      const found = new Set(near);
      walled.forEach(function (place) {
        this.yards.within(place, 'persons', function (p, cm) { if (cm <= reach.of(p) && net.people.chain[p] >= 0) found.add(p); });
      }, this);
      return Array.from(found);
    }

    /** The people within reach of one facility. */
    reachedFrom(service, facility, reach) {
      const search = new JJ.Search(this.netOf(service).net), far = Math.max(reach.town, reach.country);
      search.run(JJ.sourcesOf(this, service, [facility]).list, far);
      const found = new Set(this.within(search, this.netOf(service), reach));
      JJ.inside(this, service, [facility], function (p, _, cm) { if (cm <= reach.of(p)) found.add(p); });
      return Array.from(found);
    }

    /** Sums of these people of a group by community; the last place is the county's. */
    sumOf(group, persons) {
      const community = this.world.people.community, last = this.world.communities.length, out = pair(last + 1);
      const w = this.groups[group].split;
      for (let i = 0; i < persons.length; i++) {
        const p = persons[i], home = community[p];
        if (home < 0) continue;
        add(out, home, w.coarse[p], w.rest ? w.rest[p] : 0);
        add(out, last, w.coarse[p], w.rest ? w.rest[p] : 0);
      }
      return out;
    }

    /** The county with further sites at these degrees and without these facilities. */
    whatIf(id, points, closed) {
      const service = this.service(id), group = service.group;
      const places = points.map(function (point) { return this.attach(service, point[0], point[1]); }, this);
      const change = this.change(id, places, closed || []), sums = this.standard(id), last = this.world.communities.length;
      if (!sums) return { people: null, covered: null, pop_rate: null, gained: null };
      const plus = this.sumOf(group, change.gained), minus = this.sumOf(group, change.lost);
      const people = total(sums.people, last), before = total(sums.covered, last);
      const covered = changed(sums.covered, plus, minus, last);
      return { people: people, covered: covered, pop_rate: rate(covered, people), gained: covered - before };
    }

    /** The walk from any place to the nearest facility: {metres, facility}, both null where there is none. */
    walk(id, lon, lat) {
      const base = this.base(id), service = base.service, person = this.personAt(lon, lat);
      if (person >= 0) return said(base, base.walk[person], base.site[person]);
      const found = JJ.walkFrom(this, base, this.attach(service, lon, lat));
      return said(base, found.cm, found.site);
    }

    /** The population point at these degrees, to 1e-7; -1 when there is none. */
    personAt(lon, lat) {
      const people = this.world.people, x = lon * 1e7, y = lat * 1e7;
      if (!this.byPlace) this.byPlace = indexPlaces(people);
      let best = -1, far = Infinity;
      for (let i = Math.round(x) - 1; i <= Math.round(x) + 1; i++) {
        for (let j = Math.round(y) - 1; j <= Math.round(y) + 1; j++) {
          const off = Math.max(Math.abs(i - x), Math.abs(j - y)), found = off <= 1 && off < far ? this.byPlace(i, j) : -1;
          if (found >= 0) { best = found; far = off; }
        }
      }
      return best;
    }

    /** Compare every sum of this engine with the one that Python wrote into the page. */
    selfCheck() {
      const world = this.world, cells = world.communities.length;
      let compared = 0, differing = 0;
      const compare = function (mine, theirs) {
        compared++;
        if (mine !== theirs) differing++;
      };
      this.services.forEach(function (service) {
        world.groups.forEach(function (group) {
          const sums = service.group === group.id ? this.standard(service.id) : this.coverage(service.id, group.id);
          const people = world.python.people[group.id], covered = world.python.covered[service.id + ':' + group.id];
          for (let c = 0; c < cells; c++) {
            compare(total(sums.people, c), people ? people[c] : undefined);
            compare(total(sums.covered, c), covered ? covered[c] : undefined);
          }
        }, this);
        const said = world.meta.county[service.id], mine = this.summary(service.id);
        compare(mine.people, said.people);
        compare(mine.covered, said.covered);
      }, this);
      return { ok: differing === 0, compared: compared, differing: differing };
    }
  }

  /** People by their place in 1e-7 degree, in an open-addressed table. */
  function indexPlaces(people) {
    const size = 1 << Math.ceil(Math.log2(2 * people.count + 2)), table = new Int32Array(size).fill(-1);
    const slot = function (x, y) { return (Math.imul(x, 73856093) ^ Math.imul(y, 19349663)) & (size - 1); };
    for (let p = 0; p < people.count; p++) {
      let at = slot(people.lon[p], people.lat[p]);
      while (table[at] >= 0) at = (at + 1) & (size - 1);
      table[at] = p;
    }
    return function (x, y) {
      for (let at = slot(x, y); table[at] >= 0; at = (at + 1) & (size - 1)) {
        if (people.lon[table[at]] === x && people.lat[table[at]] === y) return table[at];
      }
      return -1;
    };
  }

  function said(base, cm, site) {
    if (cm === JJ.NO_WALK || site < 0) return { metres: null, facility: null };
    return { metres: cm / 100, facility: base.sites[site].id };
  }

  function pair(size) { return { coarse: new Float64Array(size), rest: new Float64Array(size) }; }

  function add(sums, place, coarse, rest) {
    sums.coarse[place] += coarse;
    sums.rest[place] += rest;
  }

  function total(sums, place) { return sums.coarse[place] + sums.rest[place]; }

  /** A total after people were gained and lost, as if it had been added up anew. */
  function changed(sums, plus, minus, place) {
    return (sums.coarse[place] + plus.coarse[place] - minus.coarse[place]) +
      (sums.rest[place] + plus.rest[place] - minus.rest[place]);
  }

  function rate(part, whole) { return whole > 0 ? part / whole : null; }

  JJ.degrees = degrees;
  JJ.Engine = Engine;
  JJ.total = total;
  JJ.changed = changed;
  JJ.rate = rate;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
