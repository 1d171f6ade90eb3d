/* The card over the map: the figures of the chosen community, or of the chosen facility. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, REACHED = 0.8;

  function card(desk) {
    const box = JJ.byId('card');
    const show = function (state) {
      const content = state.person >= 0 ? JJ.houseCard(desk, state) : state.facility >= 0 ? facilityCard(desk, state) : state.community >= 0 ? communityCard(desk, state) : null;
      box.hidden = !content;
      if (content) JJ.fill(box, [closer(desk)].concat(content));
    };
    let last = 0;
    desk.store.on(['community', 'facility', 'person', 'service', 'group', 'metres', 'scenario', 'basket'], desk.later('card', function () {
      const now = performance.now();
      if (desk.dragging && now - last < 200) return;
      last = now;
      show(desk.store.state);
    }));
    show(desk.store.state);
  }

  function closer(desk) {
    return JJ.button('×', { class: 'close', 'aria-label': '关闭' }, function () { desk.store.set({ community: -1, facility: -1, person: -1 }); });
  }

  function communityCard(desk, state) {
    const one = desk.engine.world.communities[state.community], look = desk.look();
    const kind = [one.township, words.classes[one.urban], one.sketch ? '示意界线' : ''].filter(Boolean).join(' · ');
    return [
      element('h2', { text: one.name }),
      element('p', { class: 'sub', text: kind + ' · ' + one.code }),
      element('table', { class: 'plain' }, [
        element('thead', {}, [element('tr', {}, headings(look.touched))]),
        element('tbody', {}, desk.engine.services.map(function (service) { return serviceRow(desk, state, service, one.position, look.touched); })),
      ]),
      element('p', { class: 'sub', text: words.terms(look.state, look.service).lacks + ' ' + uncoveredText(look, one.position, desk) }),
      element('p', { class: 'sub', text: goalText(look, one.position, desk) }),
    ].concat(groupRows(desk, state, one.position, look), JJ.nearestRows(desk, state, one.position), [
      trustRow(one), JJ.curve(desk, state, one.position),
    ]);
  }

  /** How many more people a community needs within reach to count as reached (80 %, as in `unit_reached`). */
  function goalText(look, c, desk) {
    const people = look.people(c), after = look.after(c);
    if (!people || look.few(c)) return '';
    const step = desk.engine.world.meta.profile === 'public' ? 5 : 1; // as all that the public is told
    const missing = step * Math.ceil((REACHED * people - 1e-9 - after) / step);
    return '社区（村）达标线为覆盖80%：' + (missing > 0 ? '还差 ' + words.people(missing) + ' ' + words.terms(look.state, look.service).unit : '已达标');
  }

  /** Every group within the reach of the chosen service, before and after. */
  function groupRows(desk, state, c, look) {
    const groups = desk.engine.world.groups;
    if (groups.length < 2) return [];
    const rows = groups.map(function (group) {
      const own = group.id === state.group ? look : desk.model.remembered(Object.assign({}, state, { group: group.id }));
      return element('tr', { class: group.id === state.group ? 'on' : null }, [
        element('th', { scope: 'row', text: group.label }),
        element('td', { text: own.few(c) ? words.few : words.people(own.people(c)) + words.estimate(group) }),
        element('td', { text: words.percent(own.rateBefore(c)) }),
        element('td', { text: look.touched ? words.percent(own.rate(c)) : own.few(c) ? words.nothing : words.people(own.after(c)) }),
      ]);
    });
    return [
      element('h3', { text: (state.basket ? '各项服务齐全' : look.service.label) + '：分人群' }),
      element('table', { class: 'plain' }, [
        element('thead', {}, [element('tr', {}, headings(look.touched).map(function (head, i) { if (!i) head.textContent = '人群'; return head; }))]),
        element('tbody', {}, rows),
      ]),
    ];
  }

  function trustRow(one) {
    return one.trust ? element('p', { class: 'sub', text: '道路数据可信度：' + words.trust[one.trust] }) : null;
  }

  function headings(touched) {
    const names = ['服务', '对象人数', touched ? '现状' : '覆盖率'].concat(touched ? ['方案后'] : ['已覆盖']);
    return names.map(function (name) { return element('th', { scope: 'col', text: name }); });
  }

  function uncoveredText(look, c, desk) {
    if (look.people(c) === null || look.few(c)) return words.nothing;
    return words.people(look.people(c) - look.after(c)) + ' ' + words.terms(look.state, look.service).unit + '（' + (look.state.basket ? '各项服务' : look.service.label) + '，' + desk.groupLabel() + '）';
  }

  /** A service in its own terms: its group, its standard. */
  function serviceRow(desk, state, service, c, touched) {
    const look = desk.model.remembered(Object.assign({}, state, { service: service.id, group: service.group, metres: null, basket: false }));
    const group = desk.engine.groups[service.group];
    const cells = [
      element('th', { scope: 'row' }, [JJ.symbolIcon(service, 16), element('span', { text: service.label })]),
      element('td', { text: look.few(c) ? words.few : words.people(look.people(c)) + words.estimate(group) }),
      element('td', { text: words.percent(look.rateBefore(c)) }),
      element('td', { text: touched ? words.percent(look.rate(c)) : look.few(c) ? words.nothing : words.people(look.after(c)) }),
    ];
    return element('tr', { class: service.id === state.service ? 'on' : null }, cells);
  }

  function facilityCard(desk, state) {
    const one = desk.engine.world.facilities[state.facility], service = desk.engine.services[one.service];
    const closed = JJ.scenarios.isClosed(state.scenario, service.id, one.id), reached = desk.reachedBy(one, service, state);
    const facts = [
      ['服务', service.label], ['状态', closed ? '方案中停用' : words.status[one.status] || one.status || words.status.operating],
      ['计入统计', one.counted ? '是' : '否'], ['服务范围内' + reached.label, words.people(reached.people) + ' 人'], ['编号', one.id],
    ];
    if (one.outside) facts.push(['位置', '县界外']);
    return [
      element('h2', {}, [JJ.symbolIcon(service, 20, { hollow: !one.counted }), element('span', { text: one.name })]),
      element('dl', { class: 'facts' }, facts.map(function (row) {
        return element('div', {}, [element('dt', { text: row[0] }), element('dd', { text: row[1], title: row[1] })]);
      })),
      one.counted ? JJ.button(closed ? '恢复运营' : '试算：停用该设施', { class: 'wide' }, function () { desk.toggleClosed(service.id, one.id); }) : null,
    ];
  }

  JJ.card = card;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
