/* Printing and saving: a dialog to choose paper and extent with a preview; the printer always gets the sheet, never the page. */
(function (JJ) {
  'use strict';

  const words = JJ.words, PICTURE_DPI = 300, PREVIEW_DPI = 44;

  /**
   * Chromium prints a canvas at a multiple of 1/64 of its size, rounded down: at 20/64 exactly the scale stays true. So
   * there are 3.2 dots to a pixel (307.2 to the inch), and sides of whole fives of pixels.
   */
  const PRINT_DOTS = 64 / 20, WHOLE = 5;

  function papers(desk) {
    const dialog = JJ.byId('paper-dialog'), chosen = { paper: 'A3', extent: 'all', title: '' };
    const preview = desk.later('preview', function () { if (dialog.open) showPreview(desk, chosen); });
    const on = function (id, listener) { JJ.byId(id).addEventListener('click', listener); };
    const narrowed = function (state) { choose(chosen, state.township ? 'township' : 'all'); };
    desk.store.on(['township'], narrowed);
    narrowed(desk.store.state);
    on('paper', function () {
      offer(desk, chosen);
      dialog.showModal();
      preview();
    });
    dialog.addEventListener('input', function (event) { read(desk, chosen, event.target.id === 'paper-title'); preview(); });
    on('paper-close', function () { dialog.close(); });
    on('paper-print', function () { dialog.close(); setTimeout(function () { window.print(); }, 50); });
    on('paper-png', function () { savePicture(desk, chosen); });
    on('paper-xlsx', function () { saveTables(desk); });
    on('paper-csv', function () { JJ.save(JJ.fileName(tableName(desk) + '.csv'), JJ.csvText(JJ.communityRows(desk)), 'text/csv'); });
    window.addEventListener('beforeprint', function () { prepare(desk, chosen); });
    window.addEventListener('afterprint', function () { JJ.byId('sheet').textContent = ''; });
  }

  function choose(chosen, extent) {
    chosen.extent = extent;
    document.querySelector('input[name=extent][value=' + extent + ']').checked = true;
  }

  /** What can be printed now: the parts that are chosen, by their names, and the title that goes with the map. */
  function offer(desk, chosen) {
    const state = desk.store.state, one = desk.engine.world.communities[state.community];
    part('township', '所选乡镇（街道）', state.township);
    part('community', '所选社区（村）', one ? one.name : '');
    choose(chosen, JJ.extentOf(state, chosen.extent));
    JJ.byId('paper-title').value = ownTitle(desk, chosen) || JJ.sheetTitle(desk, chosen);
  }

  function part(extent, label, name) {
    const box = JJ.byId('extent-' + extent);
    box.disabled = !name;
    box.nextSibling.textContent = label + (name ? '：' + name : '');
    box.parentNode.title = name;
  }

  /** A title that the reader has written, as long as the map is the one that it was written for. */
  function ownTitle(desk, chosen) { return chosen.title && chosen.titled === JJ.sheetTitle(desk, chosen) ? chosen.title : ''; }

  function read(desk, chosen, titled) {
    const checked = function (name) { return document.querySelector('input[name=' + name + ']:checked').value; }, box = JJ.byId('paper-title');
    chosen.paper = checked('paper');
    chosen.extent = checked('extent');
    if (titled) {
      chosen.title = box.value.trim();
      chosen.titled = JJ.sheetTitle(desk, chosen);
    } else box.value = ownTitle(desk, chosen) || JJ.sheetTitle(desk, chosen);
  }

  function layoutOf(desk, chosen) {
    return JJ.sheetLayout(desk, { paper: chosen.paper, extent: chosen.extent, title: ownTitle(desk, chosen) });
  }

  function showPreview(desk, chosen) {
    const plan = layoutOf(desk, chosen), canvas = JJ.byId('paper-preview');
    JJ.paintSheet(desk, plan, canvas, PREVIEW_DPI * 420 / plan.paper.w, true);
    JJ.byId('paper-scale').textContent = '比例尺 1:' + Math.round(plan.scale).toLocaleString('zh-CN');
  }

  /** The sheet for the printer: lines and map as a picture of 300 dots per inch, every text as text over it. */
  function prepare(desk, chosen) {
    const plan = layoutOf(desk, chosen), canvas = document.createElement('canvas'), paper = plan.paper;
    const pixels = function (mm) { return Math.floor(mm / 25.4 * 96 / WHOLE) * WHOLE; }, w = pixels(paper.w), h = pixels(paper.h);
    canvas.width = w * PRINT_DOTS;
    canvas.height = h * PRINT_DOTS;
    canvas.style.width = w + 'px';
    canvas.style.height = h + 'px';
    const texts = JJ.paintSheet(desk, plan, canvas, 96 * PRINT_DOTS, false);
    pageSize(paper);
    const box = JJ.fill(JJ.byId('sheet'), [canvas, textLayer(texts, paper)]);
    box.style.width = paper.w + 'mm';
    box.style.height = paper.h - 0.3 + 'mm'; // a page that is full to the last hair would bring an empty one along
  }

  /** Set the size of the printed page through the style sheet that says it: a page of our own policy may not add one. */
  function pageSize(paper) {
    Array.from(document.styleSheets).forEach(function (sheet) {
      Array.from(sheet.cssRules).forEach(function (rule, i) {
        if (rule.type !== CSSRule.PAGE_RULE) return;
        sheet.deleteRule(i);
        sheet.insertRule('@page { size: ' + paper.w + 'mm ' + paper.h + 'mm; margin: 0 }', i);
      });
    });
  }

  const ANCHORS = { left: 'start', center: 'middle', right: 'end' };

  function textLayer(texts, paper) {
    const space = 'http://www.w3.org/2000/svg', layer = document.createElementNS(space, 'svg');
    layer.setAttribute('viewBox', '0 0 ' + paper.w + ' ' + paper.h);
    layer.style.width = paper.w + 'mm';
    layer.style.height = paper.h + 'mm';
    texts.forEach(function (one) {
      const made = document.createElementNS(space, 'text');
      made.textContent = one.text;
      const said = { x: one.x, y: one.y, 'font-size': one.size, 'text-anchor': ANCHORS[one.align], fill: one.colour, 'font-weight': one.bold ? 600 : 400, 'font-family': JJ.SHEET_FONT };
      Object.keys(said).forEach(function (name) { made.setAttribute(name, said[name]); });
      layer.append(made);
    });
    return layer;
  }

  function savePicture(desk, chosen) {
    const plan = layoutOf(desk, chosen), canvas = document.createElement('canvas');
    JJ.paintSheet(desk, plan, canvas, PICTURE_DPI, true);
    canvas.toBlob(async function (blob) {
      if (!blob) { JJ.tell('浏览器内存不足，不能生成图片；请改用A4或打印为PDF'); return; }
      JJ.save(JJ.fileName(plan.title + '_' + chosen.paper + '.png'), withDensity(new Uint8Array(await blob.arrayBuffer()), PICTURE_DPI), 'image/png');
    }, 'image/png');
  }

  /** A PNG that says how many dots per inch it has, so that it is placed in its true size. */
  function withDensity(png, dpi) {
    const chunk = new Uint8Array(21), view = new DataView(chunk.buffer), start = 33; // after signature and IHDR
    view.setUint32(0, 9);
    chunk.set([112, 72, 89, 115], 4); // pHYs
    view.setUint32(8, Math.round(dpi / 0.0254));
    view.setUint32(12, Math.round(dpi / 0.0254));
    chunk[16] = 1;
    view.setUint32(17, JJ.crc32(chunk.subarray(4, 17)));
    return new Blob([png.subarray(0, start), chunk, png.subarray(start)], { type: 'image/png' });
  }

  function tableName(desk) { return desk.engine.world.meta.name + words.terms(desk.store.state, desk.look().service).table + '分社区（村）情况表'; }

  function saveTables(desk) {
    JJ.save(JJ.fileName(tableName(desk) + '.xlsx'), JJ.workbook(JJ.tableSheets(desk)), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
  }

  JJ.papers = papers;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
