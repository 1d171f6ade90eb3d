/*
 * Unzip gzip (RFC 1952, 1951) for browsers that cannot do it themselves (Chromium before 80, Firefox before 113). No DOM.
 */
(function (JJ) {
  'use strict';

  const LENGTH = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const FAR = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const FAR_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  /** A canonical Huffman code from the length of each symbol: how many codes of each length, and symbols in order. */
  function code(lengths) {
    const count = new Int32Array(16), first = new Int32Array(16), symbols = new Int32Array(lengths.length);
    for (let i = 0; i < lengths.length; i++) count[lengths[i]]++;
    count[0] = 0;
    for (let b = 1; b < 16; b++) first[b] = first[b - 1] + count[b - 1];
    for (let i = 0; i < lengths.length; i++) if (lengths[i]) symbols[first[lengths[i]]++] = i;
    return { count: count, symbols: symbols };
  }

  class Bits {
    constructor(bytes, at) {
      this.bytes = bytes;
      this.at = at;
      this.held = 0;
      this.have = 0;
    }

    take(n) {
      while (this.have < n) {
        if (this.at >= this.bytes.length) throw new Error('数据段不完整');
        this.held |= this.bytes[this.at++] << this.have;
        this.have += 8;
      }
      const value = this.held & ((1 << n) - 1);
      this.held >>>= n;
      this.have -= n;
      return value;
    }

    symbol(table) {
      let value = 0, first = 0, index = 0;
      for (let b = 1; b < 16; b++) {
        value |= this.take(1);
        const count = table.count[b];
        if (value - first < count) return table.symbols[index + value - first];
        index += count;
        first = (first + count) << 1;
        value <<= 1;
      }
      throw new Error('数据段被改动');
    }
  }

  function fixedCodes() {
    const lengths = [];
    for (let i = 0; i < 288; i++) lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
    return [code(lengths), code(new Array(30).fill(5))];
  }

  function statedCodes(bits) {
    const literals = bits.take(5) + 257, distances = bits.take(5) + 1, lengths = new Array(19).fill(0);
    for (let i = 0, n = bits.take(4) + 4; i < n; i++) lengths[ORDER[i]] = bits.take(3);
    const meta = code(lengths), all = [];
    while (all.length < literals + distances) {
      const symbol = bits.symbol(meta);
      if (symbol < 16) { all.push(symbol); continue; }
      const value = symbol === 16 ? all[all.length - 1] : 0;
      for (let n = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7); n; n--) all.push(value);
    }
    return [code(all.slice(0, literals)), code(all.slice(literals))];
  }

  function stored(bits, out, n) {
    bits.held = bits.have = 0;
    const length = bits.bytes[bits.at] | bits.bytes[bits.at + 1] << 8;
    out.set(bits.bytes.subarray(bits.at + 4, bits.at + 4 + length), n);
    bits.at += 4 + length;
    return n + length;
  }

  function block(bits, out, n, codes) {
    for (;;) {
      const symbol = bits.symbol(codes[0]);
      if (symbol < 256) { out[n++] = symbol; continue; }
      if (symbol === 256) return n;
      const length = LENGTH[symbol - 257] + bits.take(LENGTH_BITS[symbol - 257]), far = bits.symbol(codes[1]);
      const from = n - FAR[far] - bits.take(FAR_BITS[far]);
      for (let i = 0; i < length; i++) out[n++] = out[from + i];
    }
  }

  /** The bytes inside a gzip file of one member without extra fields, as rendering/packing.py writes it. */
  function inflate(bytes) {
    const size = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
    const out = new Uint8Array(size), bits = new Bits(bytes, 10);
    let n = 0;
    for (let last = 0; !last;) {
      last = bits.take(1);
      const kind = bits.take(2);
      if (kind === 0) n = stored(bits, out, n); else n = block(bits, out, n, kind === 1 ? fixedCodes() : statedCodes(bits));
    }
    return out;
  }

  JJ.inflate = inflate;
})((function () {
  const root = typeof self === 'object' ? self : global;
  return (root.JJ = root.JJ || {});
})());
