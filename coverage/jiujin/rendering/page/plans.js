/* Several plans side by side: the present and every plan in one table; one is worked on, the others wait. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element;

  function plans(desk) {
    const box = element('section', { id: 'plans', 'aria-label': '方案比较' });
    JJ.byId('pane-sites').prepend(box);
    let last = 0;
    const show = function () {
      const now = performance.now();
      if (desk.dragging && now - last < 150) return;
      last = now;
      if (box.querySelector('input')) { refresh(desk, box); return; } // a name is being typed
      JJ.fill(box, [table(desk), buttons(desk, box)]);
    };
    desk.store.on(['service', 'group', 'metres', 'scenario', 'plans', 'plan', 'basket', 'dropped'], desk.later('plans', show));
    show();
  }

  function table(desk) {
    const head = ['方案', '点位', '已覆盖', '覆盖率', '增减'].map(function (name) { return element('th', { scope: 'col', text: name }); });
    return element('table', { class: 'plain plans' }, [element('thead', {}, [element('tr', {}, head)]), element('tbody', {}, lines(desk))]);
  }

  function lines(desk) {
    const look = desk.look(), state = desk.store.state, county = look.county;
    const present = element('tr', {}, [element('th', { scope: 'row', text: '现状' })].concat(cells([
      words.nothing, words.people(look.before(county)), words.percent(look.rateBefore(county)), words.nothing,
    ])));
    return [present].concat(desk.model.compare(state).map(function (one) { return line(desk, one, one.key === state.plan); }));
  }

  function line(desk, one, on) {
    const gain = one.gained === null ? words.nothing : words.signed(one.gained), count = one.sites + (one.closed ? '（停' + one.closed + '）' : '');
    return element('tr', { class: on ? 'on' : null, 'data-plan': one.key }, [
      element('th', { scope: 'row' }, [
        JJ.button(one.name, { class: 'link', title: one.name, 'aria-pressed': null, 'aria-current': on ? 'true' : null }, function () { desk.store.choosePlan(one.key); }),
      ]),
    ].concat(cells([count, words.people(one.covered), words.percent(one.rate), gain])));
  }

  function cells(texts) { return texts.map(function (text) { return element('td', { text: String(text) }); }); }

  function refresh(desk, box) { JJ.fill(box.querySelector('tbody'), lines(desk)); }

  function buttons(desk, box) {
    const store = desk.store, state = store.state, all = function () { return JJ.plans.all(store.state); };
    return element('div', { class: 'buttons' }, [
      JJ.button('新建方案', {}, function () { desk.addPlan(JJ.scenarios.empty); }),
      JJ.button('复制', { 'aria-label': '复制方案' }, function () { desk.addPlan(state.scenario, chosen(state).name + ' 副本'); }),
      JJ.button('改名', { 'aria-label': '方案改名' }, function () { rename(desk, box); }),
      JJ.button('移除方案', {}, function () {
        const rest = JJ.plans.remove(all(), state.plan), at = state.plans.findIndex(function (one) { return one.key === state.plan; });
        store.setPlans(rest, rest[Math.min(at, rest.length - 1)].key);
      }),
    ]);
  }

  function chosen(state) { return state.plans.find(function (one) { return one.key === state.plan; }); }

  /** The name in the table becomes a field until it is left. */
  function rename(desk, box) {
    const store = desk.store, plan = chosen(store.state), cell = box.querySelector('tr.on th');
    const field = element('input', { type: 'text', maxlength: '60', 'aria-label': '方案名称' });
    field.value = plan.name;
    let done = false;
    const end = function (keep) {
      if (done) return;
      done = true;
      const name = field.value.trim();
      field.remove();
      if (keep && name && name !== plan.name) store.setPlans(JJ.plans.rename(JJ.plans.all(store.state), plan.key, name), plan.key);
      JJ.fill(box, [table(desk), buttons(desk, box)]);
    };
    field.addEventListener('keydown', function (event) {
      if (event.key === 'Enter') end(true);
      if (event.key === 'Escape') { event.stopPropagation(); end(false); }
    });
    field.addEventListener('blur', function () { end(true); });
    JJ.fill(cell, [field]);
    field.focus();
    field.select();
  }

  JJ.planTable = plans;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
