/*
 * An online background for those who have one: offered only where the study names the servers that its pages may ask
 * ([output] tiles). Nothing is asked before the reader chooses; key and address stay in this browser, never in the file.
 */
(function (JJ) {
  'use strict';

  const element = JJ.element, MEMORY = 'jiujin:tiles';
  const TIANDITU = 'https://t{s}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default' +
    '&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=';
  const KINDS = [['', '不用在线底图'], ['vec', '天地图矢量（填密钥）'], ['img', '天地图影像（填密钥）'], ['own', '其他瓦片（填地址）'], ['gcj', '其他瓦片，GCJ-02（高德等）']];

  /** How far GCJ-02 lies from WGS 84 at a place, in degrees [east, north]: the published formula. */
  function gcjOffset(lon, lat) {
    const x = lon - 105, y = lat - 35, pi = Math.PI, sine = Math.sin;
    const waves = function (a, b, c) { return (20 * sine(6 * pi * a) + 20 * sine(2 * pi * a) + 20 * sine(b * pi) + 40 * sine(b / 3 * pi)) * 2 / 3 + c; };
    const root = Math.sqrt(Math.abs(x));
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves(x, y, (160 * sine(y / 12 * pi) + 320 * sine(y * pi / 30)) * 2 / 3);
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves(x, x, (150 * sine(x / 12 * pi) + 300 * sine(x / 30 * pi)) * 2 / 3);
    const phi = lat * pi / 180, magic = 1 - 0.00669342162296594323 * sine(phi) * sine(phi), half = 6378245 * pi / 180;
    return [east / (half / Math.sqrt(magic) * Math.cos(phi)), north / (half * (1 - 0.00669342162296594323) / (magic * Math.sqrt(magic)))];
  }

  /** Tiles drawn in GCJ-02, moved so that they fit at the centre of the view: for looking at only. */
  const Shifted = L.TileLayer.extend({
    there: function (centre) {
      const offset = gcjOffset(centre.lng, centre.lat);
      return L.latLng(centre.lat + offset[1], centre.lng + offset[0]);
    },
    _getTiledPixelBounds: function (centre) { return L.TileLayer.prototype._getTiledPixelBounds.call(this, this.there(centre)); },
    _setZoomTransform: function (level, centre, zoom) { L.TileLayer.prototype._setZoomTransform.call(this, level, this.there(centre), zoom); },
  });

  function layersOf(choice) {
    const options = { pane: 'base', maxZoom: 19, subdomains: '01234567' };
    if (!choice.kind || !choice.said) return [];
    if (choice.kind === 'gcj') return [new Shifted(choice.said, options)];
    if (choice.kind === 'own') return [L.tileLayer(choice.said, options)];
    return [choice.kind, choice.kind === 'vec' ? 'cva' : 'cia'].map(function (layer) {
      return L.tileLayer(TIANDITU + encodeURIComponent(choice.said), Object.assign({ layer: layer }, options));
    });
  }

  /** Whether the page may ask this address at all: its policy names the servers. */
  function allowed(choice, servers) {
    const address = choice.kind === 'own' || choice.kind === 'gcj' ? choice.said : TIANDITU;
    let asked;
    try {
      asked = new URL(address.replace('{s}', '0'));
    } catch (error) {
      return false;
    }
    return servers.some(function (server) {
      const parts = server.split('://'), host = parts[1];
      if (asked.protocol !== parts[0] + ':') return false;
      return host.indexOf('*.') === 0 ? asked.host.slice(-host.length + 1) === host.slice(1) : asked.host === host;
    });
  }

  function tiles(desk) {
    const servers = desk.engine.world.meta.tiles;
    if (!servers) return;
    desk.map.createPane('base').style.zIndex = 100;
    let shown = [];
    const show = function (choice) {
      shown.forEach(function (layer) { layer.remove(); });
      shown = layersOf(choice);
      shown.forEach(function (layer) { layer.addTo(desk.map); });
      desk.layers.ground.setOpacity(shown.length ? 0.6 : 1);
    };
    const choice = remembered();
    const kind = element('select', { 'aria-label': '在线底图' }, KINDS.map(function (one) { return element('option', { value: one[0], text: one[1] }); }));
    const said = element('input', { type: 'text', 'aria-label': '天地图密钥或瓦片地址', placeholder: '密钥，或 https://…/{z}/{x}/{y}.png', spellcheck: 'false', autocomplete: 'off' });
    const apply = function () {
      const now = { kind: kind.value, said: said.value.trim() };
      said.hidden = !now.kind;
      remember(now);
      if (now.kind && now.said && !allowed(now, servers)) { JJ.tell('本页只可访问：' + servers.join('、')); show({}); return; }
      show(now);
    };
    kind.value = choice.kind;
    said.value = choice.said;
    kind.addEventListener('change', apply);
    said.addEventListener('change', apply);
    JJ.byId('layers-body').append(element('div', { class: 'tiles' }, [kind, said, element('p', { class: 'note', text: '联网底图仅供对照；密钥只存在本机浏览器。' })]));
    said.hidden = !choice.kind;
    if (choice.kind && allowed(choice, servers)) show(choice);
  }

  function remembered() {
    try {
      const known = JSON.parse(localStorage.getItem(MEMORY)) || {};
      return { kind: KINDS.some(function (one) { return one[0] === known.kind; }) ? known.kind : '', said: String(known.said || '') };
    } catch (error) {
      return { kind: '', said: '' };
    }
  }

  function remember(choice) {
    try {
      localStorage.setItem(MEMORY, JSON.stringify(choice));
    } catch (error) {
      JJ.tell('浏览器不保存设置，下次打开需重新填写');
    }
  }

  JJ.tiles = tiles;
  JJ.gcjOffset = gcjOffset;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
