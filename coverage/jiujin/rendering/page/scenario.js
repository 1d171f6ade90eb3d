/*
 * A scenario as a file: the sites that somebody placed and the facilities that somebody closed, such that `jiujin add`
 * gets exactly the numbers that the page has shown. No DOM.
 */
(function (JJ) {
  'use strict';

  /** The street position that a build takes as it stands: way, piece of the way, centimetres along it, leg. */
  function position(engine, place) {
    const on = JJ.wayOf(engine.world.streets, place.piece);
    return { street_way: on.way, street_piece: on.piece, street_cm: place.at, street_leg_cm: place.leg };
  }

  function point(lon, lat, properties) {
    return { type: 'Feature', properties: properties, geometry: { type: 'Point', coordinates: [lon, lat] } };
  }

  /** Degrees as a file states them: seven decimals, about a centimetre. */
  function degrees(value) { return Math.round(value * 1e7) / 1e7; }

  /** One new site, without a status, so that it counts. */
  function newSite(engine, site) {
    const service = engine.service(site.service), lon = degrees(site.lon), lat = degrees(site.lat);
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
  JJ.csvText = csvText;
  JJ.degrees = degrees;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
