/* The rows of a plan out of a workbook, as this page or a spreadsheet program saved it. */
(function (JJ) {
  'use strict';

  const MOST_BYTES = 3e7, WANTED = ['service', 'lon', 'lat'];

  /** The rows below the first headings that name a service and a place, each by its headings; the first sheet that has them. */
  function workbookRows(bytes) {
    const parts = partsOf(bytes), shared = parts['xl/sharedStrings.xml'] ? texts(xml(bytes, parts['xl/sharedStrings.xml']), 'si') : [];
    const names = Object.keys(parts).filter(function (name) { return /^xl\/worksheets\/[^/]+\.xml$/.test(name); });
    for (let i = 0; i < names.length; i++) {
      const rows = cells(xml(bytes, parts[names[i]]), shared);
      const head = rows.findIndex(function (row) { return WANTED.every(function (name) { return row.indexOf(name) >= 0; }); });
      if (head >= 0) return JJ.byHeadings(rows[head], rows.slice(head + 1));
    }
    throw new Error('工作簿中没有选址方案（需有 service、lon、lat 三列）');
  }

  /** What a zip holds, by name, from the list at its end: {at, size, whole, zipped}. */
  function partsOf(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), parts = {};
    let end = bytes.length - 22;
    while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
    if (end < 0) throw new Error('工作簿不完整');
    for (let k = 0, at = view.getUint32(end + 16, true), n = view.getUint16(end + 10, true); k < n; k++) {
      if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw new Error('工作簿不完整');
      const long = view.getUint16(at + 28, true), local = view.getUint32(at + 42, true);
      if (local + 30 > end) throw new Error('工作簿不完整');
      parts[new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + long))] = {
        at: local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true),
        size: view.getUint32(at + 20, true), whole: view.getUint32(at + 24, true), zipped: view.getUint16(at + 10, true) === 8,
      };
      at += 46 + long + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
    return parts;
  }

  function xml(bytes, part) {
    if (part.at + part.size > bytes.length) throw new Error('工作簿不完整');
    if (part.whole > MOST_BYTES) throw new Error('工作簿过大');
    const raw = bytes.subarray(part.at, part.at + part.size), text = new TextDecoder().decode(part.zipped ? inflated(raw, part.whole) : raw);
    const read = new DOMParser().parseFromString(text, 'application/xml');
    if (read.getElementsByTagName('parsererror').length) throw new Error('工作簿已损坏');
    return read;
  }

  /** Deflated bytes in the clothes of a gzip file, which is what can be unzipped here. */
  function inflated(raw, whole) {
    const dressed = new Uint8Array(raw.length + 18);
    dressed.set(raw, 10);
    new DataView(dressed.buffer).setUint32(raw.length + 14, whole, true);
    return JJ.inflate(dressed);
  }

  /** The texts of these elements, without how they are pronounced. */
  function texts(read, tag) {
    return Array.from(read.getElementsByTagName(tag)).map(function (one) {
      return Array.from(one.getElementsByTagName('t')).filter(function (t) { return t.parentNode.localName !== 'rPh'; }).map(function (t) { return t.textContent; }).join('');
    });
  }

  function cells(read, shared) {
    return Array.from(read.getElementsByTagName('row')).map(function (row) {
      const found = [];
      Array.from(row.getElementsByTagName('c')).forEach(function (one, i) {
        const letters = (one.getAttribute('r') || '').replace(/[^A-Z]/g, ''), value = one.getElementsByTagName('v')[0], kind = one.getAttribute('t');
        const at = letters ? Array.from(letters).reduce(function (sum, letter) { return 26 * sum + letter.charCodeAt(0) - 64; }, 0) - 1 : i;
        if (at < 200) found[at] = kind === 'inlineStr' ? texts(one, 'is').join('') : !value ? '' : kind === 's' ? shared[Number(value.textContent)] : value.textContent;
      });
      return Array.from(found, function (text) { return (text || '').trim(); });
    });
  }

  JJ.workbookRows = workbookRows;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
