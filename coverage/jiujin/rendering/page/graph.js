/*
 * One walking network out of the pieces of streets: junctions, the chains of pieces between them, arcs to search on.
 *
 * A junction is a vertex where not exactly two kept pieces meet; a chain runs from junction to junction. A ring without
 * any junction gets one at the vertex where it is first met. No DOM.
 */
(function (JJ) {
  'use strict';

  /** The kept pieces at every vertex: those of vertex v are list[head[v]] .. list[head[v + 1] - 1]. */
  function piecesAt(roads, bit) {
    const vertices = roads.lon.length, count = roads.start.length, head = new Int32Array(vertices + 1);
    for (let i = 0; i < count; i++) {
      if (roads.kept[i] & bit) { head[roads.start[i] + 1]++; head[roads.end[i] + 1]++; }
    }
    for (let v = 0; v < vertices; v++) head[v + 1] += head[v];
    const free = head.slice(0, vertices), list = new Int32Array(head[vertices]);
    for (let i = 0; i < count; i++) {
      if (roads.kept[i] & bit) { list[free[roads.start[i]]++] = i; list[free[roads.end[i]]++] = i; }
    }
    return { head: head, list: list };
  }

  /**
   * Chains, and where every piece lies on its chain: `chain` (-1: not kept), `base` (centimetres from the chain's start
   * to the piece's first end in the chain's direction), `forward` (the chain runs from the piece's start to its end).
   */
  function contract(roads, bit) {
    const at = piecesAt(roads, bit), head = at.head, list = at.list, pieces = roads.start.length;
    const chain = new Int32Array(pieces).fill(-1), base = new Int32Array(pieces), forward = new Uint8Array(pieces);
    const from = [], to = [], cm = [];
    const follow = function (vertex, piece) {
      const first = vertex;
      let length = 0;
      for (;;) {
        chain[piece] = from.length;
        base[piece] = length;
        forward[piece] = roads.start[piece] === vertex ? 1 : 0;
        length += roads.cm[piece];
        vertex = forward[piece] ? roads.end[piece] : roads.start[piece];
        const h = head[vertex];
        if (head[vertex + 1] - h !== 2 || vertex === first) break;
        const next = list[h] === piece ? list[h + 1] : list[h];
        if (chain[next] >= 0) break;
        piece = next;
      }
      from.push(first);
      to.push(vertex);
      cm.push(length);
    };
    for (let v = 0; v + 1 < head.length; v++) {
      if (head[v + 1] - head[v] === 2) continue;
      for (let k = head[v]; k < head[v + 1]; k++) if (chain[list[k]] < 0) follow(v, list[k]);
    }
    for (let i = 0; i < pieces; i++) if (roads.kept[i] & bit && chain[i] < 0) follow(roads.start[i], i);
    return { chain: chain, base: base, forward: forward, from: from, to: to, cm: Int32Array.from(cm) };
  }

  /** Junction numbers for the ends of the chains, and arcs out of every junction. */
  function join(chains, vertices) {
    const number = new Int32Array(vertices).fill(-1), count = chains.cm.length;
    const from = new Int32Array(count), to = new Int32Array(count), vertexOf = [];
    const junction = function (vertex) {
      if (number[vertex] < 0) { number[vertex] = vertexOf.length; vertexOf.push(vertex); }
      return number[vertex];
    };
    for (let k = 0; k < count; k++) { from[k] = junction(chains.from[k]); to[k] = junction(chains.to[k]); }
    const junctions = vertexOf.length, head = new Int32Array(junctions + 1);
    for (let k = 0; k < count; k++) { head[from[k] + 1]++; head[to[k] + 1]++; }
    for (let j = 0; j < junctions; j++) head[j + 1] += head[j];
    const free = head.slice(0, junctions), next = new Int32Array(2 * count), by = new Int32Array(2 * count);
    const arcCm = new Int32Array(2 * count);
    let longest = 0;
    for (let k = 0; k < count; k++) {
      let a = free[from[k]]++;
      next[a] = to[k]; by[a] = k; arcCm[a] = chains.cm[k];
      a = free[to[k]]++;
      next[a] = from[k]; by[a] = k; arcCm[a] = chains.cm[k];
      if (chains.cm[k] > longest) longest = chains.cm[k];
    }
    return {
      from: from, to: to, head: head, next: next, by: by, arcCm: arcCm, longest: longest,
      vertexOf: Int32Array.from(vertexOf), junctions: junctions,
    };
  }

  /** The network of the pieces that carry this bit (1: full, 2: step-free). */
  function network(roads, bit) {
    const chains = contract(roads, bit), joined = join(chains, roads.lon.length);
    let byChain = null;
    return Object.assign(joined, {
      bit: bit, roads: roads, cm: chains.cm, chain: chains.chain, base: chains.base, forward: chains.forward,
      /** The pieces of a chain; only drawing asks. */
      piecesOf: function (chain) {
        byChain = byChain || groupByChain(chains.chain, chains.cm.length);
        return byChain.list.subarray(byChain.head[chain], byChain.head[chain + 1]);
      },
    });
  }

  function groupByChain(chain, chains) {
    const head = new Int32Array(chains + 1);
    for (let i = 0; i < chain.length; i++) if (chain[i] >= 0) head[chain[i] + 1]++;
    for (let k = 0; k < chains; k++) head[k + 1] += head[k];
    const free = head.slice(0, -1), list = new Int32Array(head[chains]);
    for (let i = 0; i < chain.length; i++) if (chain[i] >= 0) list[free[chain[i]]++] = i;
    return { head: head, list: list };
  }

  /** Centimetres from the start of its chain to a position that lies `at` centimetres from the start of its piece. */
  function along(net, piece, at) {
    return net.base[piece] + (net.forward[piece] ? at : net.roads.cm[piece] - at);
  }

  /** People on the chains of a network; those farther than the limit from every street, or nowhere, have chain -1. */
  function placed(net, places, limitCm) {
    const count = places.piece.length, chain = new Int32Array(count), position = new Int32Array(count);
    const head = new Int32Array(net.cm.length + 1);
    for (let p = 0; p < count; p++) {
      const piece = places.piece[p], on = piece >= 0 && places.leg[p] <= limitCm && net.chain[piece] >= 0;
      chain[p] = on ? net.chain[piece] : -1;
      if (!on) continue;
      position[p] = along(net, piece, places.at[p]);
      head[chain[p] + 1]++;
    }
    for (let k = 0; k < net.cm.length; k++) head[k + 1] += head[k];
    const free = head.slice(0, -1), list = new Int32Array(head[net.cm.length]);
    for (let p = 0; p < count; p++) if (chain[p] >= 0) list[free[chain[p]]++] = p;
    const people = { chain: chain, along: position, leg: places.leg, head: head, list: list, owner: null };
    return places.doors ? JJ.withDoors(net, people, places.doors) : people;
  }

  JJ.network = network;
  JJ.along = along;
  JJ.placed = placed;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
