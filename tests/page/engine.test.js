'use strict';
/* The page's engine under node, against worlds worked out by hand and against a plain, slow search. */

const assert = require('node:assert');
const { test } = require('node:test');
const path = require('node:path');
const zlib = require('node:zlib');

const folder = path.join(__dirname, '..', '..', 'coverage', 'jiujin', 'rendering', 'page');
for (const name of ['inflate', 'unpack', 'plane', 'world', 'graph', 'search', 'doors', 'attach', 'engine', 'scenario', 'words', 'store', 'model', 'memory']) {
  require(path.join(folder, name + '.js'));
}
const JJ = global.JJ;

/** Streets out of vertices [lon, lat] in degrees and pieces [start, end, cm, kept]. */
function roads(vertices, pieces) {
  return {
    lon: Int32Array.from(vertices, (v) => Math.round(v[0] * 1e7)), lat: Int32Array.from(vertices, (v) => Math.round(v[1] * 1e7)),
    start: Int32Array.from(pieces, (p) => p[0]), end: Int32Array.from(pieces, (p) => p[1]), cm: Int32Array.from(pieces, (p) => p[2]),
    kept: Int32Array.from(pieces, (p) => (p[3] === undefined ? 1 : p[3])), kind: new Int32Array(pieces.length),
    way: Float64Array.from([7]), wayEnd: Int32Array.from([pieces.length]),
  };
}

const line = [[118, 36], [118.001, 36], [118.002, 36], [118.003, 36]];

function at(net, piece, cm, leg) {
  return { chain: net.chain[piece], along: JJ.along(net, piece, cm), leg: leg || 0 };
}

test('three pieces in a row are one chain, whichever way each was drawn', () => {
  const net = JJ.network(roads(line, [[0, 1, 100], [2, 1, 200], [2, 3, 300]]), 1);
  assert.deepStrictEqual([net.junctions, net.cm.length, net.cm[0]], [2, 1, 600]);
  assert.strictEqual(JJ.along(net, 1, 0), 300, 'the start of the turned piece lies 300 cm along');
  assert.strictEqual(JJ.along(net, 2, 50), 350);
});

test('two people on one piece walk the stretch between them', () => {
  const net = JJ.network(roads(line, [[0, 1, 1000]]), 1);
  const search = new JJ.Search(net).run([at(net, 0, 200, 30)], 1e6);
  assert.strictEqual(search.from(net.chain[0], JJ.along(net, 0, 700), 5), 500 + 30 + 5);
});

test('of two sites at the same walk the lower one is named', () => {
  const net = JJ.network(roads(line, [[0, 1, 500], [1, 2, 500]]), 1);
  const search = new JJ.Search(net).run([at(net, 1, 500), at(net, 0, 0)], 1e6);
  search.from(net.chain[0], JJ.along(net, 0, 500), 0);
  assert.deepStrictEqual([search.walk, search.walkSite], [500, 0]);
});

test('a ring without a junction can be walked both ways round', () => {
  const square = [[118, 36], [118.001, 36], [118.001, 36.001], [118, 36.001]];
  const net = JJ.network(roads(square, [[0, 1, 100], [1, 2, 100], [2, 3, 100], [3, 0, 100]]), 1);
  const search = new JJ.Search(net).run([at(net, 0, 10)], 1e6);
  assert.strictEqual(search.from(net.chain[3], JJ.along(net, 3, 95), 0), 15);
  assert.strictEqual(search.from(net.chain[2], JJ.along(net, 2, 10), 0), 200);
});

test('pieces of a dropped island are on no chain, and no walk leads across', () => {
  const net = JJ.network(roads([...line, [119, 36], [119.001, 36]], [[0, 1, 100], [4, 5, 100, 2]]), 1);
  assert.strictEqual(net.chain[1], -1);
  const apart = JJ.network(roads([...line, [119, 36], [119.001, 36]], [[0, 1, 100], [4, 5, 100]]), 1);
  const search = new JJ.Search(apart).run([at(apart, 0, 0)], 1e9);
  assert.strictEqual(search.from(apart.chain[1], 50, 0), JJ.NO_WALK);
});

