/*
 * The map on paper: title, map at a round scale, legend, figures, the worst communities, and what a map must state. One
 * layout in millimetres for the printer (text stays text) and for pictures (text is painted too).
 */
(function (JJ) {
  'use strict';

  const words = JJ.words, INK = '#1c2430', SOFT = '#4c5563';
  const PAPERS = { A3: { w: 420, h: 297, s: 1 }, A4: { w: 297, h: 210, s: 0.78 } };
  const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10], PIXEL_MM = 25.4 / 96;
  const FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",SimHei,sans-serif';

  /** Ground metres of one drawing unit at a latitude, on the ellipsoid: the mean of east-west and north-south. */
  function metresPerUnit(lat) {
    const phi = lat * Math.PI / 180, square = 0.0066943799901413165, rest = 1 - square * Math.sin(phi) * Math.sin(phi);
    const radius = 6378137 * Math.sqrt((1 - square) / rest) / Math.sqrt(rest);
    return 2 * Math.PI * radius * Math.cos(phi) / JJ.WORLD;
  }

  /** The least round number that is not less. */
  function roundUp(value) {
    const power = Math.pow(10, Math.floor(Math.log10(value)));
    return power * ROUND.find(function (n) { return n * power >= value * (1 - 1e-9); });
  }

  /** What the paper shall show, in drawing units: everything, what is on the screen, or a part. */
  function frameOf(desk, extent, part) {
    const all = desk.engine.world.communities, shapes = desk.shapes;
    const shown = part ? part.members : all.map(function (one) { return one.position; });
    const frames = shown.map(function (c) { return shapes.communities[c].frame; }).filter(function (f) { return isFinite(f.x0); });
    if (extent === 'screen' || !frames.length) {
      const bounds = desk.map.getBounds(), nw = shapes.point(bounds.getWest(), bounds.getNorth()), se = shapes.point(bounds.getEast(), bounds.getSouth());
      return { x0: nw[0], y0: nw[1], x1: se[0], y1: se[1] };
    }
    return JJ.around(frames);
  }

  /** Lay a sheet out: paper, scale 1:N, and the view that the painters of the map get. */
  function layout(desk, options) {
    const paper = PAPERS[options.paper] || PAPERS.A3, s = paper.s, margin = 10 * s;
    const side = { x: paper.w - margin - 88 * s, y: margin + 17 * s, w: 88 * s, h: paper.h - 2 * margin - 27 * s };
    const box = { x: margin, y: side.y, w: side.x - margin - 3 * s, h: side.h };
    const extent = JJ.extentOf(desk.store.state, options.extent), part = JJ.partOf(desk, extent);
    const frame = frameOf(desk, extent, part), cx = (frame.x0 + frame.x1) / 2, cy = (frame.y0 + frame.y1) / 2;
    const unit = metresPerUnit(desk.shapes.degrees(cx, cy)[1]), room = extent === 'screen' ? 1 : 0.96;
    const scale = roundUp(Math.max((frame.x1 - frame.x0) / box.w, (frame.y1 - frame.y0) / box.h, 1e-3) * unit * 1000 / room);
    const k = unit * 1000 / (scale * PIXEL_MM), w = box.w / PIXEL_MM, h = box.h / PIXEL_MM;
    const view = { k: k, z: 18 + Math.log2(k), w: w, h: h, x0: cx - w / 2 / k, y0: cy - h / 2 / k, pad: 0 };
    return { paper: paper, s: s, margin: margin, side: side, box: box, scale: scale, view: view, title: options.title || title(desk, part), part: part, clipped: extent !== 'all' };
  }

  function title(desk, part) { return JJ.placeName(desk, part) + words.terms(desk.store.state, desk.look().service).map; }

  /**
   * Paint a sheet with so many dots per inch, and its texts where `withText` says so; without them they come back, and
   * the canvas keeps the size that it has.
   */
  function paint(desk, plan, canvas, dpi, withText) {
    const dots = dpi / 25.4, paper = plan.paper, g = canvas.getContext('2d'), pen = new Pen(g, withText);
    if (withText) {
      canvas.width = Math.round(paper.w * dots);
      canvas.height = Math.round(paper.h * dots);
    }
    g.fillStyle = '#fff';
    g.fillRect(0, 0, canvas.width, canvas.height);
    const box = plan.box, map = mapCanvas(desk, plan, dpi / 96);
    g.drawImage(map, Math.round(box.x * dots), Math.round(box.y * dots));
    g.setTransform(dots, 0, 0, dots, 0, 0);
    frames(pen, plan);
    heading(pen, plan, desk);
    onMap(pen, plan);
    const below = JJ.paintFigures(pen, plan, desk, JJ.paintLegend(pen, plan, desk));
    JJ.paintWorst(pen, plan, desk, below);
    footer(pen, plan, desk);
    return pen.texts;
  }

  function mapCanvas(desk, plan, dots) {
    const view = plan.view, canvas = document.createElement('canvas'), g = canvas.getContext('2d'), layers = desk.layers;
    canvas.width = Math.round(view.w * dots);
    canvas.height = Math.round(view.h * dots);
    g.fillStyle = '#f7f6f2';
    g.fillRect(0, 0, canvas.width, canvas.height);
    g.scale(dots, dots);
    layers.paintGround(g, view);
    layers.paintPeople(g, view);
    if (plan.part) JJ.paintPart(g, view, desk.shapes, plan.part, true);
    layers.paintMarks(g, view);
    layers.marks.repaint(); // what can be clicked on is on the screen again, and not on paper
    if (layers.sites) layers.sites.repaint();
    return canvas;
  }

  /** Lines and texts in millimetres. */
  class Pen {
    constructor(g, withText) {
      this.g = g;
      this.withText = withText;
      this.texts = [];
    }

    box(x, y, w, h, style) {
      const g = this.g;
      if (style.fill) { g.fillStyle = style.fill; g.fillRect(x, y, w, h); }
      if (!style.line) return;
      g.strokeStyle = style.colour || INK;
      g.lineWidth = style.line;
      g.strokeRect(x, y, w, h);
    }

    line(x0, y0, x1, y1, width, colour) {
      const g = this.g;
      g.strokeStyle = colour || INK;
      g.lineWidth = width;
      g.beginPath();
      g.moveTo(x0, y0);
      g.lineTo(x1, y1);
      g.stroke();
    }

    /** A text on its base line, cut where it is wider than `style.most`. */
    text(said, x, y, size, style) {
      const look = style || {}, one = { x: x, y: y, size: size, bold: Boolean(look.bold), align: look.align || 'left', colour: look.colour || INK };
      one.text = this.cut(said, size, one.bold, look.most);
      this.texts.push(one);
      if (!this.withText) return;
      this.font(size, one.bold);
      this.g.fillStyle = one.colour;
      this.g.textAlign = one.align;
      this.g.textBaseline = 'alphabetic';
      this.g.fillText(one.text, x, y);
    }

    font(size, bold) { this.g.font = (bold ? '600 ' : '') + size + 'px ' + FONT; }

    width(said, size, bold) {
      this.font(size, bold);
      return this.g.measureText(said).width;
    }

    cut(said, size, bold, most) {
      if (!most || this.width(said, size, bold) <= most) return said;
      const all = Array.from(said).slice(0, 300);
      while (all.length > 1 && this.width(all.join('') + '…', size, bold) > most) all.pop();
      return all.join('') + '…';
    }
  }

  function frames(pen, plan) {
    const box = plan.box, side = plan.side, s = plan.s;
    pen.box(plan.margin - 3 * s, plan.margin - 3 * s, plan.paper.w - 2 * plan.margin + 6 * s, plan.paper.h - 2 * plan.margin + 6 * s, { line: 0.7 * s });
    pen.box(box.x, box.y, box.w, box.h, { line: 0.3 * s });
    pen.box(side.x, side.y, side.w, side.h, { line: 0.3 * s });
  }

  function heading(pen, plan, desk) {
    const s = plan.s, middle = plan.paper.w / 2, look = desk.look(), state = desk.store.state;
    const reach = words.terms(state, look.service).reach;
    pen.text(plan.title, middle, plan.margin + 6.6 * s, 7.4 * s, { bold: true, align: 'center', most: plan.paper.w - 2 * plan.margin });
    pen.text(
      '服务对象：' + desk.groupLabel() + '；沿' + (look.service.step_free && !state.basket ? '无台阶' : '') + '步行路网' + reach + (look.touched ? '；含选址方案' : ''),
      middle, plan.margin + 13 * s, 3.7 * s, { align: 'center', colour: SOFT, most: plan.paper.w - 2 * plan.margin });
  }

  /** North arrow, and a scale bar of a round length beside the scale. */
  function onMap(pen, plan) {
    const s = plan.s, box = plan.box, g = pen.g, x = box.x + box.w - 10 * s, y = box.y + 5 * s;
    [[1, INK], [-1, '#fff']].forEach(function (half) {
      g.beginPath();
      g.moveTo(x, y);
      g.lineTo(x + half[0] * 3.4 * s, y + 11 * s);
      g.lineTo(x, y + 8.2 * s);
      g.closePath();
      g.fillStyle = half[1];
      g.fill();
      g.strokeStyle = INK;
      g.lineWidth = 0.25 * s;
      g.stroke();
    });
    pen.text('北', x, y + 16 * s, 4.4 * s, { bold: true, align: 'center' });
    const metres = roundUp(plan.scale * 20 * s / 1000), long = metres * 1000 / plan.scale, left = box.x + 4 * s, bottom = box.y + box.h - 4 * s;
    pen.box(left - 2 * s, bottom - 11.5 * s, Math.max(long + 17 * s, 48 * s), 13 * s, { fill: 'rgba(255,255,255,.92)', line: 0.2 * s });
    pen.text('比例尺 1:' + Math.round(plan.scale).toLocaleString('zh-CN'), left, bottom - 7 * s, 3.8 * s, { bold: true });
    [0, 1, 2, 3].forEach(function (i) {
      pen.box(left + i * long / 4, bottom - 4.6 * s, long / 4, 1.5 * s, { fill: i % 2 ? '#fff' : INK, line: 0.2 * s });
    });
    const named = metres >= 1000 ? metres / 1000 + ' 公里' : metres + ' 米';
    pen.text('0', left, bottom, 2.9 * s);
    pen.text(named, left + long, bottom, 2.9 * s, { align: long > 24 * s ? 'center' : 'left' });
  }

  function footer(pen, plan, desk) {
    const s = plan.s, meta = desk.engine.world.meta, y = plan.side.y + plan.side.h + 5 * s, half = plan.paper.w * 0.56;
    const left = [
      '编制单位：' + (meta.unit || '＿＿＿＿＿＿'), '数据截至：' + meta.as_of, '坐标系：' + words.coordinateSystem(meta.epsg), '比例尺为图幅中心处',
    ];
    pen.text(left.join('　'), plan.margin, y, 3.1 * s, { most: half });
    const right = plan.paper.w - plan.margin;
    pen.text('审图号：' + (meta.review_no || '＿＿＿＿＿＿＿＿'), right, y, 3.1 * s, { align: 'right' });
    pen.text(meta.profile === 'public' ? words.unreviewed : '内部资料　' + words.internal, right, y + 4.6 * s, 3.1 * s, { align: 'right', most: plan.paper.w - 2 * plan.margin - 60 * s });
    pen.text('由就近（jiujin）' + meta.version + ' 制图', plan.margin, y + 4.6 * s, 2.8 * s, { colour: SOFT });
  }

  JJ.PAPERS = PAPERS;
  JJ.SHEET_FONT = FONT;
  JJ.sheetLayout = layout;
  JJ.sheetTitle = function (desk, options) { return title(desk, JJ.partOf(desk, options.extent)); };
  JJ.paintSheet = paint;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
