/*
 * Shortest walks on one network, in whole centimetres: from many sites at once, each junction told the nearest site.
 *
 * Equal walks go to the lower site. A search may be bounded; then only what it touched is cleaned up before the next
 * one, so that a small search costs what it reaches and not what the county has. No DOM.
 */
(function (JJ) {
  'use strict';

  const NO_WALK = 2147483647;

  /** A heap with four children per node, on typed arrays: keys are centimetres. */
  class Heap {
    constructor() {
      this.size = 0;
      this.keys = new Int32Array(1024);
      this.values = new Int32Array(1024);
    }

    push(key, value) {
      if (this.size === this.keys.length) this.grow();
      const keys = this.keys, values = this.values;
      let i = this.size++;
      while (i > 0) {
        const parent = (i - 1) >> 2;
        if (keys[parent] <= key) break;
        keys[i] = keys[parent];
        values[i] = values[parent];
        i = parent;
      }
      keys[i] = key;
      values[i] = value;
    }

    grow() {
      const keys = new Int32Array(2 * this.size), values = new Int32Array(2 * this.size);
      keys.set(this.keys);
      values.set(this.values);
      this.keys = keys;
      this.values = values;
    }

    /** Remove the first entry; read keys[0] and values[0] before. */
    drop() {
      const keys = this.keys, values = this.values, n = --this.size;
      if (!n) return;
      const key = keys[n], value = values[n];
      let i = 0;
      for (let child = 1; child < n; child = 4 * i + 1) {
        let least = child;
        for (let k = child + 1, end = Math.min(child + 4, n); k < end; k++) if (keys[k] < keys[least]) least = k;
        if (keys[least] >= key) break;
        keys[i] = keys[least];
        values[i] = values[least];
        i = least;
      }
      keys[i] = key;
      values[i] = value;
    }
  }

  class Search {
    constructor(net) {
      this.net = net;
      this.cm = new Int32Array(net.junctions).fill(NO_WALK);
      this.site = new Int32Array(net.junctions).fill(-1);
      this.touched = new Int32Array(net.junctions);
      this.count = 0;
      this.heap = new Heap();
      this.sites = [];
      this.onChain = new Map();
    }

    /**
     * Walk from these sites, {chain, along, leg} each, up to `limit` centimetres. Afterwards `cm` and `site` tell the
     * walk from every junction to its nearest site; `touched` lists the `count` junctions that were reached.
     */
    run(sites, limit) {
      const net = this.net;
      for (let i = 0; i < this.count; i++) { this.cm[this.touched[i]] = NO_WALK; this.site[this.touched[i]] = -1; }
      this.count = 0;
      this.sites = sites;
      this.onChain.clear();
      for (let s = 0; s < sites.length; s++) {
        const chain = sites[s].chain;
        if (chain < 0) continue;
        if (this.onChain.has(chain)) this.onChain.get(chain).push(s); else this.onChain.set(chain, [s]);
        this.reach(net.from[chain], sites[s].leg + sites[s].along, s, limit);
        this.reach(net.to[chain], sites[s].leg + net.cm[chain] - sites[s].along, s, limit);
      }
      this.spread(limit);
      return this;
    }

    reach(junction, cm, site, limit) {
      if (cm > limit || cm > this.cm[junction]) return;
      if (cm === this.cm[junction] && (cm === NO_WALK || site >= this.site[junction])) return;
      if (this.site[junction] < 0) this.touched[this.count++] = junction;
      this.cm[junction] = cm;
      this.site[junction] = site;
      this.heap.push(cm, junction);
    }

    spread(limit) {
      const net = this.net, heap = this.heap, head = net.head, next = net.next, by = net.by, length = net.cm;
      const cm = this.cm, site = this.site;
      while (heap.size) {
        const here = heap.values[0], far = heap.keys[0];
        heap.drop();
        if (far > cm[here]) continue;
        for (let a = head[here], end = head[here + 1]; a < end; a++) {
          const walk = far + length[by[a]], there = next[a];
          if (walk <= limit && walk <= cm[there]) this.reach(there, walk, site[here], limit);
        }
      }
    }

    /**
     * The walk from a position on the streets to the nearest site: writes `walk` and `walkSite` (-1: no walk) and
     * returns the centimetres. `leg` is the access leg of the place itself.
     */
    from(chain, along, leg) {
      const net = this.net, a = net.from[chain], b = net.to[chain];
      let best = NO_WALK, site = -1;
      if (this.site[a] >= 0) { best = this.cm[a] + along; site = this.site[a]; }
      if (this.site[b] >= 0) {
        const cm = this.cm[b] + net.cm[chain] - along;
        if (cm < best || (cm === best && this.site[b] < site)) { best = cm; site = this.site[b]; }
      }
      const here = this.onChain.size ? this.onChain.get(chain) : undefined;
      if (here) {
        for (let i = 0; i < here.length; i++) {
          const cm = Math.abs(this.sites[here[i]].along - along) + this.sites[here[i]].leg;
          if (cm < best || (cm === best && here[i] < site)) { best = cm; site = here[i]; }
        }
      }
      this.walkSite = site;
      return (this.walk = site < 0 ? NO_WALK : best + leg);
    }

    /** Every chain that this search has touched, once each. */
    chains() {
      const net = this.net, seen = this.seen || (this.seen = new Int32Array(net.cm.length)), out = [];
      const round = this.round = (this.round || 0) + 1;
      this.onChain.forEach(function (_, chain) { seen[chain] = round; out.push(chain); });
      for (let i = 0; i < this.count; i++) {
        const j = this.touched[i];
        for (let a = net.head[j]; a < net.head[j + 1]; a++) {
          const chain = net.by[a];
          if (seen[chain] !== round) { seen[chain] = round; out.push(chain); }
        }
      }
      return out;
    }
  }

  JJ.Search = Search;
  JJ.NO_WALK = NO_WALK;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
