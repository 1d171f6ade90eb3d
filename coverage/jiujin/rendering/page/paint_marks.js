/* Over the ground: the walking shed of proposed sites, the chosen community, facilities, proposed sites, names. */
(function (JJ) {
  'use strict';

  const INK = '#2b303a', SHED = '0,115,79';

  /** Streets that can be walked within the reach from the sites of a search, as far as it goes on each piece. */
  function shedPath(engine, service, search, limitCm, shapes, view) {
    const net = engine.netOf(service).net, roads = engine.world.streets, path = new Path2D();
    const x = shapes.vertices.x, y = shapes.vertices.y;
    const line = function (piece, from, to) {
      const a = roads.start[piece], b = roads.end[piece], whole = roads.cm[piece] || 1;
      const at = function (t) {
        return [(x[a] + t * (x[b] - x[a]) - view.x0) * view.k, (y[a] + t * (y[b] - y[a]) - view.y0) * view.k];
      };
      const p = at(Math.max(from / whole, 0)), q = at(Math.min(to / whole, 1));
      path.moveTo(p[0], p[1]);
      path.lineTo(q[0], q[1]);
    };
    search.chains().forEach(function (chain) {
      net.piecesOf(chain).forEach(function (piece) {
        stretches(net, search, chain, piece, roads.cm[piece], limitCm).forEach(function (one) { line(piece, one[0], one[1]); });
      });
    });
    return path;
  }

  /** Parts of a piece within the limit, in centimetres from its start. */
  function stretches(net, search, chain, piece, cm, limit) {
    const start = search.from(chain, JJ.along(net, piece, 0), 0), end = search.from(chain, JJ.along(net, piece, cm), 0), found = [];
    const fromStart = limit - start, fromEnd = limit - end;
    if (fromStart + fromEnd >= cm && fromStart >= 0 && fromEnd >= 0) return [[0, cm]];
    if (fromStart > 0) found.push([0, Math.min(fromStart, cm)]);
    if (fromEnd > 0) found.push([Math.max(0, cm - fromEnd), cm]);
    (search.onChain.get(chain) || []).forEach(function (s) {
      const site = search.sites[s], base = net.base[piece], offset = site.along - base;
      const at = net.forward[piece] ? offset : cm - offset, left = limit - site.leg;
      if (offset >= 0 && offset <= cm && left > 0) found.push([Math.max(0, at - left), Math.min(cm, at + left)]);
    });
    return found;
  }

  function paintShed(g, path, view) {
    g.lineJoin = 'bevel';
    g.strokeStyle = 'rgba(' + SHED + ',.16)';
    g.lineWidth = view.z >= 15 ? 16 : view.z >= 13 ? 9 : 5;
    g.stroke(path);
    g.strokeStyle = 'rgba(' + SHED + ',.85)';
    g.lineWidth = view.z >= 14 ? 2.2 : 1.2;
    g.stroke(path);
  }

  function paintChosen(g, view, shapes, community) {
    if (community < 0) return;
    JJ.inUnits(g, view, function () {
      const path = shapes.communities[community].path;
      g.lineJoin = 'round';
      g.strokeStyle = '#fff';
      g.lineWidth = 6 / view.k;
      g.stroke(path);
      g.strokeStyle = '#c2410c';
      g.lineWidth = 2.6 / view.k;
      g.stroke(path);
    });
  }

  /** A township, or a community, that stands out: a wide line round it and, where `veiled`, pale land beyond. */
  function paintPart(g, view, shapes, part, veiled) {
    const town = shapes.townships.find(function (one) { return one.name === part.name; }), single = part.members.length === 1;
    const paths = (town && !single ? [town] : part.members.map(function (c) { return shapes.communities[c]; })).map(function (one) { return one.path; });
    JJ.inUnits(g, view, function () {
      if (veiled) {
        const rest = new Path2D();
        rest.rect(view.x0, view.y0, view.w / view.k, view.h / view.k);
        paths.forEach(function (path) { rest.addPath(path); });
        g.fillStyle = 'rgba(255,255,255,.58)';
        g.fill(rest, 'evenodd');
      }
      if (!town && !single) return; // its communities' own borders must do
      g.setLineDash([]);
      g.lineJoin = 'round';
      [['#fff', 6.5], ['#22304a', 3.2]].forEach(function (line) {
        g.strokeStyle = line[0];
        g.lineWidth = line[1] / view.k;
        g.stroke(paths[0]);
      });
    });
  }

  function symbolSize(z) { return z < 11 ? 4.2 : z < 12 ? 5 : z < 13 ? 6 : z < 14 ? 7 : z < 16 ? 9 : 11; }

  /** Facilities: those of other services small and below, counted ones filled, others hollow, closed ones crossed. */
  function paintFacilities(g, view, shapes, engine, state) {
    const r = symbolSize(view.z), drawn = [];
    [false, true].forEach(function (own) {
      if (!own && !state.layers.others && !state.basket) return;
      engine.world.facilities.forEach(function (one) {
        const service = engine.services[one.service];
        if ((service.id === state.service) !== own) return;
        const at = shapes.facilities[one.row], x = (at[0] - view.x0) * view.k, y = (at[1] - view.y0) * view.k;
        if (x < -20 || y < -20 || x > view.w + 20 || y > view.h + 20) return;
        const closed = own && JJ.scenarios.isClosed(state.scenario, service.id, one.id);
        JJ.symbol(g, service, x, y, own ? r : (state.basket ? 0.9 : 0.62) * r, { hollow: !one.counted, faint: !own && !state.basket, crossed: closed, letter: own || state.basket ? undefined : '' });
        if (own) drawn.push({ facility: one, x: x, y: y, r: r });
      });
    });
    return drawn;
  }

  /** Proposed sites: hollow symbols with their number; the chosen one on yellow. */
  function paintSites(g, view, shapes, engine, state) {
    const service = engine.service(state.service), drawn = siteSpots(view, shapes, state);
    drawn.forEach(function (spot) {
      const site = spot.site, x = spot.x, y = spot.y, r = spot.r - 6;
      g.beginPath();
      g.arc(x, y, r + 5, 0, 2 * Math.PI);
      g.fillStyle = state.site === site.key ? 'rgba(255,214,64,.92)' : 'rgba(255,255,255,.85)';
      g.fill();
      g.lineWidth = 1.4;
      g.strokeStyle = 'rgb(' + SHED + ')';
      g.stroke();
      JJ.symbol(g, service, x, y, r, { hollow: true, letter: String(spot.number) });
    });
    return drawn;
  }

  /** Where the proposed sites of the chosen service stand in a view. */
  function siteSpots(view, shapes, state) {
    const r = Math.max(symbolSize(view.z) + 2, 10) + 6, found = [];
    state.scenario.sites.forEach(function (site, i) {
      if (site.service !== state.service) return;
      const at = shapes.point(site.lon, site.lat);
      found.push({ site: site, number: i + 1, x: (at[0] - view.x0) * view.k, y: (at[1] - view.y0) * view.k, r: r });
    });
    return found;
  }

  /** Names where there is room: towns first, then communities, then facilities; none over another or over a symbol. */
  function paintNames(g, view, shapes, engine, taken, state) {
    const boxes = taken.map(function (one) { return [one.x - one.r, one.y - one.r, one.x + one.r, one.y + one.r]; });
    const said = new Set(); // a village, its community and a town often share a name: say it once
    const name = function (text, x, y, size, style) {
      const key = text.replace(/(街道|镇|乡|村|社区)$/, '');
      if (said.has(key)) return;
      g.font = (style.bold ? '600 ' : '') + size + 'px "PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif';
      const short = text.length > 14 ? text.slice(0, 13) + '…' : text, w = g.measureText(short).width / 2 + 2, h = size / 2 + 2;
      if (x + w < 0 || y + h < 0 || x - w > view.w || y - h > view.h) return;
      const box = [x - w, y - h, x + w, y + h];
      if (boxes.some(function (b) { return box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]; })) return;
      boxes.push(box);
      said.add(key);
      g.lineJoin = 'round';
      g.lineWidth = 3;
      g.strokeStyle = 'rgba(255,255,255,.9)';
      g.strokeText(short, x, y);
      g.fillStyle = style.colour;
      g.fillText(short, x, y);
    };
    g.textAlign = 'center';
    g.textBaseline = 'middle';
    townships(view, shapes, name);
    towns(view, shapes, name);
    shapes.communities.forEach(function (one, c) {
      const wide = (one.frame.x1 - one.frame.x0) * view.k, community = engine.world.communities[c];
      if (wide < 34 + community.name.length * 7 && c !== state.community) return;
      name(community.name, (one.label.x - view.x0) * view.k, (one.label.y - view.y0) * view.k, 12, { colour: INK, bold: c === state.community });
    });
    if (view.z < 15) return;
    taken.forEach(function (one) {
      if (one.facility) name(one.facility.name, one.x, one.y + one.r + 9, 11, { colour: '#4a2b16' });
    });
  }

  /** Townships from afar, in the middle of their land. */
  function townships(view, shapes, name) {
    if (view.z > 13) return;
    shapes.townships.forEach(function (one) {
      if ((one.frame.x1 - one.frame.x0) * view.k < 60) return;
      name(one.name, (one.label.x - view.x0) * view.k, (one.label.y - view.y0) * view.k, view.z < 12 ? 14 : 16, { colour: '#22304a', bold: true });
    });
  }

  const RANKS = { city: 0, town: 0, suburb: 1, village: 2, quarter: 2, neighbourhood: 3, hamlet: 3 };

  function towns(view, shapes, name) {
    const least = view.z < 11 ? 0 : view.z < 13 ? 1 : view.z < 15 ? 2 : 3;
    const ranked = shapes.ranked || (shapes.ranked = shapes.places.slice().sort(function (a, b) { return rank(a) - rank(b); }));
    ranked.forEach(function (place) {
      const r = rank(place);
      if (r > least) return;
      name(place.name, (place.x - view.x0) * view.k, (place.y - view.y0) * view.k, r === 0 ? 15 : r === 1 ? 13 : 12, { colour: '#3b4252', bold: r < 2 });
    });
  }

  function rank(place) { return place.rank in RANKS ? RANKS[place.rank] : 3; }

  JJ.shedPath = shedPath;
  JJ.paintShed = paintShed;
  JJ.paintChosen = paintChosen;
  JJ.paintPart = paintPart;
  JJ.paintFacilities = paintFacilities;
  JJ.paintSites = paintSites;
  JJ.siteSpots = siteSpots;
  JJ.paintNames = paintNames;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
