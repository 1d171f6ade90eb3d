/*
 * From the packed text in the page back to columns of numbers (see rendering/packing.py for the layout).
 * No DOM: runs in the page, in a Worker and under node.
 */
(function (JJ) {
  'use strict';

  /** The bytes of a base64 text; throws when the text is cut or not base64. */
  function bytesOf(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const letters = atob(text), bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    return bytes;
  }

  /** Four tables, so that four bytes are taken in at a time: half a million people are checked in some 20 ms. */
  function crcTables() {
    const tables = [0, 1, 2, 3].map(function () { return new Int32Array(256); });
    for (let i = 0; i < 256; i++) {
      let c = i;
      for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
      tables[0][i] = c;
    }
    for (let i = 0; i < 256; i++) {
      for (let t = 1; t < 4; t++) tables[t][i] = (tables[t - 1][i] >>> 8) ^ tables[0][tables[t - 1][i] & 255];
    }
    return tables;
  }

  /** CRC-32 of the bytes, as an unsigned number. */
  function crc32(bytes) {
    const t = crcTables(), t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3], n = bytes.length;
    let c = -1, i = 0;
    for (; i + 4 <= n; i += 4) {
      c ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
      c = t3[c & 255] ^ t2[c >>> 8 & 255] ^ t1[c >>> 16 & 255] ^ t0[c >>> 24];
    }
    for (; i < n; i++) c = t0[(c ^ bytes[i]) & 255] ^ (c >>> 8);
    return (c ^ -1) >>> 0;
  }

  /** The gzipped bytes of a packed text, checked against their size and sum as stated when the page was made. */
  function checked(text, size, sum) {
    let bytes;
    try {
      bytes = bytesOf(text.trim());
    } catch (error) {
      throw new Error('数据段不完整或被改动（编码错误）');
    }
    if (bytes.length !== size) throw new Error('数据段不完整：应有 ' + size + ' 字节，实有 ' + bytes.length + ' 字节');
    if (crc32(bytes) !== sum) throw new Error('数据段被改动：校验和不符');
    return bytes;
  }

  async function gunzip(bytes) {
    if (typeof DecompressionStream === 'undefined') return JJ.inflate(bytes);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Whole numbers from `width` planes; more than 31 bits go into a Float64Array, which holds them exactly. */
  function whole(bytes, at, count, width, signed) {
    if (width > 4 || (width === 4 && !signed)) return wide(bytes, at, count, width, signed);
    const out = new Int32Array(count), a = at, b = a + count, c = b + count, d = c + count;
    if (width === 1) for (let i = 0; i < count; i++) out[i] = bytes[a + i];
    if (width === 2) for (let i = 0; i < count; i++) out[i] = bytes[a + i] | bytes[b + i] << 8;
    if (width === 3) for (let i = 0; i < count; i++) out[i] = bytes[a + i] | bytes[b + i] << 8 | bytes[c + i] << 16;
    if (width === 4) {
      for (let i = 0; i < count; i++) out[i] = bytes[a + i] | bytes[b + i] << 8 | bytes[c + i] << 16 | bytes[d + i] << 24;
    }
    if (signed) for (let i = 0; i < count; i++) out[i] = (out[i] >>> 1) ^ -(out[i] & 1);
    return out;
  }

  function wide(bytes, at, count, width, signed) {
    const out = new Float64Array(count);
    for (let w = width - 1; w >= 0; w--) {
      const from = at + w * count;
      for (let i = 0; i < count; i++) out[i] = out[i] * 256 + bytes[from + i];
    }
    if (signed) for (let i = 0; i < count; i++) out[i] = out[i] % 2 ? -(out[i] + 1) / 2 : out[i] / 2;
    return out;
  }

  function floats(bytes, at, count) {
    const out = new Float64Array(count), raw = new Uint8Array(out.buffer);
    for (let w = 0; w < 8; w++) {
      const from = at + w * count;
      for (let i = 0; i < count; i++) raw[8 * i + w] = bytes[from + i];
    }
    return out;
  }

  function column(bytes, codec, width, count, at) {
    if (codec === 'f') return floats(bytes, at, count);
    const out = whole(bytes, at, count, width, codec !== 'u');
    if (codec === 'd') for (let i = 1; i < count; i++) out[i] += out[i - 1];
    return out;
  }

  /** Columns by name, and the free facts of the head, out of unzipped bytes. */
  function decode(bytes) {
    const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    const columns = {};
    head.columns.forEach(function (c) {
      columns[c[0]] = column(bytes, c[1], c[2], c[3], 4 + length + c[4]);
    });
    return { meta: head.meta, columns: columns };
  }

  /** Everything at once: checked, unzipped, decoded. Rejects with a Chinese sentence when the data is damaged. */
  async function unpack(text, size, sum) {
    return decode(await gunzip(checked(text, size, sum)));
  }

  JJ.unpack = unpack;
  JJ.crc32 = crc32;
  JJ.decode = decode;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
