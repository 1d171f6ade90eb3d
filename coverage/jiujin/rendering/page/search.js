/*
 * Shortest walks on one network, in whole centimetres: from many sites at once, each junction told the nearest site.
 *
 * Equal walks go to the lower site. A search may be bounded; then only what it touched is cleaned up before the next
 * one, so that a small search costs what it reaches and not what the county has. No DOM.
 */
(function (JJ) {
  'use strict';

  const NO_WALK = 2147483647;

  const WIDTH = 9; // buckets are 2^9 cm wide: about five metres

  /**
   * Junctions waiting to be looked at, in a ring of buckets by centimetres. What waits in one bucket is taken in any
   * order; a junction that gets nearer meanwhile waits once more, so the walks are right all the same.
   */
  class Buckets {
    constructor() {
      this.first = new Int32Array(0);
      this.grow(1024);
    }

    grow(size) {
      ['next', 'junction', 'cm'].forEach(function (name) {
        const larger = new Int32Array(size);
        if (this[name]) larger.set(this[name]);
        this[name] = larger;
      }, this);
    }

    /** Empty, for keys that lie at most `span` centimetres apart at any time. */
    open(span) {
      const wanted = (span >> WIDTH) + 2;
      let size = 64;
      while (size < wanted) size *= 2;
      if (this.first.length < size) this.first = new Int32Array(size);
      this.first.fill(-1);
      this.mask = this.first.length - 1;
      this.used = this.waiting = 0;
    }

    push(cm, junction) {
      if (this.used === this.next.length) this.grow(2 * this.used);
      const entry = this.used++, bucket = (cm >> WIDTH) & this.mask;
      this.cm[entry] = cm;
      this.junction[entry] = junction;
      this.next[entry] = this.first[bucket];
      this.first[bucket] = entry;
      this.waiting++;
    }
  }

  class Search {
    constructor(net) {
      this.net = net;
      this.cm = new Int32Array(net.junctions).fill(NO_WALK);
      this.site = new Int32Array(net.junctions).fill(-1);
      this.touched = new Int32Array(net.junctions);
      this.count = 0;
      this.buckets = new Buckets();
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
      this.buckets.open(net.longest + sites.reduce(function (most, site) { return Math.max(most, site.leg); }, 0));
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
      this.buckets.push(cm, junction);
    }

    spread(limit) {
      const net = this.net, buckets = this.buckets, head = net.head, next = net.next, length = net.arcCm;
      const cm = this.cm, site = this.site, first = buckets.first, mask = buckets.mask;
      for (let bucket = 0; buckets.waiting; bucket = (bucket + 1) & mask) {
        for (let entry = first[bucket]; entry >= 0; entry = first[bucket]) {
          first[bucket] = buckets.next[entry];
          buckets.waiting--;
          const here = buckets.junction[entry], far = buckets.cm[entry];
          if (far !== cm[here]) continue;
          for (let a = head[here], end = head[here + 1]; a < end; a++) {
            const walk = far + length[a], there = next[a];
            if (walk < cm[there] || (walk === cm[there] && site[here] < site[there])) this.reach(there, walk, site[here], limit);
          }
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
