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

  /** Every way from a place (null: none) onto the streets, as a search wants them, the shortest leg first. */
  function waysOnto(engine, service, place) {
    const net = engine.netOf(service).net, list = [Object.assign(engine.source(service, place), { place: place })];
    if (list[0].chain < 0 || !place.doors) return list;
    return list.concat(place.doors.map(function (door) {
      return { chain: net.chain[door.piece], along: JJ.along(net, door.piece, door.at), leg: door.leg, place: door };
    }));
  }

  /** These facilities as a search wants them, door by door: `list`, and in `of` the number of the facility of each. */
  function sourcesOf(engine, service, facilities) {
    const list = [], of = [];
    facilities.forEach(function (one, i) {
      waysOnto(engine, service, one.place).forEach(function (way) {
        list.push(way);
        of.push(i);
      });
    });
    return { list: list, of: of };
  }

  /** The compounds of a page, where a place that nobody carried here may lie: its gates, and who is in there with it. */
  class Yards {
    constructor(engine) {
      const said = engine.world.yards;
      this.engine = engine;
      this.said = said;
      this.frames = said.outlines.shapes.map(function (strokes) { return frame(said.outlines, strokes); });
      this.gates = said.outlines.shapes.map(function () { return []; });
      said.gates.of.forEach(function (yard, gate) { this.gates[yard].push(gate); }, this);
      this.persons = grouped(said.person);
      this.facilities = grouped(said.facility);
      this.kept = new Map();
    }

    /** The first compound that holds these degrees, its outline included; -1 without one, or where it has no gate. */
    at(lon, lat) {
      const x = Math.round(lon * 1e7), y = Math.round(lat * 1e7), said = this.said.outlines;
      const yard = this.frames.findIndex(function (f, i) {
        return x >= f[0] && x <= f[2] && y >= f[1] && y <= f[3] && covers(said, said.shapes[i], x, y);
      });
      return yard >= 0 && this.gates[yard].length ? yard : -1;
    }

    /** A place in a compound, by its gates onto the streets of a service; null for a place in none. */
    place(service, lon, lat) {
      const yard = this.at(lon, lat);
      if (yard < 0) return null;
      const gates = this.said.gates, on = gates.places[service.step_free], here = this.metres(lon, lat), self = this;
      const doors = this.gates[yard].map(function (g) {
        const way = JJ.rint(away(here, self.metres(gates.lon[g] / 1e7, gates.lat[g] / 1e7)) * DETOUR_PERCENT);
        return { piece: on.piece[g], at: on.at[g], leg: Math.min(way + on.leg[g], JJ.NO_WALK), gate: g };
      }).sort(function (a, b) { return a.leg - b.leg || a.gate - b.gate; });
      return Object.assign(doors[0], { doors: doors.slice(1), yard: yard, here: here });
    }

    metres(lon, lat) { return this.engine.attacher.project(lon, lat); }

    /** Call `found(number, cm)` for everybody in the yard of a place ('persons'), or every facility ('facilities'). */
    within(place, kind, found) {
      const key = kind + place.yard, self = this, all = this.engine.world[kind === 'persons' ? 'people' : 'facilities'];
      if (!this.kept.has(key)) {
        this.kept.set(key, (this[kind].get(place.yard) || []).map(function (i) {
          return [i, kind === 'persons' ? self.metres(all.lon[i] / 1e7, all.lat[i] / 1e7) : self.metres(all[i].lon, all[i].lat)];
        }));
      }
      this.kept.get(key).forEach(function (one) { found(one[0], walled(place.here, one[1])); });
    }
  }

  const DETOUR_PERCENT = 115; // as in network/attach.py

  function away(a, b) { return Math.hypot(a[0] - b[0], a[1] - b[1]); }

  /** A walk that does not leave the walls, between two places in metres. */
  function walled(a, b) { return JJ.rint(away(a, b) * DETOUR_PERCENT); }

  function grouped(said) {
    const found = new Map();
    said.row.forEach(function (row, i) {
      if (!found.has(said.yard[i])) found.set(said.yard[i], []);
      found.get(said.yard[i]).push(row);
    });
    return found;
  }

  function frame(outlines, strokes) {
    const f = [Infinity, Infinity, -Infinity, -Infinity];
    strokes.forEach(function (stroke) {
      for (let i = stroke.from; i < stroke.to; i++) {
        f[0] = Math.min(f[0], outlines.lon[i]);
        f[1] = Math.min(f[1], outlines.lat[i]);
        f[2] = Math.max(f[2], outlines.lon[i]);
        f[3] = Math.max(f[3], outlines.lat[i]);
      }
    });
    return f;
  }

  /** Whether rings of whole 1e-7 degrees hold a place, their lines included: nothing rounds. */
  function covers(outlines, strokes, x, y) {
    const lon = outlines.lon, lat = outlines.lat;
    let inside = false;
    for (let k = 0; k < strokes.length; k++) {
      for (let i = strokes[k].from; i + 1 < strokes[k].to; i++) {
        const ax = lon[i], ay = lat[i], bx = lon[i + 1], by = lat[i + 1], side = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
        if (side === 0 && x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by)) return true;
        if ((ay > y) !== (by > y) && (side > 0) === (by > ay)) inside = !inside;
      }
    }
    return inside;
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

  /** The shortest walk from any place to a facility, after a search from all of them: {cm, site}, site -1 without one. */
  function walkFrom(engine, base, place) {
    const best = { cm: JJ.NO_WALK, site: -1 };
    const offer = function (cm, site) {
      if (site < 0 || cm > best.cm || (cm === best.cm && best.site >= 0 && site >= best.site)) return;
      best.cm = cm;
      best.site = site;
    };
    waysOnto(engine, base.service, place).forEach(function (way) {
      if (way.chain < 0) return;
      const cm = base.search.from(way.chain, way.along, way.leg);
      offer(cm, base.search.walkSite < 0 ? -1 : base.of[base.search.walkSite]);
    });
    if (place && place.here) {
      engine.yards.within(place, 'facilities', function (row, cm) {
        offer(cm, base.sites.findIndex(function (one) { return one.row === row && engine.source(base.service, one.place).chain >= 0; }));
      });
    }
    return best;
  }

  JJ.Yards = Yards;
  JJ.waysOnto = waysOnto;
  JJ.walled = walled;
  JJ.walkFrom = walkFrom;
  JJ.entryAt = entryAt;
  JJ.withDoors = withDoors;
  JJ.sourcesOf = sourcesOf;
  JJ.inside = inside;
  JJ.shortest = shortest;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
