'use strict';
/* Ask the page's engine under node: {page: {text, size, crc32}, asks: [[function, ...arguments], ...]} on standard input. */

const path = require('node:path');

const folder = path.join(__dirname, '..', '..', 'coverage', 'jiujin', 'rendering', 'page');
for (const name of ['inflate', 'unpack', 'plane', 'world', 'graph', 'search', 'doors', 'attach', 'engine', 'path', 'scenario']) {
  require(path.join(folder, name + '.js'));
}
const JJ = global.JJ;

const answers = {
  projected: (engine, epsg, places) => places.map((place) => JJ.projection(epsg)(place[0], place[1])),
  columns: (engine, names, data) => names.map((name) => Array.from(data.columns[name])),
  walks: (engine, service) => Array.from(engine.base(service).walk),
  nearest: (engine, service) => { const base = engine.base(service); return Array.from(base.site, (s) => (s < 0 ? null : base.sites[s].id)); },
  attached: (engine, service, places) => places.map((place) => engine.attacher.attach(place[0], place[1], engine.service(service).step_free ? 2 : 1)),
  pathLengths: (engine, service) => {
    const base = engine.base(service), net = engine.netOf(base.service), streets = engine.world.streets;
    return Array.from(base.walk, (_, p) => {
      const walk = JJ.walkOf(engine, service, p), parts = walk && walk.parts;
      if (!parts) return null;
      const end = (part, to) => [streets.start, streets.end][part[to] === 0 ? 0 : 1][part[0]];
      const length = parts.reduce((sum, part) => sum + part[2] - part[1], 0);
      return { cm: walk.entry === null ? base.walk[p] : length + net.people.leg[walk.entry] + base.search.sites[walk.goal].leg, ends: parts.length ? end(parts[0], 1) >= 0 : true };
    });
  },
  way: (engine, piece) => JJ.wayOf(engine.world.streets, piece),
  exported: (engine, sites, closed) => JSON.parse(JJ.scenarioText(engine, sites, closed)),
};

async function main() {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const asked = JSON.parse(text), data = asked.page && await JJ.unpack(asked.page.text, asked.page.size, asked.page.crc32);
  const engine = data && data.meta.services ? new JJ.Engine(data) : null;
  const found = asked.asks.map(([name, ...rest]) => (answers[name] ? answers[name](engine, ...rest, data) : engine[name](...rest)));
  process.stdout.write(JSON.stringify(found));
}

main();
