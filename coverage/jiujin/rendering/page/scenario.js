/*
 * A scenario as a file: the sites that somebody placed and the facilities that somebody closed, such that `jiujin add`
 * gets exactly the numbers that the page has shown. No DOM.
 */
(function (JJ) {
  'use strict';

  const MOST = 200; // points of one plan: as many as an address holds

  /** The street position that a build takes as it stands: way, piece of the way, centimetres along it, leg. */
  function position(engine, place) {
    const on = JJ.wayOf(engine.world.streets, place.piece);
    return { street_way: on.way, street_piece: on.piece, street_cm: place.at, street_leg_cm: place.leg };
  }

  function point(lon, lat, properties) {
    return { type: 'Feature', properties: properties, geometry: { type: 'Point', coordinates: [lon, lat] } };
  }

  /** One new site, without a status, so that it counts. */
  function newSite(engine, site) {
    const service = engine.service(site.service), lon = JJ.degrees(site.lon), lat = JJ.degrees(site.lat);
    const place = engine.attach(service, lon, lat);
    return point(lon, lat, Object.assign(
      { name: site.name, service: service.id, lon: lon, lat: lat },
      place ? position(engine, place) : {},
      { network_hash: engine.world.meta.network_hash }
    ));
  }

  /** One facility that is to be closed: its id says which, its status that it no longer counts. */
  function closedSite(engine, service, id) {
    const found = engine.world.facilities.find(function (one) {
      return one.service === engine.service(service).position && one.id === id;
    });
    if (!found) throw new Error('没有编号为“' + id + '”的设施');
    return point(found.lon, found.lat, {
      id: found.id, name: found.name, service: service, status: 'closed', lon: found.lon, lat: found.lat,
    });
  }

  /** GeoJSON text of new sites ({service, name, lon, lat}) and closed facilities ({service, id}). */
  function scenarioText(engine, sites, closed, name) {
    const features = sites.map(function (site) { return newSite(engine, site); }).concat(
      closed.map(function (one) { return closedSite(engine, one.service, one.id); })
    );
    const meta = engine.world.meta;
    return JSON.stringify({
      type: 'FeatureCollection',
      name: name || '选址方案',
      jiujin: { study: meta.name, as_of: meta.as_of, version: meta.version, network_hash: meta.network_hash },
      features: features,
    }, null, 1);
  }

  /** A scenario out of the text of a GeoJSON or CSV file that a page of the same study and streets wrote. */
  function readScenario(engine, text) {
    const plain = text.replace(/^\ufeff/, '');
    return scenarioOf(engine, /^\s*[{[]/.test(plain) ? geojsonRows(plain) : csvRows(plain));
  }

  /** The same out of the bytes of a file, which may be a workbook, too. */
  function readFile(engine, bytes) {
    if (bytes[0] === 0xd0 && bytes[1] === 0xcf) throw new Error('不能读取 xls 工作簿，请另存为 xlsx 或 csv');
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) return scenarioOf(engine, JJ.workbookRows(bytes));
    return readScenario(engine, textOf(bytes));
  }

  function scenarioOf(engine, rows) {
    if (!rows.length) throw new Error('文件中没有点位');
    if (rows.length > MOST) throw new Error('文件中有' + rows.length.toLocaleString('zh-CN') + '个点位，本页一个方案最多' + MOST + '个；数量较多时请用 jiujin add 并入设施台账后重新生成');
    const sites = [], closed = [];
    rows.forEach(function (row, i) {
      const where = '第' + (i + 1) + '个点位', service = engine.services.find(function (one) { return one.id === row.service; });
      if (!row.service) throw new Error(where + '没有写明服务（service 列）');
      if (!service) throw new Error(where + '的服务“' + String(row.service).slice(0, 40) + '”不在本页');
      if (row.network_hash && row.network_hash !== engine.world.meta.network_hash) throw new Error('方案属于' + (row.study ? '“' + String(row.study).slice(0, 40) + '”的' : '') + '另一份路网数据，不能用于“' + engine.world.meta.name + '”');
      if (row.status === 'closed') {
        const id = closedId(engine, service, row.id, where);
        if (!closed.some(function (one) { return one.service === service.id && one.id === id; })) closed.push({ service: service.id, id: id });
        return;
      }
      const lon = Number(row.lon), lat = Number(row.lat);
      if (!row.lon || !row.lat || !(Math.abs(lon) <= 180) || !(Math.abs(lat) <= 85)) throw new Error(where + '没有可用的经纬度');
      sites.push({ key: 's' + (sites.length + 1), service: service.id, lon: lon, lat: lat, name: String(row.name || '拟建点位').slice(0, 60) });
    });
    return { sites: sites, closed: closed };
  }

  function closedId(engine, service, id, where) {
    const known = engine.world.facilities.some(function (one) { return one.service === service.position && one.id === String(id); });
    if (!known) throw new Error(where + '要停用的设施“' + String(id).slice(0, 40) + '”不在本页');
    return String(id);
  }

  function geojsonRows(text) {
    let read;
    try {
      read = JSON.parse(text);
    } catch (error) {
      throw new Error('文件不是完整的 GeoJSON');
    }
    if (!read || !Array.isArray(read.features)) throw new Error('文件不是方案');
    const said = read.jiujin || {}; // what the whole file says stands for rows that say nothing
    return read.features.map(function (one) {
      return Object.assign({ network_hash: said.network_hash, study: said.study }, (one && one.properties) || {});
    });
  }

  /** The text of a file in Unicode, or as spreadsheet programs in China save it. */
  function textOf(bytes) {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (error) {
      return new TextDecoder('gb18030').decode(bytes);
    }
  }

  function csvRows(text) {
    const cells = csvCells(text);
    return byHeadings(cells.shift() || [], cells);
  }

  /** Rows by their headings, empty ones left out; the sign before an inert formula is taken off. */
  function byHeadings(names, rows) {
    return rows.filter(function (row) { return row.join('').trim(); }).map(function (row) {
      const found = {};
      names.forEach(function (name, i) { found[name.trim()] = (row[i] || '').replace(/^'(?=[\s=+\-@])/, ''); });
      return found;
    });
  }

  function csvCells(text) {
    const rows = [[]];
    text.replace(/("([^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g, function (whole, value, _, end) {
      rows[rows.length - 1].push(value[0] === '"' ? value.slice(1, -1).replace(/""/g, '"') : value);
      if (end && end !== ',') rows.push([]);
      return '';
    });
    return rows;
  }

  /** A table that spreadsheet programs open and do not execute: BOM, quoted, formula signs made inert. */
  function csvText(rows) {
    return '\ufeff' + rows.map(function (row) { return row.map(cell).join(','); }).join('\r\n') + '\r\n';
  }

  function cell(value) {
    if (typeof value === 'number') return String(value);
    const text = value === null || value === undefined ? '' : String(value);
    const safe = /^[\s\u200b\ufeff]*[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  }

  JJ.scenarioText = scenarioText;
  JJ.readScenario = readScenario;
  JJ.readScenarioFile = readFile;
  JJ.byHeadings = byHeadings;
  JJ.csvText = csvText;
  JJ.MOST_SITES = MOST;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
