'use strict';
/* Suggesting sites, comparing plans, all services at once, measuring: against worlds small enough to work out by hand. */

const assert = require('node:assert');
const { test } = require('node:test');
const path = require('node:path');

const folder = path.join(__dirname, '..', '..', 'coverage', 'jiujin', 'rendering', 'page');
for (const name of [
  'inflate', 'unpack', 'plane', 'world', 'graph', 'search', 'doors', 'attach', 'engine', 'path', 'scenario', 'suggest', 'worker', 'words', 'store', 'model',
  'basket', 'memory',
]) require(path.join(folder, name + '.js'));
const JJ = global.JJ;
global.document = { getElementById: () => null };
require(path.join(folder, 'ruler.js'));

const STEP = 1e-3; // degrees of longitude between two houses: at this latitude about 90 m, on the streets 100 m

/**
 * One straight street of `houses` pieces of 100 m; the k-th house has weights[k] people at the start of the k-th piece.
 * Two services: `a` reaches 150 m and stands at house 0, `b` reaches 250 m and stands at the last house.
 */
function street(weights, more) {
  const houses = weights.length, vertices = houses + 1, lon = [], pieces = [];
  for (let v = 0; v < vertices; v++) lon.push(Math.round((118 + STEP * v) * 1e7));
  for (let k = 0; k < houses; k++) pieces.push(k);
  const service = (id, reach) => ({ id, label: id, group: 'total', reach_m: { urban: reach, rural: reach }, step_free: false });
  const at = (k) => ({ piece: k, at: 0, leg: 0 });
  const facility = (row, s, k) => ({ row, id: 'f' + row, name: 'f' + row, service: s, counted: true, lon: 118 + STEP * k, lat: 36, place: at(k) });
  const world = Object.assign({
    meta: { networks: [false], snap_limit_m: 500, epsg: 4547, network_hash: 'h', name: '甲县', county: {} },
    streets: {
      lon: Int32Array.from(lon), lat: new Int32Array(vertices).fill(36e7), start: Int32Array.from(pieces), end: Int32Array.from(pieces, (k) => k + 1),
      cm: new Int32Array(houses).fill(10000), kept: new Int32Array(houses).fill(1), kind: new Int32Array(houses),
      way: Float64Array.from([7]), wayEnd: Int32Array.from([houses]),
    },
    people: { count: houses, lon: Int32Array.from(lon.slice(0, houses)), lat: new Int32Array(houses).fill(36e7), community: new Int32Array(houses) },
    places: { false: { piece: Int32Array.from(pieces), at: new Int32Array(houses), leg: new Int32Array(houses) } },
    groups: [{ id: 'total', label: '人口', weights: Int32Array.from(weights), speed_m_s: 1 }],
    services: [service('a', 150), service('b', 250)],
    facilities: [facility(0, 0, 0), facility(1, 1, houses - 1)],
    communities: [{ position: 0, urban: true }], python: { people: {}, covered: {} },
  }, more);
  return new JJ.Engine({ world });
}

const ask = (more) => Object.assign({ service: 'a', group: 'total', metres: null, spacing_m: 50, sites: [], closed: [], count: 3, candidates: 'people' }, more);
const all = (work) => Array.from(work);
const sitesOf = (engine, asked) => all(JJ.errands.suggest(engine, asked)).filter((one) => one.site).map((one) => one.site);
const house = (site) => Math.round((site.lon - 118) / STEP);

test('sites come with what each gains beside those before it, until nobody is left', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]); // houses 0 and 1 are covered by the facility at house 0
  const found = sitesOf(engine, ask());
  assert.deepStrictEqual(found.map((site) => [site.rank, site.gained]), [[1, 10], [2, 6], [3, 1]]);
  assert.deepStrictEqual(found.map(house), [5, 2, 6], 'houses 4, 5, 6 (6 would gain as much, but comes later), then 2 and 3, then 7');
});

test('what the scenario covers already is not gained again, and who loses a closed facility can be gained', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]);
  assert.strictEqual(sitesOf(engine, ask({ count: 1, sites: [[118 + 6 * STEP, 36]] }))[0].gained, 7);
  assert.strictEqual(sitesOf(engine, ask({ count: 1, closed: ['f0'] }))[0].gained, 19, 'houses 0, 1 and 2');
});