/** Bellman-Ford over all pieces, positions as extra vertices: slow, and with nothing in common with the engine. */
function slowWalk(net, from, to) {
  const edges = [];
  const r = net.roads;
  const put = (place, name) => {
    edges.push([name, 'v' + r.start[place.piece], place.at + place.leg], [name, 'v' + r.end[place.piece], r.cm[place.piece] - place.at + place.leg]);
  };
  r.start.forEach((s, i) => edges.push(['v' + s, 'v' + r.end[i], r.cm[i]]));
  put(from, 'from');
  put(to, 'to');
  if (from.piece === to.piece) edges.push(['from', 'to', Math.abs(from.at - to.at) + from.leg + to.leg]);
  const best = { from: 0 };
  for (let changed = true; changed;) {
    changed = false;
    for (const [a, b, cm] of edges.concat(edges.map((e) => [e[1], e[0], e[2]]))) {
      if (a in best && !(best[b] <= best[a] + cm)) { best[b] = best[a] + cm; changed = true; }
    }
  }
  return 'to' in best ? best.to : JJ.NO_WALK;
}

test('on a hundred random street webs every walk is the shortest there is', () => {
  let seed = 12345;
  const random = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff; return (seed >>> 8) % n; };
  for (let round = 0; round < 100; round++) {
    const n = 3 + random(9), vertices = Array.from({ length: n }, () => [118 + random(1000) / 1e5, 36 + random(1000) / 1e5]);
    const pieces = Array.from({ length: n + random(6) }, () => [random(n), random(n), random(500)]);
    const net = JJ.network(roads(vertices, pieces), 1);
    const place = () => { const piece = random(pieces.length); return { piece, at: random(pieces[piece][2] + 1), leg: random(40) }; };
    const a = place(), b = place();
    const search = new JJ.Search(net).run([at(net, b.piece, b.at, b.leg)], 1e9);
    assert.strictEqual(search.from(net.chain[a.piece], JJ.along(net, a.piece, a.at), a.leg), slowWalk(net, a, b), 'round ' + round);
  }
});

test('a bounded search finds what an unbounded one finds within the bound', () => {
  const net = JJ.network(roads(line, [[0, 1, 100], [1, 2, 100], [2, 3, 100], [1, 3, 250]]), 1);
  const near = new JJ.Search(net).run([at(net, 0, 0)], 150);
  assert.strictEqual(near.from(net.chain[1], JJ.along(net, 1, 40), 0), 140);
  assert.strictEqual(near.run([at(net, 2, 100)], 50).from(net.chain[2], JJ.along(net, 2, 60), 0), 40);
});

test('the nearest position is on the nearest piece, and a tie goes to the earlier one', () => {
  const r = roads([[118, 36], [118.01, 36], [118.01, 36.01]], [[0, 1, 90000], [1, 2, 110000]]);
  const attacher = new JJ.Attacher(r, 4547);
  const found = attacher.attach(118.004, 36.0001, 1);
  assert.strictEqual(found.piece, 0);
  assert.ok(Math.abs(found.leg - 1110) < 3 && Math.abs(found.at - 36000) < 20);
  assert.deepStrictEqual([attacher.attach(118.0101, 35.9999, 1).piece, attacher.attach(118.0101, 35.9999, 1).at], [0, 90000]);
});

test('a place far outside the streets is still attached to the nearest of all', () => {
  const vertices = [], pieces = [];
  for (let i = 0; i < 60; i++) { vertices.push([118 + i * 0.01, 36 + (i % 7) * 0.01]); if (i) pieces.push([i - 1, i, 100000]); }
  const r = roads(vertices, pieces), attacher = new JJ.Attacher(r, 4547);
  for (const [lon, lat] of [[117.5, 36.5], [119.2, 35.1], [118.31, 36.9], [118.3, 36.001]]) {
    const found = attacher.attach(lon, lat, 1), best = { square: Infinity, piece: -1, t: 0 }, here = attacher.project(lon, lat);
    pieces.forEach((_, i) => attacher.measure(i, here[0], here[1], best));
    assert.strictEqual(found.piece, best.piece);
  }
});

test('half a centimetre rounds to the even one, as numpy does', () => {
  assert.deepStrictEqual([0.5, 1.5, 2.5, 2.4999, 3.5, 7.50001].map(JJ.rint), [0, 2, 2, 2, 4, 8]);
});

test('gzip of every kind unzips without help from the browser, and a cut file is told', () => {
  const plain = Buffer.concat([Buffer.from('就近'.repeat(9000)), Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * i * 31) & 255))]);
  for (const level of [0, 1, 6, 9]) {
    assert.ok(Buffer.from(JJ.inflate(new Uint8Array(zlib.gzipSync(plain, { level })))).equals(plain));
  }
  assert.throws(() => JJ.inflate(new Uint8Array(zlib.gzipSync(plain)).subarray(0, 200)));
});

