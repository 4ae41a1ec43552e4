// A GIF encoder: `encodeGif(frames, width, height, centiseconds)` returns a Blob that loops
// for ever. A frame is the RGBA of a canvas. Grey images keep all their levels; colours are
// rounded to 6 x 7 x 6 levels of red, green and blue.
"use strict";

function encodeGif(frames, width, height, centiseconds) {
  const isGrey = frames.every((rgba) => {
    for (let i = 0; i < rgba.length; i += 4) {
      if (rgba[i] !== rgba[i + 1] || rgba[i] !== rgba[i + 2]) return false;
    }
    return true;
  });
  const bytes = [];
  const text = (s) => bytes.push(...[...s].map((c) => c.charCodeAt(0)));
  const word = (n) => bytes.push(n & 255, n >> 8);
  text("GIF89a");
  word(width);
  word(height);
  bytes.push(0xf7, 0, 0);  // one table of 256 colours for all frames
  for (let i = 0; i < 256; i++) bytes.push(...(isGrey ? [i, i, i] : colour(i)));
  bytes.push(0x21, 0xff, 11);
  text("NETSCAPE2.0");
  bytes.push(3, 1, 0, 0, 0);  // loops without end
  for (const rgba of frames) {
    bytes.push(0x21, 0xf9, 4, 0);
    word(centiseconds);
    bytes.push(0, 0, 0x2c, 0, 0, 0, 0);
    word(width);
    word(height);
    bytes.push(0, 8);
    const indices = new Uint8Array(width * height);
    for (let i = 0; i < indices.length; i++) {
      const r = rgba[4 * i], g = rgba[4 * i + 1], b = rgba[4 * i + 2];
      indices[i] = isGrey ? r : (level(r, 6) * 7 + level(g, 7)) * 6 + level(b, 6);
    }
    const codes = compressLzw(indices);
    for (let i = 0; i < codes.length; i += 255) {
      const block = codes.slice(i, i + 255);
      bytes.push(block.length, ...block);
    }
    bytes.push(0);
  }
  bytes.push(0x3b);
  return new Blob([new Uint8Array(bytes)], { type: "image/gif" });
}

const level = (value, levels) => Math.round((value * (levels - 1)) / 255);

function colour(index) {
  const levels = [Math.floor(index / 42) / 5, (Math.floor(index / 6) % 7) / 6, (index % 6) / 5];
  return levels.map((level) => Math.round(255 * Math.min(1, level)));
}

// GIF's variant of LZW, for symbols of 8 bits (GIF89a specification, appendix F).
function compressLzw(symbols) {
  const CLEAR = 256, END = 257, MOST = 4096;
  const out = [];
  let buffer = 0, bits = 0, width = 9, next = 258, table = new Map();
  function write(code) {
    buffer |= code << bits;
    bits += width;
    while (bits >= 8) {
      out.push(buffer & 255);
      buffer >>>= 8;
      bits -= 8;
    }
  }
  write(CLEAR);
  let prefix = symbols[0];
  for (let i = 1; i < symbols.length; i++) {
    const key = prefix * 256 + symbols[i];
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    write(prefix);
    if (next < MOST) {
      if (next === 1 << width) width++;
      table.set(key, next++);
    } else {
      write(CLEAR);
      table = new Map();
      next = 258;
      width = 9;
    }
    prefix = symbols[i];
  }
  write(prefix);
  if (next === 1 << width && width < 12) width++;
  write(END);
  if (bits) out.push(buffer & 255);
  return out;
}