test('each kind of candidate keeps to its places', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]);
  const other = sitesOf(engine, ask({ candidates: 'facilities' }));
  assert.deepStrictEqual(other.map((site) => [site.name, house(site), site.gained]), [['f1', 7, 9]], 'only the site of b: houses 6 and 7');
  const question = new JJ.Question(engine, ask());
  const along = JJ.candidates(question, 'streets', 50);
  assert.ok(along.length > 14 && along.length < 24, 'every fifty metres of eight hundred: ' + along.length);
  assert.strictEqual(sitesOf(engine, ask({ candidates: 'streets', count: 1 }))[0].gained, 15, 'between houses 4 and 5: 3, 4, 5 and 6');
});

test('greedy is what asking everybody again each time would choose', () => {
  let seed = 7;
  const random = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff; return (seed >>> 8) % n; };
  for (let round = 0; round < 25; round++) {
    const weights = Array.from({ length: 30 }, () => random(12)), engine = street(weights), gone = new Set([0, 1]), plain = [];
    for (let rank = 0; rank < 4; rank++) {
      let best = 0, at = -1;
      for (let k = 0; k < 30; k++) {
        if (k < 2 || !weights[k]) continue;
        const gain = [k - 1, k, k + 1].reduce((sum, i) => sum + (i < 30 && !gone.has(i) ? weights[i] : 0), 0);
        if (gain > best) { best = gain; at = k; }
      }
      if (at < 0) break;
      plain.push(best);
      [at - 1, at, at + 1].forEach((i) => gone.add(i));
    }
    assert.deepStrictEqual(sitesOf(engine, ask({ count: 4 })).map((site) => site.gained), plain);
  }
});

test('the surface tells at every place what a site there would gain, coarse places first', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]), cells = [];
  let last = null;
  for (const progress of JJ.errands.surface(engine, ask())) { cells.push(...progress.cells); last = progress; }
  assert.strictEqual(last.done, last.total);
  assert.strictEqual(Math.max(...cells.map((one) => one[2])), 15);
  assert.deepStrictEqual(cells.map((one) => one[3]), cells.map((one) => one[3]).sort((a, b) => b - a));
  for (const [lon, lat, gain] of cells) assert.strictEqual(engine.whatIf('a', [[lon, lat]], []).gained, gain);
});

test('an errand stops when it is told to, and tells of what goes wrong', () => {
  const told = [], steps = [];
  function* endless() { for (let n = 0; ; n++) yield { done: n, total: 9 }; }
  const stop = JJ.inSlices(endless(), 0, (step) => steps.push(step), (progress) => told.push(progress), () => assert.fail('it never ends'));
  steps.shift()();
  steps.shift()();
  stop();
  steps.shift()();
  assert.strictEqual(steps.length, 0);
  assert.strictEqual(told.length, 2);
  function* broken() { yield { done: 0, total: 1 }; throw new Error('坏了'); }
  let said = null;
  JJ.inSlices(broken(), 1000, (step) => step(), () => {}, (error) => { said = error.message; });
  assert.strictEqual(said, '坏了');
});

test('gains in the list add up to what the whole plan gains, also with a closed facility', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]), model = new JJ.Model(engine);
  const site = (key, k) => ({ key, service: 'a', name: key, lon: 118 + STEP * k, lat: 36 });
  const scenario = { sites: [site('s1', 2), site('s2', 3), site('s3', 6)], closed: [{ service: 'a', id: 'f0' }] };
  const look = model.look({ service: 'a', group: 'total', metres: null, scenario }), gains = model.gains(look);
  assert.deepStrictEqual(gains.map((one) => [one.alone, one.next]), [[15, 15], [7, 1], [10, 10]]);
  assert.strictEqual(look.after(1), look.before(1) - 18 + 26);
  assert.strictEqual(gains[2].rate, look.rate(1));
});

test('all services at once: who has both, who gains the last one, how many reach how many', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]), model = new JJ.Model(engine); // a: houses 0, 1; b: houses 5, 6, 7
  const state = (scenario) => ({ service: 'a', group: 'total', metres: null, basket: true, scenario });
  const before = model.look(state(JJ.scenarios.empty));
  assert.deepStrictEqual([before.people(1), before.after(1)], [35, 0]);
  assert.deepStrictEqual(JJ.basket.byCount(engine, 'total'), [7, 28, 0]);
  const after = model.look(state({ sites: [{ key: 's1', service: 'a', name: 'x', lon: 118 + STEP * 6, lat: 36 }], closed: [] }));
  assert.strictEqual(after.after(1), 10, 'houses 5, 6 and 7');
  assert.deepStrictEqual(JJ.basket.byCount(engine, 'total', after.change.more), [7, 18, 10]);
  assert.strictEqual(model.uncovered(state(JJ.scenarios.empty))(6), true);
  assert.ok(Math.abs(JJ.basket.means(engine, 'total')[0] - 0.8) < 1e-12);
});

