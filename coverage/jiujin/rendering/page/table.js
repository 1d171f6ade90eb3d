/* The table of communities: sortable, narrowed by township, linked with the map both ways. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, AT_ONCE = 400; // rows that are made at once: more come where they are scrolled to
  const COLUMNS = [
    { key: 'name', label: '社区（村）' }, { key: 'people', term: 'count' }, { key: 'rate', term: 'rate' },
    { key: 'uncovered', term: 'without' }, { key: 'gain', label: '增减' },
  ];

  function rows(desk) {
    const look = desk.look(), township = desk.store.state.township;
    return desk.engine.world.communities.filter(function (one) { return !township || one.township === township; }).map(function (one) {
      const c = one.position, people = look.people(c), after = look.after(c);
      return {
        c: c, name: one.name, people: people, few: look.few(c), rate: JJ.rate(after, people), uncovered: people === null ? null : people - after,
        gain: people === null ? null : after - look.before(c),
      };
    });
  }

  function sorted(list, sort) {
    const value = function (row) { return row[sort.key] === null ? -Infinity : row[sort.key]; };
    const way = sort.down ? -1 : 1;
    return list.sort(function (a, b) {
      const x = value(a), y = value(b);
      const by = typeof x === 'string' ? x.localeCompare(y, 'zh-Hans-CN') : x - y;
      return by ? way * by : a.c - b.c;
    });
  }

  function table(desk) {
    const head = JJ.byId('table-head'), body = JJ.byId('table-body'), foot = JJ.byId('table-foot'), box = JJ.byId('table-box');
    const columns = function () { return COLUMNS.filter(function (one) { return one.key !== 'gain' || desk.look().touched; }); };
    const lines = function (from, to) { return all.slice(from, to).map(function (row) { return line(desk, row, columns()); }); };
    let last = 0, made = AT_ONCE, all = [];
    const show = function () {
      const now = performance.now();
      if (desk.dragging && now - last < 150) return; // a frame belongs to the map first; the drop shows the last figures
      last = now;
      const sort = desk.store.state.sort;
      all = sorted(rows(desk), sort);
      JJ.byId('table').classList.toggle('more', columns().length === COLUMNS.length);
      JJ.fill(head, [element('tr', {}, columns().map(function (column) { return heading(desk, column, sort); }))]);
      JJ.fill(body, lines(0, made));
      tell();
    };
    const tell = function () {
      foot.textContent = '共' + all.length + '个社区（村）' + (all.length > made ? '，向下滚动显示其余' : '') + JJ.partSum(desk);
      mark();
    };
    const makeUpTo = function (wanted) {
      if (wanted < made || made >= all.length) return;
      const before = made;
      while (made <= wanted) made += AT_ONCE;
      lines(before, made).forEach(function (one) { body.appendChild(one); });
      tell();
    };
    const mark = function () {
      const chosen = desk.store.state.community;
      body.querySelectorAll('tr').forEach(function (one) { one.classList.toggle('on', Number(one.getAttribute('data-c')) === chosen); });
    };
    desk.store.on(['township', 'sort'], function () { made = AT_ONCE; });
    desk.store.on(['service', 'group', 'metres', 'scenario', 'township', 'sort', 'basket'], desk.later('table', show));
    box.addEventListener('scroll', function () { if (box.scrollTop + 2 * box.clientHeight > box.scrollHeight) makeUpTo(made); });
    desk.store.on(['community'], function (state) {
      makeUpTo(all.findIndex(function (row) { return row.c === state.community; }));
      mark();
      const row = body.querySelector('tr.on');
      if (row && state.tab === 'communities') nudge(row);
    });
    show();
  }

  /** Scroll the table, and not the page, until the row is seen. */
  function nudge(row) {
    const box = JJ.byId('table-box'), top = row.offsetTop, bottom = top + row.offsetHeight;
    if (top < box.scrollTop + 30 || bottom > box.scrollTop + box.clientHeight) box.scrollTop = top - box.clientHeight / 2;
  }

  function heading(desk, column, sort) {
    const on = sort.key === column.key, arrow = on ? (sort.down ? ' ↓' : ' ↑') : '';
    return element('th', { scope: 'col', 'aria-sort': on ? (sort.down ? 'descending' : 'ascending') : 'none' }, [
      JJ.button((column.label || words.terms(desk.store.state, desk.look().service)[column.term]) + arrow, {}, function () {
        desk.store.set({ sort: { key: column.key, down: on ? !sort.down : column.key !== 'name' && column.key !== 'rate' } });
      }),
    ]);
  }

  function line(desk, row, columns) {
    const cells = columns.map(function (column) {
      if (column.key === 'name') {
        return element('th', { scope: 'row' }, [
          JJ.button(row.name, { class: 'link', title: row.name }, function () { desk.chooseCommunity(row.c, true); }),
        ]);
      }
      if (column.key === 'rate') return rateCell(row.rate, desk.look().fill(row.c));
      if (column.key === 'gain') {
        const text = row.gain === null || Math.round(row.gain) === 0 ? '' : words.signed(row.gain);
        return element('td', { class: row.gain < 0 ? 'minus' : 'plus', text: text });
      }
      if (row.few) return element('td', { text: column.key === 'people' ? words.few : words.nothing });
      return element('td', { text: words.people(row[column.key]) });
    });
    return element('tr', { 'data-c': row.c }, cells);
  }

  /** A rate beside the colour that the community has on the map. */
  function rateCell(rate, fixed) {
    const swatch = element('i', { class: 'swatch ' + (fixed < 0 ? 'none' : 'c' + fixed) });
    return element('td', { class: 'rate' }, [swatch, element('span', { text: words.percent(rate) })]);
  }

  /** The list of townships, when communities name theirs. */
  function townships(desk) {
    const select = JJ.byId('township'), names = [];
    desk.engine.world.communities.forEach(function (one) {
      if (one.township && names.indexOf(one.township) < 0) names.push(one.township);
    });
    if (names.length < 2) { JJ.byId('township-row').hidden = true; return; }
    select.append(element('option', { value: '', text: '全部乡镇（街道）' }));
    names.forEach(function (name) { select.append(element('option', { value: name, text: name })); });
    select.addEventListener('change', function () { desk.chooseTownship(select.value); });
    const follow = function (state) { select.value = state.township; };
    desk.store.on(['township'], follow);
    follow(desk.store.state); // an address may name one
  }

  JJ.table = table;
  JJ.townships = townships;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
