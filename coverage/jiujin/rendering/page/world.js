/*
 * The world that a page carries, as plain arrays: streets, people, facilities, communities. Undoes page_columns.py.
 * No DOM.
 */
(function (JJ) {
  'use strict';

  /** Vertices in 1e-7 degree; pieces with their ends, centimetres, class, networks they are kept on, and way. */
  function streets(meta, c) {
    const count = c.piece_start.length, start = new Int32Array(count), end = new Int32Array(count);
    const cm = new Int32Array(count), lon = c.vertex_lon, lat = c.vertex_lat;
    const a = meta.length_terms[0], b = meta.length_terms[1], d = meta.length_terms[2], north = meta.length_terms[3];
    let before = 0, highest = -1;
    for (let i = 0; i < count; i++) {
      const s = before + c.piece_start[i];
      if (s > highest) highest = s;
      const e = highest + 1 - c.piece_end[i];
      if (e > highest) highest = e;
      start[i] = s;
      end[i] = before = e;
      const u = (lat[s] + lat[e]) / 2e7, x = (lon[e] - lon[s]) * ((d * u + b) * u + a), y = (lat[e] - lat[s]) * north;
      cm[i] = Math.floor(Math.sqrt(x * x + y * y) + 0.5) + c.piece_rest[i];
    }
    return {
      lon: lon, lat: lat, start: start, end: end, cm: cm, kept: c.piece_kept, kind: c.piece_class,
      way: c.way, wayEnd: runningSum(c.way_pieces),
    };
  }

  function runningSum(counts) {
    const ends = new Int32Array(counts.length);
    let sum = 0;
    for (let i = 0; i < counts.length; i++) ends[i] = sum += counts[i];
    return ends;
  }

  /** The way of a piece and the piece's place among the pieces of its way. */
  function wayOf(roads, piece) {
    let low = 0, high = roads.wayEnd.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (roads.wayEnd[middle] > piece) high = middle; else low = middle + 1;
    }
    let first = low; // a way that is cut by another in the file would start earlier: pieces are ordered by way
    while (first > 0 && roads.way[first - 1] === roads.way[low]) first--;
    return { way: roads.way[low], piece: piece - (first ? roads.wayEnd[first - 1] : 0) };
  }

  /** Values back in the order in which Python holds the people; without ranks they stay where they are. */
  function ordered(values, rank) {
    if (!rank) return values;
    const out = new values.constructor(values.length);
    for (let i = 0; i < values.length; i++) out[rank[i]] = values[i];
    return out;
  }

  /** People: degrees in 1e-7, community (-1: none), and where they meet the first network of the page. */
  function people(c, roads) {
    const count = c.person_piece.length, lon = new Int32Array(count), lat = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const vertex = roads.start[Math.max(c.person_piece[i], 0)];
      lon[i] = roads.lon[vertex] + c.person_lon[i];
      lat[i] = roads.lat[vertex] + c.person_lat[i];
    }
    const put = function (values) { return ordered(values, c.person_rank); };
    return {
      count: count, lon: put(lon), lat: put(lat), community: put(c.person_community),
      piece: put(c.person_piece), at: put(c.person_at), leg: put(c.person_leg),
    };
  }

  /** Where people meet the second network, which is mostly where they meet the first. */
  function movedPeople(c, first) {
    const moved = { piece: first.piece.slice(), at: first.at.slice(), leg: first.leg.slice() };
    for (let i = 0; i < c.moved.length; i++) {
      const person = c.person_rank ? c.person_rank[c.moved[i]] : c.moved[i];
      moved.piece[person] = c.moved_piece[i];
      moved.at[person] = c.moved_at[i];
      moved.leg[person] = c.moved_leg[i];
    }
    return moved;
  }

  /** Further positions of points in compounds: whose, piece, centimetres from its start, leg; null where there are none. */
  function doors(c, name, rank) {
    if (!c[name + '_owner']) return null;
    return { owner: inOrder(c[name + '_owner'], rank), piece: c[name + '_piece'], at: c[name + '_at'], leg: c[name + '_leg'] };
  }

  function inOrder(persons, rank) { return rank ? persons.map(function (p) { return rank[p]; }) : persons; }

  /** Walks that do not leave a compound: person, row of the facility, centimetres; null where there are none. */
  function inner(c) {
    if (!c.inner_person) return null;
    return { person: inOrder(c.inner_person, c.person_rank), facility: c.inner_facility, cm: c.inner_cm };
  }

  /** Compounds: outlines in 1e-7 degree, gates and where they meet the streets, and who is inside; null without any. */
  function yards(meta, c) {
    if (!c.gate_of) return null;
    const on = function (name) { return { piece: c[name + '_piece'], at: c[name + '_at'], leg: c[name + '_leg'] }; }, places = {};
    meta.networks.forEach(function (kind, i) { places[kind] = on(i ? 'moved_gate' : 'gate'); });
    return {
      outlines: outlines(c, 'compound'), gates: { of: Array.from(c.gate_of), lon: c.gate_lon, lat: c.gate_lat, places: places },
      person: { row: Array.from(inOrder(c.yard_person, c.person_rank)), yard: c.yard_of_person },
      facility: { row: Array.from(c.yard_facility), yard: c.yard_of_facility },
    };
  }

  /** Whose way to the streets of each network crosses something, or passes by a dropped island; null where nobody is told. */
  function legs(meta, c) {
    if (!c.crossing && !c.step_free_crossing) return null;
    const found = {};
    meta.networks.forEach(function (kind) {
      const name = kind ? 'step_free_' : '', rows = function (what) { return Array.from(inOrder(c[name + what], c.person_rank)); };
      found[kind] = { crossing: rows('crossing'), island: rows('island') };
    });
    return found;
  }

  /** Persons per population point of one group; fractions come as a table of values, or as they are. */
  function weights(c, group) {
    const values = c['value:' + group], coded = ordered(c['weight:' + group], c.person_rank);
    if (!values) return coded;
    const out = new Float64Array(coded.length);
    for (let i = 0; i < coded.length; i++) out[i] = values[coded[i]];
    return out;
  }

  function facilities(meta, c) {
    const places = { piece: c.facility_piece, at: c.facility_at, leg: c.facility_leg };
    const further = doors(c, 'facility_door'), doorsOf = meta.facilities.map(function () { return []; });
    for (let i = 0; further && i < further.owner.length; i++) {
      doorsOf[further.owner[i]].push({ piece: further.piece[i], at: further.at[i], leg: further.leg[i] });
    }
    return meta.facilities.map(function (said, row) {
      return {
        row: row, id: said[0], name: said[1], status: said[2], service: c.facility_service[row],
        counted: c.facility_counted[row] === 1, outside: c.facility_outside[row] === 1, community: c.facility_community[row],
        lon: c.facility_lon[row] / 1e7, lat: c.facility_lat[row] / 1e7,
        place: { piece: places.piece[row], at: places.at[row], leg: places.leg[row], doors: doorsOf[row] },
      };
    });
  }

  /** Outlines of one kind: per shape its strokes, each with degrees and whether it is closed. */
  function outlines(c, name) {
    const rings = c[name + '_rings'], points = c[name + '_points'], closed = c[name + '_closed'];
    const lon = c[name + '_lon'], lat = c[name + '_lat'], shapes = [];
    let stroke = 0, at = 0;
    for (let i = 0; i < rings.length; i++) {
      const strokes = [];
      for (let k = 0; k < rings[i]; k++, stroke++) {
        strokes.push({ from: at, to: at += points[stroke], closed: closed[stroke] === 1 });
      }
      shapes.push(strokes);
    }
    return { lon: lon, lat: lat, shapes: shapes };
  }

  function communities(meta) {
    const said = meta.communities;
    return said.code.map(function (code, i) {
      return {
        position: i, code: code, name: said.name[i], township: said.township[i],
        urban: said.urban[i] === 1, sketch: said.sketch[i] === 1, trust: meta.trust ? meta.trust[i] : null,
      };
    });
  }

  /** Everything that the page carries, out of the decoded columns. */
  function world(data) {
    const meta = data.meta, c = data.columns, roads = streets(meta, c), persons = people(c, roads), places = {};
    places[meta.networks[0]] = {
      piece: persons.piece, at: persons.at, leg: persons.leg, doors: doors(c, 'door', c.person_rank),
    };
    if (meta.networks.length > 1) {
      places[meta.networks[1]] = Object.assign(movedPeople(c, persons), { doors: doors(c, 'moved_door', c.person_rank) });
    }
    const groups = meta.groups.map(function (group) {
      return Object.assign({}, group, { weights: weights(c, group.id) });
    });
    return {
      meta: meta, streets: roads, people: persons, places: places, groups: groups,
      services: meta.services, facilities: facilities(meta, c), communities: communities(meta), inner: inner(c), yards: yards(meta, c),
      legs: legs(meta, c),
      outlines: {
        community: outlines(c, 'community'), water: outlines(c, 'water'),
        rail: outlines(c, 'rail'), building: outlines(c, 'building'), township: outlines(c, 'township'), gap: outlines(c, 'gap'),
      },
      python: { people: totals(c, 'people:'), covered: totals(c, 'covered:') },
    };
  }

  /** Python's own sums, by what follows the prefix in the column's name. */
  function totals(c, prefix) {
    const found = {};
    Object.keys(c).forEach(function (name) {
      if (name.indexOf(prefix) === 0) found[name.slice(prefix.length)] = c[name];
    });
    return found;
  }

  JJ.world = world;
  JJ.wayOf = wayOf;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