test('a sum that was changed, cut or is no base64 is refused with the reason', async () => {
  const zipped = zlib.gzipSync(Buffer.from('abc')), text = zipped.toString('base64'), sum = JJ.crc32(zipped);
  await assert.rejects(JJ.unpack(text.slice(0, -4), zipped.length, sum), /不完整/);
  await assert.rejects(JJ.unpack(text, zipped.length, sum ^ 1), /校验和/);
  await assert.rejects(JJ.unpack('*' + text, zipped.length, sum), /编码/);
});

test('initials of pinyin', () => {
  assert.strictEqual(JJ.words.initials('北关村A座'), 'bgcaz');
});

test('a cell of a table that looks like a formula is made inert', () => {
  assert.strictEqual(JJ.csvText([['=1+1', 'a"b', '\t@x', -2, '北关,村']]), '\ufeff\'=1+1,"a""b",\'\t@x,-2,"北关,村"\r\n');
});

test('a scenario file comes back as it was, from GeoJSON and from CSV; one of another place is refused', () => {
  const engine = {
    services: [{ id: 'a', position: 0 }], world: { meta: { network_hash: 'h1' }, facilities: [{ service: 0, id: 'f,"1' }] },
  };
  const rows = [
    { id: '', name: '=新,"点"', service: 'a', status: '', lon: 118.5, lat: 36.25, network_hash: 'h1' },
    { id: 'f,"1', name: 'x', service: 'a', status: 'closed', lon: 118, lat: 36, network_hash: '' },
  ];
  const wanted = { sites: [{ key: 's1', service: 'a', lon: 118.5, lat: 36.25, name: '=新,"点"' }], closed: [{ service: 'a', id: 'f,"1' }] };
  const names = Object.keys(rows[0]);
  assert.deepStrictEqual(JJ.readScenario(engine, JJ.csvText([names].concat(rows.map((row) => names.map((name) => row[name]))))), wanted);
  const geojson = (change) => JSON.stringify({ features: [{ properties: Object.assign({}, rows[0], change) }] });
  assert.deepStrictEqual(JJ.readScenario(engine, geojson({})).sites, wanted.sites);
  assert.throws(() => JJ.readScenario(engine, geojson({ network_hash: 'h2' })), /另一份路网/);
  assert.throws(() => JJ.readScenario(engine, geojson({ service: 'b' })), /服务“b”不在本页/);
  assert.throws(() => JJ.readScenario(engine, geojson({ lon: 'x' })), /经纬度/);
  assert.throws(() => JJ.readScenario(engine, geojson({ status: 'closed', id: 'q' })), /设施“q”不在本页/);
  assert.throws(() => JJ.readScenario(engine, '{"features": ['), /不是完整的/);
});

test('undo goes back over a whole drag at once, and redo forward', () => {
  const store = new JJ.Store({}), s = JJ.scenarios, one = s.place(s.empty, { key: 's1', lon: 1 });
  store.setScenario(one);
  store.setScenario(s.change(one, 's1', { lon: 2 }), true);
  store.setScenario(s.change(one, 's1', { lon: 3 }), true);
  store.setScenario(s.change(one, 's1', { lon: 4 }));
  store.undo();
  assert.strictEqual(store.state.scenario.sites[0].lon, 1);
  store.redo();
  assert.strictEqual(store.state.scenario.sites[0].lon, 4);
  store.undo();
  store.undo();
  assert.strictEqual(store.state.scenario.sites.length, 0);
});

test('an address brings back the view, and nonsense in it is left out', () => {
  const engine = {
    services: [{ id: 'a' }, { id: 'b/c' }], groups: { total: {} },
    world: { communities: [{ code: '01' }, { code: '0/2', township: '东/镇' }], facilities: [{ service: 1, id: 'x&y=1' }] },
  };
  const state = {
    service: 'b/c', group: 'total', metres: 800, township: '东/镇', community: 1,
    scenario: { sites: [{ key: 's1', service: 'a', lon: 118.1234567, lat: 36.7, name: '<b>&=/' }], closed: [{ service: 'b/c', id: 'x&y=1' }] },
  };
  const said = JJ.fromHash('#' + JJ.toHash(state, { zoom: 14, lat: 36.5, lon: 118.25 }, ['01', '0/2']), engine);
  assert.deepStrictEqual(said.patch, state);
  assert.deepStrictEqual(said.view, { zoom: 14, lat: 36.5, lon: 118.25 });
  assert.deepStrictEqual(JJ.fromHash('#s=zz&m=-4&t=西镇&p=a/x/y/z&x=a/q&%%%', engine), { patch: {}, view: null });
});
