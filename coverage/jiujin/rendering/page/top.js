/* The bar on top: the study, the services with their coverage, the self-check. */
(function (JJ) {
  'use strict';

  const words = JJ.words, element = JJ.element;

  function top(desk) {
    const meta = desk.engine.world.meta;
    JJ.byId('study').textContent = meta.name;
    JJ.byId('study-date').textContent = '数据截至 ' + meta.as_of;
    const box = JJ.byId('services');
    desk.engine.services.forEach(function (service) {
      const summary = desk.engine.summary(service.id), counted = desk.engine.sites(service).length;
      const rate = element('span', { class: 'rate', text: words.percent(summary.pop_rate) });
      box.append(element('button', {
        type: 'button', class: 'service', 'data-service': service.id, title: service.note,
        click: function () { desk.choose(service.id); },
      }, [
        JJ.symbolIcon(service, 22),
        element('span', { class: 'who' }, [
          element('span', { class: 'label', text: service.label }), element('span', { class: 'count', text: counted + '处' }),
        ]),
        rate,
      ]));
    });
    if (desk.engine.services.length > 1) box.append(allButton(desk));
    const show = function (state) {
      box.querySelectorAll('button').forEach(function (one) {
        const chosen = state.basket ? '' : state.service;
        one.setAttribute('aria-pressed', one.getAttribute('data-service') === chosen ? 'true' : 'false');
      });
    };
    desk.store.on(['service', 'basket'], show);
    show(desk.store.state);
  }

  /** All services at once: who reaches every one of them. */
  function allButton(desk) {
    const label = desk.engine.services.length + '项服务齐全';
    return element('button', {
      type: 'button', class: 'service all', 'data-service': '', title: '各项服务都在步行范围内的人口',
      click: function () { desk.chooseAll(); },
    }, [element('span', { class: 'who' }, [element('span', { class: 'label', text: label }), element('span', { class: 'count', text: '综合可达' })])]);
  }

  /** Show how the self-check went; when it failed, over everything, since no number can be trusted. */
  function badge(check) {
    const box = JJ.byId('check');
    box.className = check.ok ? 'good' : 'bad';
    box.textContent = check.ok ? '自检通过' : '自检不符';
    box.title = check.ok
      ? '本页重新计算了' + check.compared.toLocaleString('zh-CN') + '个数，与生成时逐一相同'
      : '本页重新计算了' + check.compared + '个数，其中' + check.differing + '个与生成时不同：请勿使用本页数字';
    if (!check.ok) alarm('自检不符', check.compared ? box.title : check.error);
  }

  /** A notice over the whole page. */
  function alarm(title, text) {
    JJ.fill(JJ.byId('alarm'), [element('h2', { text: title }), element('p', { text: text })]).hidden = false;
  }

  JJ.top = top;
  JJ.badge = badge;
  JJ.alarm = alarm;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
