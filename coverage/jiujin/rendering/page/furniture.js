/* What a map must carry: legend, title block, scale bar, north arrow; and the boxes that switch layers. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, EQUATOR_M = 40075016.686;
  const LAYERS = [
    ['since', '与上次相比'],
    ['fill', '覆盖率分级'], ['uncovered', '未覆盖人口'], ['covered', '已覆盖人口'], ['facilities', '设施'],
    ['others', '其他服务设施'], ['carried', '优化选址点'], ['settled', '只填充居住区域'], ['trust', '道路数据可信度'], ['legs', '需核实的接入线'], ['streets', '道路'], ['around', '水系、铁路、建筑'], ['labels', '注记'],
  ];

  function furniture(desk) {
    const legend = function () { JJ.fill(JJ.byId('legend-body'), legendRows(desk)); };
    const block = function () { JJ.fill(JJ.byId('title-block'), titleRows(desk)); };
    desk.store.on(['service', 'group', 'metres', 'scenario', 'basket', 'heat', 'heated', 'layers', 'gap', 'gaps'], function () { if (!desk.dragging) { legend(); block(); } });
    desk.map.on('zoomend moveend', function () { block(); scale(desk); });
    if (window.matchMedia('(max-width: 1000px), (max-height: 560px)').matches) JJ.byId('legend').open = false;
    legend();
    block();
    scale(desk);
    layerBoxes(desk);
  }

  function metresPerPixel(map) {
    return EQUATOR_M * Math.cos(map.getCenter().lat * Math.PI / 180) / (256 * Math.pow(2, map.getZoom()));
  }

  function swatchRow(kind, text) {
    return element('div', { class: 'key' }, [element('i', { class: 'swatch ' + kind }), element('span', { text: text })]);
  }

  function symbolRow(service, look, text) {
    return element('div', { class: 'key' }, [JJ.symbolIcon(service, 18, look), element('span', { text: text })]);
  }

  function legendRows(desk) {
    const look = desk.look(), service = look.service, state = desk.store.state, terms = words.terms(state, service);
    const rows = classRows(desk).concat([swatchRow('none', '无服务对象')], JJ.heatRows(desk), trustRows(desk), JJ.legRows(desk));
    rows.push(element('h2', { text: '人口' }));
    rows.push(swatchRow('dot un', terms.lacks), swatchRow('dot co', terms.has));
    if (look.touched) rows.push(swatchRow('dot ga', '方案新增覆盖'));
    if (look.change.lost.length) rows.push(swatchRow('dot lo', '停用后失去覆盖'));
    JJ.sinceKeys(desk).forEach(function (key) {
      rows.push(element('div', { class: 'key' }, [element('i', { class: key[0] ? 'triangle more' : 'triangle less', text: key[0] ? '▲' : '▽' }), element('span', { text: key[1] })]));
    });
    if (state.gaps || state.gap >= 0) rows.push(swatchRow('gap', '服务盲区'));
    rows.push(element('h2', { text: '设施' }));
    desk.engine.services.forEach(function (one) {
      if (one === service || state.basket || state.layers.others) rows.push(symbolRow(one, {}, (one === service && !state.basket ? '现状' : '') + one.label + '（' + desk.engine.sites(one).length + '处）'));
    });
    const others = desk.engine.world.facilities.some(function (one) { return one.service === service.position && !one.counted; });
    if (others) rows.push(symbolRow(service, { hollow: true }, '未计入（在建、拟建、停用）'));
    if (JJ.carriedShown(desk)) rows.push(carriedRow(desk, service));
    if (look.sites.length) rows.push(symbolRow(service, { hollow: true, letter: '1' }, '拟建点位及步行范围'));
    return rows;
  }

  function carriedRow(desk, service) {
    const ring = element('i', { class: 'ring', text: '1' });
    ring.style.color = service.colour;
    return element('div', { class: 'key' }, [ring, element('span', { text: '优化选址点（' + desk.engine.world.meta.siting.sites.length + '处，按次序）' })]);
  }

  /** The classes of the fill: shares of people, or services that people reach on average. */
  function classRows(desk) {
    const state = desk.store.state, all = desk.engine.services.length, rows = [];
    if (!state.basket) {
      rows.push(element('h2', { text: desk.groupLabel() + '覆盖率' }));
      for (let k = 4; k >= 0; k--) rows.push(swatchRow('c' + k, words.shares[k]));
      return rows;
    }
    rows.push(element('h2', { text: '人均可达服务（共' + all + '项）' }));
    for (let n = all; n >= 0; n--) rows.push(swatchRow('c' + Math.round(4 * n / all), words.about(n)));
    return rows;
  }

  function trustRows(desk) {
    if (!desk.store.state.layers.trust) return [];
    return [element('h2', { text: '道路数据可信度' }), swatchRow('fair', '一般'), swatchRow('poor', '不足')];
  }

  function titleRows(desk) {
    const meta = desk.engine.world.meta, look = desk.look(), state = desk.store.state;
    const terms = words.terms(state, look.service);
    const scaleText = '1:' + (Math.round(metresPerPixel(desk.map) / 0.0254 * 96 / 100) * 100).toLocaleString('zh-CN');
    const rows = [
      element('strong', { text: meta.name + terms.map }),
      element('span', { text: desk.groupLabel() + ' · 沿' + (look.service.step_free && !state.basket ? '无台阶' : '') + '步行路网' + terms.reach }),
      element('span', { text: words.coordinateSystem(meta.epsg) + ' · 屏幕比例尺 ' + scaleText }),
      element('span', { text: [meta.unit && '编制单位：' + meta.unit, '数据截至 ' + meta.as_of].filter(Boolean).join(' · ') }),
    ];
    if (desk.since) rows.push(element('span', { text: '变化：与' + desk.since.before + '相比' }));
    rows.push(element('span', { text: words.secrecy(meta) }));
    return rows;
  }

  /** A bar of a round length, between 60 and 150 pixels. */
  function scale(desk) {
    const perPixel = metresPerPixel(desk.map), most = 150 * perPixel, power = Math.pow(10, Math.floor(Math.log10(most)));
    const metres = [5, 2, 1].map(function (n) { return n * power; }).find(function (n) { return n <= most; });
    JJ.byId('scale-bar').style.width = Math.round(metres / perPixel) + 'px';
    JJ.byId('scale-text').textContent = metres >= 1000 ? metres / 1000 + ' 公里' : metres + ' 米';
  }

  function layerBoxes(desk) {
    const box = JJ.byId('layers-body'), meta = desk.engine.world;
    LAYERS.forEach(function (one) {
      if (one[0] === 'others' && desk.engine.services.length < 2) return;
      if (one[0] === 'since' && !desk.since) return;
      if (one[0] === 'carried' && !meta.meta.siting) return;
      if (one[0] === 'trust' && !(meta.meta.trust || []).length) return;
      if (one[0] === 'legs' && !JJ.anyLegs(desk.engine)) return;
      if (one[0] === 'around' && !(meta.outlines.water.shapes.length + meta.outlines.rail.shapes.length + meta.outlines.building.shapes.length)) return;
      const input = element('input', {
        type: 'checkbox', change: function () {
          const patch = {};
          patch[one[0]] = input.checked;
          desk.store.set({ layers: Object.assign({}, desk.store.state.layers, patch) });
        },
      });
      const follow = function () { input.checked = desk.store.state.layers[one[0]]; };
      desk.store.on(['layers'], follow); // an address or a script may change it, too
      follow();
      box.append(element('label', {}, [input, element('span', { text: one[1] })]));
    });
  }

  JJ.furniture = furniture;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
