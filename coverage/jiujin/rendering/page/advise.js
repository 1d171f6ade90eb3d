/* Suggested sites: found here in the background, or found by `jiujin site` and carried along; taken over into a plan. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element, SPACING_M = 200;
  const KINDS = [['people', '未覆盖人口附近的道路'], ['facilities', '其他服务的现有设施'], ['streets', '全部道路路口与沿线']];

  function advise(desk) {
    const box = element('details', { id: 'advice' }, [element('summary', { text: '自动推荐点位' })]);
    const carried = element('div', { id: 'carried' });
    JJ.byId('closed-list').after(box, carried);
    box.append(form(desk), element('div', { id: 'advice-run', role: 'status' }));
    desk.store.on(['service', 'group', 'metres', 'basket'], function () { stop(desk); });
    const show = function () { JJ.fill(carried, carriedRows(desk)); };
    desk.store.on(['service'], show);
    show();
  }

  function form(desk) {
    const count = element('input', { type: 'number', id: 'advice-count', min: '1', max: '50', value: '5' });
    const kind = element('select', { id: 'advice-kind' }, KINDS.filter(function (one) { return one[0] !== 'facilities' || desk.engine.services.length > 1; })
      .map(function (one) { return element('option', { value: one[0], text: one[1] }); }));
    return element('div', { class: 'form' }, [
      element('div', { class: 'row' }, [element('label', { for: 'advice-count', text: '新增处数' }), count]),
      element('div', { class: 'row' }, [element('label', { for: 'advice-kind', text: '备选位置' }), kind]),
      element('div', { class: 'buttons' }, [
        JJ.button('开始推荐', { id: 'advice-go', class: 'main' }, function () { start(desk, Number(count.value), kind.value); }),
        JJ.button('停止', { id: 'advice-stop', hidden: true }, function () { stop(desk); }),
      ]),
    ]);
  }

  /** What the present plan leaves is what can be gained. */
  function ask(desk, more) {
    const state = desk.store.state, look = desk.look();
    return Object.assign({
      service: state.service, group: state.group, metres: state.metres, spacing_m: SPACING_M,
      sites: look.sites.map(function (site) { return [site.lon, site.lat]; }), closed: look.closed,
    }, more);
  }

  function start(desk, count, kind) {
    const box = JJ.byId('advice-run'), found = [], look = desk.look(), state = desk.store.state;
    if (!desk.engine.groups[state.group]) { JJ.tell('没有该人群的人数，不能推荐点位'); return; }
    stop(desk);
    const bar = element('progress', { max: '1', value: '0', 'aria-label': '推荐进度' }), said = element('p', { class: 'note', text: '正在计算备选位置…' });
    const list = element('ol', { class: 'found' });
    JJ.fill(box, [bar, said, list]);
    busy(true);
    const asked = ask(desk, { count: Math.max(1, Math.min(50, Math.round(count) || 1)), candidates: kind });
    const before = look.after(look.county), people = look.people(look.county);
    desk.advising = desk.aside.run('suggest', asked, function (progress) {
      bar.value = (0.8 * progress.done / Math.max(1, progress.total)) + 0.2 * found.length / asked.count;
      said.textContent = '已比较 ' + progress.done.toLocaleString('zh-CN') + ' / ' + progress.total.toLocaleString('zh-CN') + ' 个备选位置';
      if (!progress.site) return;
      found.push(progress.site);
      const total = found.reduce(function (sum, one) { return sum + one.gained; }, before);
      list.append(element('li', { text: '新增 ' + words.people(progress.site.gained) + ' 人，累计 ' + words.percent(JJ.rate(total, people)) }));
    }, function (error) {
      desk.advising = null;
      busy(false);
      bar.remove();
      if (error) { said.textContent = '未能完成：' + error.message; return; }
      said.textContent = found.length ? '逐处选取新增最多的位置，已列入方案；可拖动、改名、撤销。' : '没有能新增覆盖的备选位置。';
      if (found.length) take(desk, asked.service, found);
    });
  }

  function stop(desk) {
    if (!desk.advising) return;
    desk.advising();
    desk.advising = null;
    busy(false);
    JJ.fill(JJ.byId('advice-run'), [element('p', { class: 'note', text: '已停止。' })]);
  }

  function busy(on) {
    JJ.byId('advice-go').disabled = on;
    JJ.byId('advice-stop').hidden = !on;
  }

  /** All suggested sites into the plan at once, so that one undo takes them back. */
  function take(desk, service, found) {
    const scenario = found.reduce(function (now, one) { return JJ.scenarios.place(now, siteOf(now, service, one)); }, desk.store.state.scenario);
    desk.store.setScenario(scenario);
    JJ.tell('推荐 ' + found.length + ' 处，共新增 ' + words.people(found.reduce(function (sum, one) { return sum + one.gained; }, 0)) + ' 人');
  }

  function siteOf(scenario, service, one) {
    const next = JJ.scenarios.next(scenario);
    return { key: next.key, name: one.name || next.name.replace('拟建', '推荐'), service: service, lon: one.lon, lat: one.lat };
  }

  /** What `jiujin site` or the study's [siting] block has found, with the proof, to be taken over as a plan. */
  function carriedRows(desk) {
    const answer = desk.engine.world.meta.siting;
    if (!answer || answer.service !== desk.store.state.service) return [];
    const proof = answer.optimal ? '已证明为最优' : '距最优不超过' + words.percent(answer.gap);
    return [
      element('h2', { text: '优化选址结果' }),
      element('p', { class: 'note', text: answer.sites.length + '处共新增 ' + words.people(answer.gained) + ' 人，' + proof + '；地图上以虚线圈标出。' }),
      element('ol', { class: 'found' }, answer.sites.map(function (site) {
        return element('li', {}, [
          JJ.button(site.name, { class: 'link', title: site.name }, function () { desk.goTo(site.lon, site.lat); }),
          element('span', { text: '新增 ' + words.people(site.gained) + ' 人，累计 ' + words.percent(site.rate) }),
        ]);
      })),
      JJ.button('采纳为方案', { id: 'adopt', class: 'main' }, function () { adopt(desk, answer); }),
    ];
  }

  function adopt(desk, answer) {
    const closed = answer.closed.map(function (id) { return { service: answer.service, id: id }; });
    const scenario = answer.sites.reduce(function (now, one) {
      return JJ.scenarios.place(now, siteOf(now, answer.service, one));
    }, { sites: [], closed: closed });
    const now = desk.store.state.scenario;
    if (now.sites.length + now.closed.length) desk.addPlan(scenario, '优化选址'); else desk.store.setScenario(scenario);
  }

  /** Whether the suggestions that the file brings along are on the map now. */
  function carriedShown(desk) {
    const answer = desk.engine.world.meta.siting, state = desk.store.state;
    return Boolean(answer && answer.service === state.service && state.layers.carried);
  }

  /** Carried suggestions on the map: dashed circles with their rank, below what the reader has placed. */
  function paintCarried(g, view, shapes, desk) {
    if (!carriedShown(desk)) return;
    const answer = desk.engine.world.meta.siting, state = desk.store.state;
    const service = desk.engine.service(state.service);
    answer.sites.forEach(function (site, i) {
      const at = shapes.point(site.lon, site.lat), x = (at[0] - view.x0) * view.k, y = (at[1] - view.y0) * view.k;
      g.beginPath();
      g.arc(x, y, 11, 0, 2 * Math.PI);
      g.fillStyle = 'rgba(255,255,255,.82)';
      g.fill();
      g.setLineDash([3, 2.4]);
      g.lineWidth = 2;
      g.strokeStyle = service.colour;
      g.stroke();
      g.setLineDash([]);
      g.fillStyle = service.colour;
      g.font = '600 11px sans-serif';
      g.textAlign = 'center';
      g.textBaseline = 'middle';
      g.fillText(String(i + 1), x, y + 0.5);
    });
  }

  JJ.advise = advise;
  JJ.siteAsk = ask;
  JJ.carriedShown = carriedShown;
  JJ.paintCarried = paintCarried;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
