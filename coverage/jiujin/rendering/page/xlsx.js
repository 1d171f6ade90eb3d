/*
 * Tables as a real workbook, written by hand: an uncompressed zip of the few XML parts that a spreadsheet needs. Text is
 * stored as text and can never be run as a formula; the same tables give the same bytes. No DOM.
 */
(function (JJ) {
  'use strict';

  const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const RELS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/';
  const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.';
  const STYLES = { text: 0, head: 1, count: 2, rate: 3, title: 4, metres: 5 };

  /** A workbook of sheets {name, title, columns: [{label, kind, width}], rows}: the bytes of an .xlsx file. */
  function workbook(sheets) {
    const names = sheetNames(sheets);
    const parts = [
      ['[Content_Types].xml', contentTypes(sheets)],
      ['_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']])],
      ['xl/workbook.xml', book(names, sheets)],
      ['xl/_rels/workbook.xml.rels', relations(sheets.map(function (_, i) { return ['worksheet', 'worksheets/sheet' + (i + 1) + '.xml']; }).concat([['styles', 'styles.xml']]))],
      ['xl/styles.xml', styles()],
    ];
    sheets.forEach(function (sheet, i) { parts.push(['xl/worksheets/sheet' + (i + 1) + '.xml', worksheet(sheet)]); });
    return zip(parts.map(function (part) { return [part[0], new TextEncoder().encode(HEAD + part[1])]; }));
  }

  /** Text as XML takes it; characters that XML forbids, and halves of characters, are left out. */
  function escaped(text) {
    return Array.from(String(text)).filter(function (one) {
      const code = one.codePointAt(0);
      return code >= 32 && !(code >= 0xd800 && code < 0xe000) && code !== 0xfffe && code !== 0xffff || code === 9 || code === 10;
    }).join('').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
  }

  /** Names that Excel takes: without its forbidden signs, at most 31 characters, no two the same. */
  function sheetNames(sheets) {
    const taken = new Set();
    return sheets.map(function (sheet, i) {
      const plain = sheet.name.replace(/[\\/?*[\]:']/g, ' ').slice(0, 31) || '表' + (i + 1);
      const name = taken.has(plain) ? plain.slice(0, 27) + '（' + (i + 1) + '）' : plain;
      taken.add(name);
      return name;
    });
  }

  function letters(column) {
    return (column >= 26 ? letters(Math.floor(column / 26) - 1) : '') + String.fromCharCode(65 + column % 26);
  }

  function cell(value, kind, column, row) {
    const at = letters(column) + row;
    if (value === null || value === undefined || value === '') return '';
    if (typeof value === 'number' && isFinite(value)) return '<c r="' + at + '" s="' + STYLES[kind] + '"><v>' + value + '</v></c>';
    const text = escaped(String(value).slice(0, 32767));
    return '<c r="' + at + '" s="' + (kind === 'head' || kind === 'title' ? STYLES[kind] : 0) + '" t="inlineStr"><is><t xml:space="preserve">' + text + '</t></is></c>';
  }

  /** Title, headings (frozen, repeated on every printed page), rows; A4 across, fitted to the width. */
  function worksheet(sheet) {
    const columns = sheet.columns, top = sheet.title ? 2 : 1, lines = [];
    const line = function (cells, number) { lines.push('<row r="' + number + '">' + cells.join('') + '</row>'); };
    if (sheet.title) line([cell(sheet.title, 'title', 0, 1)], 1);
    line(columns.map(function (column, i) { return cell(column.label, 'head', i, top); }), top);
    sheet.rows.forEach(function (row, r) {
      line(row.map(function (value, i) { return cell(value, columns[i].kind || 'text', i, top + 1 + r); }), top + 1 + r);
    });
    const widths = columns.map(function (column, i) {
      return '<col min="' + (i + 1) + '" max="' + (i + 1) + '" width="' + (column.width || 12) + '" customWidth="1"/>';
    });
    return '<worksheet xmlns="' + MAIN + '"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>' +
      '<sheetViews><sheetView workbookViewId="0"><pane ySplit="' + top + '" topLeftCell="A' + (top + 1) + '" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
      '<cols>' + widths.join('') + '</cols><sheetData>' + lines.join('') + '</sheetData>' +
      '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>' +
      '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/></worksheet>';
  }

  function book(names, sheets) {
    const listed = names.map(function (name, i) {
      return '<sheet name="' + escaped(name) + '" sheetId="' + (i + 1) + '" r:id="r' + (i + 1) + '"/>';
    });
    const repeated = names.map(function (name, i) {
      const top = sheets[i].title ? 2 : 1;
      return '<definedName name="_xlnm.Print_Titles" localSheetId="' + i + '">\'' + escaped(name) + '\'!$1:$' + top + '</definedName>';
    });
    return '<workbook xmlns="' + MAIN + '" xmlns:r="' + RELS + '"><sheets>' + listed.join('') + '</sheets><definedNames>' + repeated.join('') + '</definedNames></workbook>';
  }

  function styles() {
    const font = function (bold, size) { return '<font>' + (bold ? '<b/>' : '') + '<sz val="' + size + '"/><name val="宋体"/></font>'; };
    const look = function (format, fontId) { return '<xf numFmtId="' + format + '" fontId="' + fontId + '" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'; };
    return '<styleSheet xmlns="' + MAIN + '"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>' +
      '<fonts count="3">' + font(false, 11) + font(true, 11) + font(true, 14) + '</fonts>' +
      '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
      '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
      '<cellXfs count="6">' + look(49, 0) + look(49, 1) + look(3, 0) + look(164, 0) + look(49, 2) + look(2, 0) + '</cellXfs>' +
      '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>';
  }

  function contentTypes(sheets) {
    const part = function (name, type) { return '<Override PartName="/xl/' + name + '.xml" ContentType="' + TYPE + type + '+xml"/>'; };
    return '<Types xmlns="' + PACKAGE + 'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      '<Default Extension="xml" ContentType="application/xml"/>' + part('workbook', 'sheet.main') + part('styles', 'styles') +
      sheets.map(function (_, i) { return part('worksheets/sheet' + (i + 1), 'worksheet'); }).join('') + '</Types>';
  }

  function relations(targets) {
    return '<Relationships xmlns="' + PACKAGE + 'relationships">' + targets.map(function (one, i) {
      return '<Relationship Id="r' + (i + 1) + '" Type="' + RELS + '/' + one[0] + '" Target="' + one[1] + '"/>';
    }).join('') + '</Relationships>';
  }

  /** Files [name, bytes] as a zip without compression, dated 1 January 1980. */
  function zip(files) {
    const pieces = [], list = [];
    let at = 0, listed = 0;
    files.forEach(function (file) {
      const name = new TextEncoder().encode(file[0]), body = file[1], sum = JJ.crc32(body) >>> 0;
      const about = [[20, 2], [0x800, 2], [0, 2], [0, 2], [33, 2], [sum, 4], [body.length, 4], [body.length, 4], [name.length, 2], [0, 2]];
      const local = numbers([[0x04034b50, 4]].concat(about));
      const central = numbers([[0x02014b50, 4], [20, 2]].concat(about, [[0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]));
      pieces.push(local, name, body);
      list.push(central, name);
      at += local.length + name.length + body.length;
      listed += central.length + name.length;
    });
    const end = numbers([[0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [listed, 4], [at, 4], [0, 2]]);
    return joined(pieces.concat(list, [end]));
  }

  /** Numbers [value, bytes], lowest byte first. */
  function numbers(fields) {
    const out = [];
    fields.forEach(function (field) { for (let i = 0; i < field[1]; i++) out.push(Math.floor(field[0] / Math.pow(256, i)) & 255); });
    return Uint8Array.from(out);
  }

  function joined(pieces) {
    const out = new Uint8Array(pieces.reduce(function (sum, piece) { return sum + piece.length; }, 0));
    let at = 0;
    pieces.forEach(function (piece) { out.set(piece, at); at += piece.length; });
    return out;
  }

  JJ.workbook = workbook;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
