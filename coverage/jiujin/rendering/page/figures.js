/* The figures of the chosen service, and the conditions they are asked under: group and walking distance. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element;

  function figures(desk) {
    const box = JJ.byId('figures');
    const show = function () { JJ.fill(box, content(desk)); };
    desk.store.on(['service', 'group', 'metres', 'scenario', 'basket', 'township'], show);
    show();
  }

  function content(desk) {
    const look = desk.look(), county = look.county, people = look.people(county), after = look.after(county);
    const rate = JJ.rate(after, people), group = desk.engine.groups[look.state.group];
    if (people === null) {
      return [element('p', { class: 'note', text: '人口数据中没有' + desk.groupLabel() + '，也未给出估算比例：只计算步行距离，人数与覆盖率留空。' })];
    }
    return [
      element('div', { class: 'big' }, [
        element('div', {}, [
          element('div', { class: 'cap', text: (desk.store.state.township ? '全域' : '') + words.terms(look.state, look.service).county + (look.touched ? '（方案后）' : '') }),
          element('div', { class: 'num', id: 'rate', text: words.percent(rate) }),
        ]),
        look.touched ? element('div', { class: 'delta' }, [
          element('div', { text: '现状 ' + words.percent(look.rateBefore(county)) }),
          element('strong', { class: rate < look.rateBefore(county) ? 'minus' : null, text: words.points(look.rateBefore(county), rate) }),
        ]) : null,
      ]),
      bar(look, county),
      element('dl', { class: 'facts' }, facts(desk, look, group)),
      look.state.basket ? reachedRows(desk, look) : null,
    ];
  }

  /** People by how many of the services they reach. */
  function reachedRows(desk, look) {
    const counts = JJ.basket.byCount(desk.engine, look.state.group, look.change.more), people = look.people(look.county), rows = [];
    for (let n = counts.length - 1; n >= 0; n--) {
      const bar = element('i', {}), share = JJ.rate(counts[n], people);
      bar.style.width = (100 * (share || 0)).toFixed(1) + '%';
      rows.push(element('span', { text: n + '项' }), element('span', { class: 'meter' }, [bar]), element('span', { text: words.people(counts[n]) + '人 ' + words.percent(share) }));
    }
    return element('div', { class: 'reached', role: 'group', 'aria-label': '按可达服务项数' }, rows);
  }

  function bar(look, county) {
    const share = function (value) { return (100 * (JJ.rate(value, look.people(county)) || 0)).toFixed(2) + '%'; };
    const made = element('div', { class: 'bar', role: 'img', 'aria-label': '覆盖' + words.percent(look.rate(county)) }, [element('i', { class: 'is' })]);
    made.firstChild.style.width = share(Math.min(look.before(county), look.after(county)));
    if (look.touched) {
      const more = element('i', { class: look.after(county) >= look.before(county) ? 'more' : 'less' });
      more.style.width = share(Math.abs(look.after(county) - look.before(county)));
      made.append(more);
    }
    return made;
  }

  function facts(desk, look, group) {
    const county = look.county, terms = words.terms(look.state, look.service), rows = [
      ['服务对象', words.group(group)],
      [terms.count, words.people(look.people(county))],
      ['已覆盖', words.people(look.after(county))],
      ['未覆盖', words.people(look.people(county) - look.after(county))],
    ];
    if (look.state.basket) rows.splice(1, rows.length - 1, [terms.count, words.people(look.people(county))], ['齐全', words.people(look.after(county))]);
    if (look.touched) rows.push(['方案增减', words.signed(look.after(county) - look.before(county)) + ' ' + terms.unit]);
    [true, false].forEach(function (urban) {
      const one = desk.model.classRate(look, urban);
      if (one.people > 0) rows.push([words.classes[urban], words.percent(one.rate)]);
    });
    return rows.map(function (row) {
      return element('div', { class: row[0] === '服务对象' ? 'all' : null }, [element('dt', { text: row[0] }), element('dd', { text: row[1] })]);
    });
  }

  /** Group, standard or own distance, minutes at the group's speed. */
  function conditions(desk) {
    const group = JJ.byId('group'), slider = JJ.byId('metres'), buttons = JJ.byId('minutes');
    desk.engine.world.groups.forEach(function (one) {
      group.append(element('option', { value: one.id, text: words.group(one) }));
    });
    group.addEventListener('change', function () { desk.store.set({ group: group.value }); });
    slider.addEventListener('input', function () { desk.store.set({ metres: Number(slider.value) }); });
    const show = function (state) {
      const service = desk.engine.service(state.service);
      if (desk.engine.groups[state.group]) group.value = state.group;
      slider.value = state.metres || service.reach_m.urban;
      slider.setAttribute('aria-valuetext', reachText(desk, state, service));
      JJ.byId('reach').textContent = reachText(desk, state, service);
      slider.disabled = state.basket;
      JJ.fill(buttons, choices(desk, state, service));
    };
    desk.store.on(['service', 'group', 'metres', 'basket'], show);
    show(desk.store.state);
  }

  /** How fast the chosen group walks, as the study says; a service's own speed where nobody counted the group. */
  function speedOf(desk, state, service) {
    const group = desk.engine.groups[state.group];
    return group ? group.speed_m_s : service.speed_m_s;
  }

  function reachText(desk, state, service) {
    if (state.basket) return '各项服务各按自己的标准';
    const speed = speedOf(desk, state, service), group = desk.engine.groups[state.group], walkers = state.group === 'households' ? '' : (group ? group.label : desk.groupLabel()) + ' ', pace = '（' + walkers + speed + '米/秒）', reach = service.reach_m;
    if (state.metres) return '统一 ' + state.metres + ' 米 ≈ ' + words.minutes(state.metres, speed) + pace;
    const minutes = words.minutes(reach.urban, speed) + (reach.urban === reach.rural ? '' : '、' + words.minutes(reach.rural, speed));
    return '服务标准：' + words.reach(reach) + ' ≈ ' + minutes + pace;
  }

  function choices(desk, state, service) {
    const speed = speedOf(desk, state, service);
    const own = [5, 10, 15].map(function (minutes) { return [minutes + '分钟', 10 * Math.round(minutes * 6 * speed)]; }); // in steps of the slider: 15 minutes at 1.11 m/s are 1000 m
    return [['标准', null]].concat(own).map(function (choice) {
      return JJ.button(choice[0], {
        'aria-pressed': state.metres === choice[1] ? 'true' : 'false', title: choice[1] ? choice[1] + '米' : words.reach(service.reach_m), disabled: state.basket,
      }, function () { desk.store.set({ metres: choice[1] }); });
    });
  }

  JJ.figures = figures;
  JJ.conditions = conditions;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
