/* What leaves the page as a table: communities, facilities, the plan, the definitions. No DOM. */
(function (JJ) {
  'use strict';

  const words = JJ.words;

  /** The sheets of a workbook for what the reader has chosen; counts as they are shown, codes as text. */
  function tableSheets(desk) {
    const sheets = [communitySheet(desk), facilitySheet(desk)], plan = planSheet(desk), meta = desk.engine.world.meta;
    if (plan.rows.length) sheets.push(plan);
    sheets.push({
      name: '口径说明', columns: [{ label: '口径说明', width: 120 }],
      rows: meta.caliber.map(function (line) { return [line]; }).concat([['数据截至 ' + meta.as_of + '；就近（jiujin）' + meta.version + '；路网指纹 ' + meta.network_hash]]),
    });
    return sheets;
  }

  function conditions(desk) {
    const look = desk.look(), state = desk.store.state, meta = desk.engine.world.meta;
    const terms = words.terms(state, look.service);
    return meta.name + terms.table + '分社区（村）情况（' + desk.groupLabel() + '，' + terms.reach + (look.touched ? '，含选址方案' : '') + '）';
  }

  function communitySheet(desk) {
    const look = desk.look(), group = desk.engine.groups[desk.store.state.group], estimated = Boolean(group && group.estimated);
    const terms = words.terms(look.state, look.service), of = terms.covered;
    const columns = [
      { label: '区划代码', width: 15 }, { label: '社区（村）', width: 22 }, { label: '乡镇（街道）', width: 16 }, { label: '城乡', width: 8 },
      { label: '服务对象人数' + (estimated ? '（估算）' : ''), kind: 'count', width: 16 }, { label: '现状' + of, kind: 'count' }, { label: '现状' + of + '率', kind: 'rate' },
    ].concat(look.touched ? [{ label: '方案后' + of, kind: 'count' }, { label: '方案后' + of + '率', kind: 'rate' }, { label: '增减', kind: 'count' }] : [], [{ label: terms.without, kind: 'count' }]);
    const rows = desk.engine.world.communities.map(function (one) {
      return [one.code, one.name, one.township, words.classes[one.urban]].concat(figures(look, one.position));
    });
    rows.push(['', '合计', '', ''].concat(figures(look, look.county)));
    return { name: '分社区（村）' + of + '情况', title: conditions(desk), columns: columns, rows: rows };
  }

  function figures(look, c) {
    const people = look.people(c), more = look.touched ? 3 : 0;
    if (people === null || look.few(c)) return [people === null ? null : words.few].concat(new Array(3 + more).fill(null));
    const whole = Math.round, before = look.before(c), after = look.after(c);
    const shown = [whole(people), whole(before), look.rateBefore(c)];
    if (look.touched) shown.push(whole(after), look.rate(c), whole(after - before));
    return shown.concat([whole(people - after)]);
  }

  function facilitySheet(desk) {
    const engine = desk.engine, columns = [
      { label: '编号', width: 28 }, { label: '名称', width: 28 }, { label: '服务', width: 18 }, { label: '状态', width: 8 }, { label: '计入统计', width: 9 },
      { label: '经度（WGS 84）', kind: 'plain', width: 14 }, { label: '纬度（WGS 84）', kind: 'plain', width: 14 },
    ];
    return {
      name: '设施', columns: columns, rows: engine.world.facilities.map(function (one) {
        const place = [one.lon.toFixed(6), one.lat.toFixed(6)];
        return [one.id, one.name, engine.services[one.service].label, words.status[one.status] || one.status || words.status.operating, one.counted ? '是' : '否'].concat(place);
      }),
    };
  }

  /** Sites and closed facilities of the plan, with the columns that `jiujin add` reads. */
  function planSheet(desk) {
    const all = desk.scenarioRows();
    return { name: '选址方案', columns: all[0].map(function (label) { return { label: label, width: 16 }; }), rows: all.slice(1) };
  }

  /** The communities as rows of plain values, for CSV: rates with four decimals. */
  function communityRows(desk) {
    const sheet = communitySheet(desk);
    return [sheet.columns.map(function (column) { return column.label; })].concat(sheet.rows.map(function (row) {
      return row.map(function (value, i) {
        return value === null ? '' : sheet.columns[i].kind === 'rate' && typeof value === 'number' ? value.toFixed(4) : value;
      });
    }));
  }

  /** A name that every system takes for a file. */
  function fileName(text) { return text.replace(/[\\/:*?"<>|\u0000-\u001f\u200b-\u200f\u202a-\u202e]/g, '_').slice(0, 80); }

  JJ.tableSheets = tableSheets;
  JJ.communityRows = communityRows;
  JJ.fileName = fileName;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
