/* The figures on paper, and the table of the communities with the most people beyond reach. */
(function (JJ) {
  'use strict';

  const words = JJ.words, SOFT = '#4c5563';

  /** Figures of the county, or of the part that is shown beside the county's; returns where they end. */
  function figures(pen, plan, desk, y) {
    const s = plan.s, side = plan.side, x = side.x + 4 * s, look = desk.look(), county = look.county;
    pen.line(side.x, y, side.x + side.w, y, 0.2 * s);
    if (look.people(county) === null) {
      pen.text('人口数据中没有' + desk.groupLabel() + '，人数与覆盖率留空', x, y + 6 * s, 3.2 * s, { most: side.w - 8 * s });
      return y + 9 * s;
    }
    if (plan.part) return beside(pen, plan, desk, y);
    const terms = words.terms(look.state, look.service);
    pen.text((plan.clipped ? '全域' : '') + terms.county + (look.touched ? '（方案后）' : ''), x, y + 5.4 * s, 3.4 * s, { colour: SOFT });
    pen.text(words.percent(look.rate(county)), x, y + 13 * s, 7.4 * s, { bold: true });
    const right = side.x + side.w - 4 * s, rows = [terms.count + ' ' + words.people(look.people(county)), terms.has + ' ' + words.people(look.after(county)), terms.lacks + ' ' + words.people(look.people(county) - look.after(county))];
    if (look.touched) rows[0] = '现状 ' + words.percent(look.rateBefore(county)) + '，' + words.signed(look.after(county) - look.before(county)) + ' ' + terms.unit;
    rows.forEach(function (said, i) { pen.text(said, right, y + (4.6 + 4.4 * i) * s, 3.3 * s, { align: 'right' }); });
    return y + 16 * s;
  }

  /** A table of two columns: the part that the map shows, and the county. */
  function beside(pen, plan, desk, y) {
    const s = plan.s, side = plan.side, x = side.x + 4 * s, right = side.x + side.w - 4 * s, look = desk.look(), step = 4.7 * s;
    const columns = [right - 29 * s, right], top = y + 11.6 * s;
    pen.text((look.state.basket ? '服务齐全情况' : '覆盖情况') + (look.touched ? '（方案后）' : ''), x, y + 6 * s, 3.9 * s, { bold: true });
    pen.text(plan.part.name, columns[0], top, 3.4 * s, { bold: true, align: 'right', most: columns[0] - x - 2 * s });
    pen.text('全域', columns[1], top, 3.4 * s, { align: 'right', colour: SOFT });
    pen.line(x, top + 1.4 * s, right, top + 1.4 * s, 0.25 * s);
    JJ.partRows(desk, plan.part).forEach(function (row, i) {
      const at = top + 2.2 * s + (i + 0.78) * step, size = (i ? 3.3 : 4.2) * s;
      pen.text(row[0], x, at, 3.1 * s, { colour: SOFT });
      pen.text(row[1], columns[0], at, size, { align: 'right', bold: true });
      pen.text(row[2], columns[1], at, 3.3 * s, { align: 'right' });
    });
    return top + 4.2 * s + JJ.partRows(desk, plan.part).length * step;
  }

  /** The communities with the most people beyond reach, as many as there is room for. */
  function worst(pen, plan, desk, top) {
    const s = plan.s, side = plan.side, look = desk.look(), step = 4.7 * s, size = 3.1 * s, x = side.x + 4 * s, right = side.x + side.w - 4 * s;
    if (look.people(look.county) === null) return;
    const listed = plan.part ? new Set(plan.part.listed) : null;
    const all = desk.engine.world.communities.filter(function (one) { return (!listed || listed.has(one.position)) && !look.few(one.position) && look.people(one.position) - look.after(one.position) >= 0.5; })
      .sort(function (a, b) { return look.people(b.position) - look.after(b.position) - look.people(a.position) + look.after(a.position) || a.position - b.position; });
    const rows = Math.max(0, Math.min(all.length, 40, Math.floor((side.y + side.h - top - 17 * s) / step)));
    const columns = [right - 33 * s, right - 17 * s, right];
    const room = columns[0] - x - 2 * s - Math.max(8 * s, ...all.slice(0, rows).map(function (one) { return pen.width(words.people(look.people(one.position)), size); }));
    pen.line(side.x, top, side.x + side.w, top, 0.2 * s);
    const terms = words.terms(look.state, look.service);
    pen.text((plan.part ? plan.part.listedName : plan.clipped ? '全域' : '') + terms.lacks + terms.count + '最多的社区（村）', x, top + 6 * s, 3.9 * s, { bold: true, most: side.w - 8 * s });
    [terms.count, terms.rate, terms.without].forEach(function (label, i) { pen.text(label, columns[i], top + 11.6 * s, size, { align: 'right', colour: SOFT }); });
    pen.text('社区（村）', x, top + 11.6 * s, size, { colour: SOFT });
    pen.line(x, top + 13 * s, right, top + 13 * s, 0.25 * s);
    all.slice(0, rows).forEach(function (one, i) {
      const y = top + 13 * s + (i + 0.75) * step, c = one.position;
      pen.text(String(i + 1), x + 4 * s, y, size, { align: 'right', colour: SOFT });
      pen.text(one.name, x + 5.6 * s, y, size, { most: room - 5.6 * s });
      [words.people(look.people(c)), words.percent(look.rate(c)), words.people(look.people(c) - look.after(c))].forEach(function (said, k) {
        pen.text(said, columns[k], y, size, { align: 'right', bold: k === 2 });
      });
      pen.line(x, top + 13 * s + (i + 1) * step, right, top + 13 * s + (i + 1) * step, 0.08 * s, '#9aa2ae');
    });
    if (!all.length) pen.text('没有' + terms.lacks + '的服务对象', x, top + 17 * s, size);
  }

  JJ.paintFigures = figures;
  JJ.paintWorst = worst;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
