/* Targets: what was promised, what is there, and whether it will be in time. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element;
  const STATES = { '已完成': 'done', '按期推进': 'course', '滞后': 'behind', '无数据': 'unknown' };

  /** A figure as its plan states it: shares of one in per cent, the others with their unit. */
  function figure(value, target) {
    if (value === null || value === undefined) return words.nothing;
    const share = !target.unit && target.goal <= 1;
    if (share) return words.percent(value);
    return (Math.round(value * 10) / 10).toLocaleString('zh-CN') + (target.unit || '');
  }

  function targets(desk) {
    const all = desk.engine.world.meta.targets || [];
    if (!all.length) return;
    const counts = Object.keys(STATES).map(function (state) { return [state, all.filter(function (one) { return one.state === state; }).length]; });
    const sum = counts.filter(function (one) { return one[1]; }).map(function (one) { return one[0] + one[1] + '项'; }).join('、');
    JJ.pane('targets', '目标任务', [
      element('p', { class: 'note', text: '共' + all.length + '项：' + sum + '。按' + desk.engine.world.meta.as_of + '现状核对。' }),
      element('ul', { id: 'target-list' }, all.map(function (one) { return item(desk, one); })),
    ]);
  }

  function item(desk, one) {
    const own = one.service && desk.engine.services.some(function (service) { return service.id === one.service; });
    const name = own ? JJ.button(one.label, { class: 'link', title: one.label }, function () { desk.choose(one.service); }) : element('span', { class: 'label', text: one.label, title: one.label });
    const bar = element('i', {}), most = Math.max(one.goal, one.found || 0) || 1;
    bar.style.width = (100 * (one.found || 0) / most).toFixed(1) + '%';
    const goal = element('b', {});
    goal.style.left = (100 * one.goal / most).toFixed(1) + '%';
    return element('li', { class: STATES[one.state] }, [
      name, element('span', { class: 'state', text: one.state }),
      element('small', { text: '现状 ' + figure(one.found, one) + ' · 目标 ' + figure(one.goal, one) }),
      element('div', { class: 'track', 'aria-hidden': 'true' }, [bar, goal]),
      one.source || one.note ? element('small', { class: 'source', text: [one.source, one.note].filter(Boolean).join('；') }) : null,
    ]);
  }

  /** A further tab of the panel, with its pane. */
  function pane(name, label, children) {
    const tab = element('button', { type: 'button', role: 'tab', id: 'tab-' + name, 'aria-controls': 'pane-' + name, text: label });
    const box = element('section', { id: 'pane-' + name, role: 'tabpanel', 'aria-labelledby': 'tab-' + name, hidden: true }, children);
    JJ.byId('tab-notes').before(tab);
    JJ.byId('pane-notes').before(box);
    return box;
  }

  JJ.targets = targets;
  JJ.targetFigure = figure;
  JJ.pane = pane;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
