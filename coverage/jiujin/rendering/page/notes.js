/* What the numbers rest on: the definitions, and what was found wrong with the data; tabs of the panel. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element;

  function notes(desk) {
    const meta = desk.engine.world.meta;
    JJ.fill(JJ.byId('caliber'), meta.caliber.map(function (line) { return element('li', { text: line }); }));
    if (meta.profile === 'public') JJ.byId('replay').textContent = '公开版按合并格网试算，人数取整到5；导出的方案可用 jiujin add 并入设施台账，正式结果以内部版为准。';
    const counts = { error: 0, warning: 0, info: 0 };
    meta.problems.forEach(function (one) { counts[one[0]]++; });
    const said = Object.keys(counts).filter(function (key) { return counts[key]; })
      .map(function (key) { return words.severity[key] + counts[key] + '条'; }).join('、');
    JJ.byId('quality-sum').textContent = meta.problem_count
      ? said + (meta.problem_count > meta.problems.length ? '（仅列前' + meta.problems.length + '条，全部' + meta.problem_count + '条见 quality.csv）' : '')
      : '没有发现问题';
    JJ.fill(JJ.byId('quality'), meta.problems.map(function (one) {
      return element('li', { class: one[0] }, [element('b', { text: words.severity[one[0]] }), element('span', { text: one[1] })]);
    }));
    JJ.byId('about').textContent = '就近 ' + meta.version + ' · 路网指纹 ' + meta.network_hash + ' · 地图引擎 Leaflet 1.9.4（BSD-2-Clause）';
  }

  /** Tabs by the pattern that screen readers know: arrows move, the chosen one alone takes the focus. */
  function tabs(desk) {
    const all = Array.from(document.querySelectorAll('[role=tab]'));
    const show = function (state) {
      all.forEach(function (tab) {
        const on = tab.id === 'tab-' + state.tab;
        tab.setAttribute('aria-selected', on ? 'true' : 'false');
        tab.tabIndex = on ? 0 : -1;
        JJ.byId(tab.getAttribute('aria-controls')).hidden = !on;
      });
    };
    all.forEach(function (tab, i) {
      JJ.byId(tab.getAttribute('aria-controls')).tabIndex = 0; // a pane that scrolls must be reached by keys
      tab.addEventListener('click', function () { desk.store.set({ tab: tab.id.slice(4) }); });
      tab.addEventListener('keydown', function (event) {
        const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? all.length - 1 : 0;
        if (!step) return;
        const next = all[(i + step) % all.length];
        desk.store.set({ tab: next.id.slice(4) });
        next.focus();
      });
    });
    desk.store.on(['tab'], show);
    show(desk.store.state);
  }

  JJ.notes = notes;
  JJ.tabs = tabs;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
