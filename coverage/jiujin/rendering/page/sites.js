/* What-if: sites placed by hand and facilities closed, with what each gains; undo, redo, files. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, scenarios = JJ.scenarios;

  function sites(desk) {
    const show = function () {
      JJ.fill(JJ.byId('site-list'), siteItems(desk));
      JJ.fill(JJ.byId('closed-list'), closedItems(desk));
      JJ.byId('undo').disabled = !desk.store.past.length;
      JJ.byId('redo').disabled = !desk.store.future.length;
      const none = !desk.store.state.scenario.sites.length && !desk.store.state.scenario.closed.length;
      ['clear', 'save-geojson', 'save-csv'].forEach(function (id) { JJ.byId(id).disabled = none; });
      JJ.byId('no-sites').hidden = !none;
    };
    wire(desk);
    desk.store.on(['service', 'group', 'metres', 'scenario', 'site', 'plans'], desk.later('sites', function () {
      if (!document.activeElement || document.activeElement.getAttribute('data-rename') === null) show();
      else figuresOnly(desk);
    }));
    desk.store.on(['placing'], function (state) {
      JJ.byId('place').setAttribute('aria-pressed', state.placing ? 'true' : 'false');
      desk.map.getContainer().classList.toggle('placing', state.placing);
      if (!state.placing) { JJ.byId('told').classList.remove('shown'); return; }
      desk.showStage();
      JJ.tell('请在图上点击要放置的位置；再按一次按钮或按 Esc 取消');
    });
    drag(desk);
    show();
  }

  function wire(desk) {
    const store = desk.store, on = function (id, listener) { JJ.byId(id).addEventListener('click', listener); };
    on('place', function () { store.set({ placing: !store.state.placing }); });
    on('place-centre', function () { const c = desk.map.getCenter(); desk.place(c.lng, c.lat); });
    on('undo', function () { store.undo(); });
    on('redo', function () { store.redo(); });
    on('clear', function () { store.setScenario(scenarios.empty); });
    on('save-geojson', function () { JJ.save('选址方案.geojson', desk.scenarioText(), 'application/geo+json'); });
    on('save-csv', function () { JJ.save('选址方案.csv', JJ.csvText(desk.scenarioRows()), 'text/csv'); });
    JJ.byId('load').addEventListener('change', function (event) { load(desk, event.target); });
    document.addEventListener('keydown', function (event) { shortcut(desk, event); });
  }

  /** Take in a scenario file; one of another study, or one that makes no sense, is refused with the reason. */
  async function load(desk, input) {
    const file = input.files[0];
    if (!file) return;
    try {
      const scenario = JJ.readScenarioFile(desk.engine, new Uint8Array(await file.arrayBuffer())), now = desk.store.state.scenario;
      if (now.sites.length + now.closed.length) desk.addPlan(scenario, file.name.replace(/\.[^.]*$/, '')); else desk.store.setScenario(scenario);
      JJ.tell('已导入' + scenario.sites.length + '个拟建点位、' + scenario.closed.length + '处停用设施');
    } catch (error) {
      JJ.tell('不能导入：' + error.message);
    }
    input.value = '';
  }

  function shortcut(desk, event) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== 'range';
    if (typing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
      event.preventDefault();
      if (event.shiftKey) desk.store.redo(); else desk.store.undo();
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'y') { event.preventDefault(); desk.store.redo(); }
    if (event.key === 'Escape') desk.store.set({ placing: false, measuring: false, ruler: [], community: -1, facility: -1, person: -1, gap: -1 });
    if (!event.altKey || !desk.store.state.site) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (steps[event.key]) {
      event.preventDefault();
      desk.nudge(steps[event.key][0] * 8, steps[event.key][1] * 8);
    }
  }

  /** What a site brings: after those before it, all together then, and by itself where that differs. */
  function gainText(gain, place, desk) {
    if (!place) return '距可步行道路超过' + desk.engine.world.meta.snap_limit_m + '米，不起作用';
    if (!gain) return '';
    const alone = Math.round(gain.alone) === Math.round(gain.next) ? '' : '，单独' + words.people(gain.alone) + '人';
    return '新增 ' + words.people(gain.next) + ' 人，累计 ' + words.percent(gain.rate) + alone;
  }

  function siteItems(desk) {
    const look = desk.look(), gains = desk.model.gains(look), store = desk.store;
    return look.sites.map(function (site, i) {
      const name = element('input', {
        type: 'text', maxlength: '60', 'aria-label': '点位名称', 'data-rename': site.key,
        focus: function () { store.set({ site: site.key }); },
        change: function () { store.setScenario(scenarios.change(store.state.scenario, site.key, { name: name.value.trim() || site.name })); },
      });
      name.value = site.name;
      return element('li', { class: store.state.site === site.key ? 'on' : null, 'data-site': site.key }, [
        element('span', { class: 'number', text: String(number(store.state.scenario, site)) }), name,
        JJ.button('定位', {}, function () { store.set({ site: site.key }); desk.goTo(site.lon, site.lat); }),
        JJ.button('删除', { 'aria-label': '删除' + site.name }, function () { store.setScenario(scenarios.remove(store.state.scenario, site.key)); }),
        element('span', { class: look.places[i] ? 'gain' : 'gain off', text: gainText(gains[i], look.places[i], desk) }),
      ]);
    });
  }

  /** While a name is being typed only the figures change, so that the field keeps the reader's place. */
  function figuresOnly(desk) {
    const look = desk.look(), gains = desk.model.gains(look);
    look.sites.forEach(function (site, i) {
      const item = Array.from(JJ.byId('site-list').children).find(function (one) { return one.getAttribute('data-site') === site.key; });
      if (item) item.querySelector('.gain').textContent = gainText(gains[i], look.places[i], desk);
    });
  }

  function number(scenario, site) { return scenario.sites.indexOf(site) + 1; }

  function closedItems(desk) {
    const store = desk.store;
    return store.state.scenario.closed.filter(function (one) { return one.service === store.state.service; }).map(function (one) {
      const facility = desk.facility(one.service, one.id);
      return element('li', { class: 'closed' }, [
        element('span', { class: 'name', text: '停用：' + (facility ? facility.name : one.id) }),
        JJ.button('恢复', {}, function () { desk.toggleClosed(one.service, one.id); }),
      ]);
    });
  }

  /** Take a proposed site by mouse, pen or finger and pull it along; everything follows within a frame. */
  function drag(desk) {
    const box = desk.map.getContainer(), store = desk.store;
    let held = null;
    const at = function (event) { return desk.map.mouseEventToLatLng(event); };
    box.addEventListener('pointerdown', function (event) {
      const target = desk.layers.targetAt(desk.map.mouseEventToContainerPoint(event), event.pointerType === 'touch' ? 16 : 5); // a finger is wide
      if (!target || !target.site || event.button > 0) return;
      held = { key: target.site.key, moved: false };
      desk.map.dragging.disable();
      box.setPointerCapture(event.pointerId);
      store.set({ site: held.key });
    }, true);
    box.addEventListener('pointermove', function (event) {
      if (!held) return;
      held.moved = desk.dragging = true;
      const place = at(event);
      store.setScenario(scenarios.change(store.state.scenario, held.key, { lon: JJ.degrees(place.lng), lat: JJ.degrees(place.lat) }), true);
    });
    const drop = function () {
      if (!held) return;
      const moved = held.moved;
      held = null;
      desk.dragging = false;
      desk.map.dragging.enable();
      if (!moved) return;
      desk.justDragged = true;
      setTimeout(function () { desk.justDragged = false; }, 50);
      store.setScenario(Object.assign({}, store.state.scenario));
    };
    box.addEventListener('pointerup', drop);
    box.addEventListener('pointercancel', drop);
  }

  JJ.sites = sites;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
