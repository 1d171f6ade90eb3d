/* Gap zones: where many people live beyond reach, ranked, with what would help; drawn when asked for. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, SHOWN = 100;

  /** Gaps as objects, read from the rows in the head of the page. */
  function gapsOf(desk) {
    if (desk.gapList) return desk.gapList;
    const meta = desk.engine.world.meta, names = meta.gap_facts || [];
    desk.gapList = (meta.gaps || []).map(function (row, position) {
      const gap = { position: position };
      names.forEach(function (name, i) { gap[name] = row[i]; });
      return gap;
    });
    return desk.gapList;
  }

  function shapesOf(desk) {
    return desk.gapShapes || (desk.gapShapes = desk.shapes.areas(desk.engine.world.outlines.gap));
  }

  function remedy(gap) {
    if (!gap.remedy) return '';
    const people = gap.remedy_people === null || gap.remedy_people === undefined ? '' : '，可覆盖 ' + words.people(gap.remedy_people) + ' 人';
    return gap.remedy + (gap.remedy_name ? '“' + gap.remedy_name + '”' : '') + people;
  }

  function gaps(desk) {
    if (!gapsOf(desk).length) return;
    const list = element('ol', { id: 'gap-list' }), note = element('p', { class: 'note', id: 'gap-note' });
    const all = element('input', { type: 'checkbox', id: 'gaps-all', change: function () { desk.store.set({ gaps: all.checked }); } });
    JJ.pane('gaps', '服务盲区', [element('label', { class: 'check' }, [all, element('span', { text: '在图上显示全部盲区' })]), note, list]);
    const show = function () {
      const state = desk.store.state, found = gapsOf(desk).filter(function (gap) { return gap.service === state.service; });
      const count = desk.engine.world.meta.gap_count[state.service] || 0, service = desk.engine.service(state.service), label = service.label, group = desk.engine.groups[service.group];
      note.textContent = label + '按现状共' + count + '处盲区' + (count > SHOWN ? '，列出人数最多的' + Math.min(SHOWN, found.length) + '处' : '') + '；点选可在图上查看。' + (group && group.estimated ? '人数为' + words.estimated + '。' : '');
      JJ.fill(list, found.slice(0, SHOWN).map(function (gap) { return item(desk, gap); }));
      all.checked = state.gaps;
    };
    desk.store.on(['service'], function () { desk.store.set({ gap: -1 }); show(); });
    desk.store.on(['gap'], function (state) {
      list.querySelectorAll('li').forEach(function (one) { one.classList.toggle('on', Number(one.getAttribute('data-gap')) === state.gap); });
    });
    show();
  }

  function item(desk, gap) {
    const far = gap.nearest_m === null ? '无步行路线' : '到最近' + (gap.nearest_name ? '“' + gap.nearest_name + '”' : '设施') + ' ' + words.metres(gap.nearest_m);
    return element('li', { 'data-gap': gap.position }, [
      element('span', { class: 'rank', text: String(gap.rank) }),
      JJ.button(gap.name || '零散住户', { class: 'link', title: gap.name }, function () { choose(desk, gap); }),
      element('strong', { text: gap.people === null ? words.nothing : words.people(gap.people) + ' 人' }),
      element('small', { text: [gap.township, far, gap.detour > 1.5 ? '绕行系数' + gap.detour.toFixed(1) : ''].filter(Boolean).join(' · ') }),
      element('small', { class: 'remedy', text: remedy(gap) }),
    ]);
  }

  function choose(desk, gap) {
    desk.store.set({ gap: gap.position });
    const frame = shapesOf(desk)[gap.position].frame;
    if (isFinite(frame.x0)) desk.fit([frame], 16);
  }

  function paintGaps(g, view, shapes, desk) {
    const state = desk.store.state;
    if (!state.gaps && state.gap < 0) return;
    const outlines = shapesOf(desk);
    JJ.inUnits(g, view, function () {
      g.lineJoin = 'round';
      gapsOf(desk).forEach(function (gap) {
        const one = outlines[gap.position], on = gap.position === state.gap;
        if (gap.service !== state.service || (!state.gaps && !on) || !JJ.seen(one.frame, view, 4)) return;
        g.fillStyle = 'rgba(194,24,91,' + (on ? '.14)' : '.08)');
        g.fill(one.path, 'evenodd');
        g.setLineDash(on ? [] : [5 / view.k, 4 / view.k]);
        g.strokeStyle = '#ad1457';
        g.lineWidth = (on ? 2.8 : 1.4) / view.k;
        g.stroke(one.path);
      });
    });
    g.setLineDash([]);
  }

  JJ.gaps = gaps;
  JJ.gapsOf = gapsOf;
  JJ.paintGaps = paintGaps;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