test('plans are compared side by side; each keeps its own sites', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]), model = new JJ.Model(engine), store = new JJ.Store({ service: 'a', group: 'total' });
  const place = (k) => store.setScenario(JJ.scenarios.place(store.state.scenario, { key: 's' + k, service: 'a', name: '点' + k, lon: 118 + STEP * k, lat: 36 }));
  place(6);
  const copy = JJ.plans.add(JJ.plans.all(store.state), store.state.scenario, '备选');
  store.setPlans(copy, copy[1].key);
  place(3);
  const rows = () => model.compare(store.state).map((one) => [one.name, one.sites, one.gained]);
  assert.deepStrictEqual(rows(), [['方案1', 1, 10], ['备选', 2, 17]]);
  store.choosePlan('a1');
  assert.strictEqual(store.state.scenario.sites.length, 1);
  store.undo();
  assert.deepStrictEqual(rows(), [['方案1', 1, 10], ['备选', 1, 10]], 'undo goes to the plan that was changed last');
  assert.strictEqual(store.state.plan, copy[1].key);
  store.undo();
  assert.deepStrictEqual(rows(), [['方案1', 1, 10]]);
  store.redo();
  store.redo();
  assert.deepStrictEqual(rows(), [['方案1', 1, 10], ['备选', 2, 17]]);
  store.setPlans(JJ.plans.remove(JJ.plans.all(store.state), copy[1].key), 'a1');
  assert.deepStrictEqual(rows(), [['方案1', 1, 10]]);
  assert.deepStrictEqual(JJ.plans.remove(store.state.plans, 'a1').map((one) => one.scenario.sites.length), [0], 'the last plan is emptied');
});

test('plans of the same name are told apart', () => {
  const list = ['甲', '甲', ''].reduce((all_, name) => JJ.plans.add(all_, JJ.scenarios.empty, name), [{ key: 'a1', name: '方案1', scenario: JJ.scenarios.empty }]);
  assert.deepStrictEqual(list.map((one) => one.name), ['方案1', '甲', '甲（2）', '方案4']);
  assert.strictEqual(new Set(list.map((one) => one.key)).size, 4);
});

test('an address carries every plan, and which of them is open', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]), store = new JJ.Store({ service: 'a', group: 'total' });
  const plan = (k) => ({ sites: [{ key: 's1', service: 'a', lon: 118 + STEP * k, lat: 36, name: '点/' + k }], closed: [{ service: 'a', id: 'f0' }] });
  store.setScenario(plan(3));
  let list = JJ.plans.add(JJ.plans.all(store.state), plan(6), '<乙>&=');
  list = JJ.plans.add(list, JJ.scenarios.empty, '空');
  store.setPlans(list, list[1].key);
  const said = JJ.fromHash('#' + JJ.toHash(store.state, null, ['01']), engine).patch, again = new JJ.Store(said);
  assert.deepStrictEqual(JJ.plans.all(again.state).map((one) => [one.name, one.scenario]), list.map((one) => [one.name, one.scenario]));
  assert.strictEqual(again.state.plans.findIndex((one) => one.key === again.state.plan), 1);
  assert.deepStrictEqual(again.state.scenario, plan(6));
});

test('a scenario of another study is refused with its name, even when only the file as a whole says so', () => {
  const engine = street([1, 1]), row = { properties: { service: 'a', lon: 118, lat: 36, name: 'x' } };
  const text = JSON.stringify({ jiujin: { study: '乙县', network_hash: 'other' }, features: [row] });
  assert.throws(() => JJ.readScenario(engine, text), /“乙县”的另一份路网数据，不能用于“甲县”/);
});

test('a measured walk is as long as the parts that are drawn, and never shorter than the straight line', () => {
  const engine = street([9, 9, 1, 5, 1, 1, 8, 1]), service = engine.service('a');
  const found = JJ.measure(engine, service, [118 + 0.5 * STEP, 36], [118 + 5 * STEP, 36]);
  assert.strictEqual(found.metres, 450);
  assert.strictEqual(found.parts.reduce((sum, part) => sum + part[2] - part[1], 0), 45000);
  assert.ok(found.straight_m > 400 && found.straight_m < 410);
  assert.strictEqual(JJ.measure(engine, service, [118, 36], [119, 36]).metres, null, 'a place off the network has no walk');
});
