/* The Chinese that the page says, and how it writes numbers. No DOM. */
(function (JJ) {
  'use strict';

  const NOTHING = '—';

  const words = {
    nothing: NOTHING,
    status: { operating: '运营', building: '在建', planned: '拟建', closed: '停用' },
    statuses: ['已覆盖', '超出服务距离', '路网不连通', '远离路网'],
    severity: { error: '错误', warning: '提醒', info: '说明' },
    classes: { true: '城镇', false: '乡村' },
    internal: '内部工作用图，不得公开；行政区划界线仅供参考，不作为划界依据',
    shares: ['不足20%', '20%～40%', '40%～60%', '60%～80%', '80%及以上'],
    estimated: '估算',
    trust: { good: '可信', fair: '一般', poor: '不足（道路缺漏较多，步行距离偏大）' },
    few: '<10',
    unreviewed: '公开使用前须经地图审核；行政区划界线仅供参考，不作为划界依据',

    /** The line under every map: who may see it. */
    secrecy: function (meta) {
      if (meta.review_no) return '审图号：' + meta.review_no;
      return meta.profile === 'public' ? words.unreviewed : words.internal;
    },
    /** As in rendering/wording.py: the national system in China, WGS 84 elsewhere. */
    coordinateSystem: function (epsg) { return epsg >= 4490 && epsg <= 4554 ? '2000国家大地坐标系' : 'WGS 84'; },

    /** A group by its name, marked where it is estimated; `estimate` is the mark behind a number. */
    group: function (group) { return group.label + (group.estimated ? '（' + words.estimated + '）' : ''); },
    estimate: function (group) { return group && group.estimated ? ' 估' : ''; },

    people: function (count) {
      return count === null || count === undefined ? NOTHING : Math.round(count).toLocaleString('zh-CN');
    },
    percent: function (rate) {
      return rate === null || rate === undefined ? NOTHING : (100 * rate).toFixed(1) + '%';
    },
    points: function (before, after) {
      const points = 100 * (after - before);
      if (Math.abs(points) < 0.005) return '不变';
      const exact = Math.abs(points) < 1 ? 2 : 1; // 19.5% and 19.7% may be 0.14 apart
      return (points < 0 ? '−' : '+') + Math.abs(points).toFixed(exact) + '个百分点';
    },
    signed: function (count) {
      const whole = Math.round(count);
      return (whole < 0 ? '−' : whole > 0 ? '+' : '') + Math.abs(whole).toLocaleString('zh-CN');
    },
    /** What is counted, as titles and headings name it: people within reach of one service, or of all of them. */
    terms: function (state, service) {
      const all = Boolean(state.basket), homes = state.group === 'households';
      return {
        map: all ? '公共服务综合可达图' : service.label + '步行覆盖图', table: all ? '公共服务综合可达' : service.label + '步行覆盖',
        county: all ? '各项服务齐全的' + (homes ? '住户' : '人口') : homes ? '住户覆盖率' : '人口覆盖率', count: homes ? '户数' : '人数', unit: homes ? '户' : '人', rate: all ? '齐全率' : '覆盖率', covered: all ? '齐全' : '覆盖',
        has: all ? '服务齐全' : '已覆盖', lacks: all ? '服务不齐全' : '未覆盖', without: all ? '不齐全' : '未覆盖',
        reach: all ? '各项服务标准' : state.metres ? '统一' + state.metres + '米' : words.reach(service.reach_m),
      };
    },
    /** So many of the services, as people reach them on average. */
    about: function (n) { return n ? '约' + n + '项' : '几乎没有'; },
    metres: function (value) { return value === null ? NOTHING : Math.round(value).toLocaleString('zh-CN') + '米'; },
    minutes: function (metres, speed) { return Math.max(1, Math.round(metres / speed / 60)) + '分钟'; },
    reach: function (reach) {
      return reach.urban === reach.rural ? reach.urban + '米' : '城镇' + reach.urban + '米、乡村' + reach.rural + '米';
    },
  };

  /** First characters by their place in the order of pinyin: each letter starts with this character. */
  const STARTS = '阿八嚓哒妸发旮哈讥咔垃呣拏噢妑七呥仨他屲夕丫帀', LETTERS = 'abcdefghjklmnopqrstwxyz';
  /** Characters of names that are also read with another first letter than the order of characters has. */
  const ALSO = {
    长: 'c', 重: 'c', 单: 's', 翟: 'z', 厦: 'x', 覃: 'q', 乐: 'y', 行: 'h', 朝: 'z', 曾: 'z', 解: 'x', 查: 'z', 仇: 'q', 堡: 'p', 圩: 'x', 莘: 'x', 藏: 'z', 盛: 'c', 区: 'o',
    尉: 'y', 石: 'd', 会: 'k', 埔: 'p', 番: 'p', 巷: 'h', 宿: 'x', 车: 'j', 辟: 'b', 泊: 'b', 茄: 'q', 蛤: 'g', 畜: 'x', 吁: 'y', 浒: 'x', 砀: 't', 汤: 's', 万: 'm', 尾: 'y', 角: 'l', 繁: 'p',
  };
  const order = typeof Intl === 'object' ? new Intl.Collator('zh-Hans-CN-u-co-pinyin') : null;
  const known = new Map();

  function initial(character) {
    if (!/[\u3400-\u9fff]/.test(character)) return character.toLowerCase();
    if (!known.has(character)) {
      let letter = '';
      for (let i = 0; i < STARTS.length && order && order.compare(STARTS[i], character) <= 0; i++) letter = LETTERS[i];
      known.set(character, letter);
    }
    return known.get(character);
  }

  /** Initials of the pinyin of a name (北关村: bgc), by the browser's own order of characters. */
  words.initials = function (name) { return Array.from(name).map(initial).join(''); };

  /** Where these initials stand in a name, read in any of its ways; -1 where they do not. */
  words.initialsAt = function (name, initials, key) {
    const characters = Array.from(name), at = initials.indexOf(key);
    if (at === 0 || !characters.some(function (one) { return ALSO[one]; })) return at;
    const letters = Array.from(key), fits = function (from) {
      return letters.every(function (letter, i) { return initials[from + i] === letter || ALSO[characters[from + i]] === letter; });
    };
    const other = characters.findIndex(function (_, from) { return from + letters.length <= characters.length && fits(from); });
    return at < 0 ? other : other < 0 ? at : Math.min(at, other);
  };

  JJ.words = words;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
