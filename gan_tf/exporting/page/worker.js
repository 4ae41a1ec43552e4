// The generator and the discriminator: everything that computes. This file runs in a Worker;
// page.js sends it {id, method, args} and gets {id, result} or {id, error}.
"use strict";

let model;      // the description that html_page.py writes
let generator;  // lists of operations whose arrays are Float32Array
let discriminator;

// ---------------------------------------------------------------- z of (seed, index)

// The upper half of the product of two uint32; every sum here is below 2^53.
function multiplyHigh(a, b) {
  const aHigh = a >>> 16, aLow = a & 0xffff, bHigh = b >>> 16, bLow = b & 0xffff;
  const first = aHigh * bLow + Math.floor((aLow * bLow) / 65536);
  const second = aLow * bHigh + (first % 65536);
  return aHigh * bHigh + Math.floor(first / 65536) + Math.floor(second / 65536);
}

// Philox4x32-10, Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405.
function philox(c0, c1, c2, c3, k0, k1) {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0), low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2), low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

// Returns z, the same numbers as gan_tf.sampling.latents.sample_z.
function sampleZ(seed, index) {
  const low = (x) => x % 2 ** 32, high = (x) => Math.floor(x / 2 ** 32);
  const z = new Float32Array(model.latentDim + 3);
  for (let j = 0; 4 * j < model.latentDim; j++) {
    const words = philox(j, low(index), high(index), 0, low(seed), high(seed));
    for (let i = 0; i < 4; i += 2) {
      const a = words[i], b = words[i + 1], at = 4 * j + i;
      if (model.noise === "uniform") {
        z[at] = (2 * (a + 0.5)) / 2 ** 32 - 1;
        z[at + 1] = (2 * (b + 0.5)) / 2 ** 32 - 1;
      } else {
        const radius = Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32));
        const angle = (2 * Math.PI * b) / 2 ** 32;
        z[at] = radius * Math.cos(angle);
        z[at + 1] = radius * Math.sin(angle);
      }
    }
  }
  return z.slice(0, model.latentDim);
}

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

// Normal z follows an arc (White 2016, https://arxiv.org/abs/1609.04468, section 2.1),
// uniform z a line.
function interpolate(start, end, fraction) {
  let a = 1 - fraction, b = fraction;
  if (model.noise === "normal") {
    const cosine = dot(start, end) / Math.sqrt(dot(start, start) * dot(end, end));
    const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
    if (Math.sin(angle) >= 1e-6) {
      a = Math.sin((1 - fraction) * angle) / Math.sin(angle);
      b = Math.sin(fraction * angle) / Math.sin(angle);
    }
  }
  return start.map((x, i) => a * x + b * end[i]);
}

// ---------------------------------------------------------------- operations

const BLOCK = 4;  // rows and columns of the matrix product's inner block
const roundUp = (n) => Math.ceil(n / BLOCK) * BLOCK;

// Returns a matrix [depth, columns] as panels of 4 columns, each [depth, 4].
function toPanels(matrix, depth, columns) {
  const panels = new Float32Array(depth * roundUp(columns));
  for (let k = 0; k < depth; k++) {
    for (let n = 0; n < columns; n++) {
      const panel = n - (n % BLOCK);
      panels[panel * depth + k * BLOCK + (n - panel)] = matrix[k * columns + n];
    }
  }
  return panels;
}

// Writes a [rows, depth] times the matrix of `panels` into c [rows, columns]; rows and
// columns are multiples of 4. A block of 4x4 sums stays in local variables, so that 8 loads
// serve 16 multiplications.
function multiply(a, panels, c, rows, depth, columns) {
  for (let n = 0; n < columns; n += 4) {
    for (let m = 0; m < rows; m += 4) {
      let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
      let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
      let p0 = m * depth, p1 = p0 + depth, p2 = p1 + depth, p3 = p2 + depth;
      let q = n * depth;
      for (let k = 0; k < depth; k++) {
        const b0 = panels[q], b1 = panels[q + 1], b2 = panels[q + 2], b3 = panels[q + 3];
        q += 4;
        let x = a[p0++];
        c00 += x * b0; c01 += x * b1; c02 += x * b2; c03 += x * b3;
        x = a[p1++];
        c10 += x * b0; c11 += x * b1; c12 += x * b2; c13 += x * b3;
        x = a[p2++];
        c20 += x * b0; c21 += x * b1; c22 += x * b2; c23 += x * b3;
        x = a[p3++];
        c30 += x * b0; c31 += x * b1; c32 += x * b2; c33 += x * b3;
      }
      let o = m * columns + n;
      c[o] = c00; c[o + 1] = c01; c[o + 2] = c02; c[o + 3] = c03;
      o += columns;
      c[o] = c10; c[o + 1] = c11; c[o + 2] = c12; c[o + 3] = c13;
      o += columns;
      c[o] = c20; c[o + 1] = c21; c[o + 2] = c22; c[o + 3] = c23;
      o += columns;
      c[o] = c30; c[o + 1] = c31; c[o + 2] = c32; c[o + 3] = c33;
    }
  }
}

// Scratch memory is kept: an image would allocate megabytes otherwise.
const scratch = {};
function scratchArray(name, size) {
  if (!scratch[name] || scratch[name].length < size) scratch[name] = new Float32Array(size);
  return scratch[name];
}

// Copies what the kernel [height, width] covers at each of rows x columns places into one
// row of `patches`, zeros outside the image.
function copyPatches(patches, image, [imageHeight, imageWidth, channels], height, width,
                     stride, top, left, rows, columns) {
  let to = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const x = j * stride - left;
      const first = Math.max(0, -x), last = Math.min(width, imageWidth - x);
      for (let tap = 0; tap < height; tap++) {
        const y = i * stride - top + tap;
        const end = to + width * channels;
        const inside = y >= 0 && y < imageHeight && first < last;
        if (!inside || last - first < width) patches.fill(0, to, end);
        if (inside) {
          const from = (y * imageWidth + x) * channels;
          patches.set(image.subarray(from + first * channels, from + last * channels),
                      to + first * channels);
        }
        to = end;
      }
    }
  }
}

// One convolution of one image. Its outputs are written at every `step`-th row and column
// of `outputs` from (row, column) on: the four parts of an upsampling interleave.
function convolve(image, op, panels, height, width, stride, top, left, rows, columns,
                  outputs, step, row, column) {
  const filters = op.output[2], padded = roundUp(filters), places = rows * columns;
  const depth = height * width * op.input[2];
  const patches = scratchArray("patches", roundUp(places) * depth);
  const sums = scratchArray("sums", roundUp(places) * padded);
  copyPatches(patches, image, op.input, height, width, stride, top, left, rows, columns);
  multiply(patches, panels, sums, roundUp(places), depth, padded);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const from = (i * columns + j) * padded;
      const to = ((i * step + row) * op.output[1] + j * step + column) * filters;
      for (let f = 0; f < filters; f++) outputs[to + f] = sums[from + f] + op.bias[f];
    }
  }
}

const size = (shape) => shape.reduce((a, b) => a * b, 1);

// Applies `each(image, outputs)` to every image of a batch.
function forEachImage(x, op, each) {
  const inputs = size(op.input), outputs = size(op.output), num = x.length / inputs;
  const result = new Float32Array(num * outputs);
  for (let i = 0; i < num; i++) {
    each(x.subarray(i * inputs, (i + 1) * inputs),
         result.subarray(i * outputs, (i + 1) * outputs));
  }
  return result;
}

function mapInPlace(x, f) {
  for (let i = 0; i < x.length; i++) x[i] = f(x[i]);
  return x;
}

// Each takes a batch as one Float32Array and the labels of its images. A label is a list of
// [class, weight]: {3: 0.5, 8: 0.5} is half way between two embeddings.
const OPERATIONS = {
  dense(x, op, labels) {
    const [depth, columns] = op.kernelShape, num = x.length / depth;
    const padded = roundUp(columns);
    const a = scratchArray("patches", roundUp(num) * depth);
    const sums = scratchArray("sums", roundUp(num) * padded);
    a.set(x);
    for (let i = 0; op.factors && i < num; i++) {
      const factors = mixed(op.factors, depth, labels[i]);
      for (let k = 0; k < depth; k++) a[i * depth + k] *= factors[k];
    }
    multiply(a, op.panels, sums, roundUp(num), depth, padded);
    const outputs = new Float32Array(num * columns);
    for (let i = 0; i < num; i++) {
      const added = op.labels && mixed(op.labels, columns, labels[i]);
      for (let n = 0; n < columns; n++) {
        outputs[i * columns + n] = sums[i * padded + n] + op.bias[n] + (added ? added[n] : 0);
      }
    }
    return outputs;
  },

  convolution(x, op) {
    const [height, width] = op.kernelShape, [top, left] = op.padding;
    return forEachImage(x, op, (image, outputs) => {
      convolve(image, op, op.panels, height, width, op.stride, top, left, op.output[0],
               op.output[1], outputs, 1, 0, 0);
    });
  },

  // A transposed convolution of stride 2 is four convolutions with 2x2 kernels, one for
  // each parity of row and column.
  upsample(x, op) {
    return forEachImage(x, op, (image, outputs) => {
      for (let row = 0; row < 2; row++) {
        for (let column = 0; column < 2; column++) {
          convolve(image, op, op.panels[2 * row + column], 2, 2, 1, 1 - row, 1 - column,
                   op.input[0], op.input[1], outputs, 2, row, column);
        }
      }
    });
  },

  resize(x, op) {
    const [, width, channels] = op.input;
    const columns = Math.min(width, op.output[1]), rows = Math.min(op.input[0], op.output[0]);
    return forEachImage(x, op, (image, outputs) => {
      for (let i = 0; i < rows; i++) {
        const from = i * width * channels;
        outputs.set(image.subarray(from, from + columns * channels),
                    i * op.output[1] * channels);
      }
    });
  },

  categorical_code: (x, op) => forEachImage(x, op, (z, outputs) => {
    const largest = Math.max(...z);
    outputs.set(z);
    z.forEach((value, i) => { outputs[z.length + i] = value === largest ? op.scale : 0; });
  }),

  affine(x, op) {
    const channels = op.scale.length;
    for (let i = 0; i < x.length; i++) {
      x[i] = x[i] * op.scale[i % channels] + op.shift[i % channels];
    }
    return x;
  },

  relu(x) {
    for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] = 0;
    return x;
  },
  leaky_relu: (x, op) => mapInPlace(x, (v) => (v > 0 ? v : op.slope * v)),
  tanh: (x) => mapInPlace(x, Math.tanh),
  sigmoid: (x) => mapInPlace(x, (v) => 1 / (1 + Math.exp(-v))),
};

// Returns the weighted sum of the label's rows of a table.
function mixed(table, columns, label) {
  const sum = new Float32Array(columns);
  for (const [row, weight] of label) {
    for (let n = 0; n < columns; n++) sum[n] += weight * table[row * columns + n];
  }
  return sum;
}

function run(operations, x, labels) {
  return operations.reduce((values, op) => OPERATIONS[op.op](values, op, labels), x);
}

// ---------------------------------------------------------------- weights

// Reads an array that quantization.py described; see WeightsWriter there.
function readArray(bytes, { shape, offset }) {
  const columns = shape[shape.length - 1], count = size(shape);
  // A copy: the offset need not be a multiple of 4.
  const floats = new Float32Array(bytes.slice(offset, offset + 4 * columns).buffer);
  if (shape.length === 1) return floats;
  const low = offset + 4 * columns, high = low + count;
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const interleaved = bytes[low + i] + 256 * bytes[high + i];
    values[i] = ((interleaved >> 1) ^ -(interleaved & 1)) * floats[i % columns];
  }
  return values;
}

function readOperation(bytes, description) {
  const op = { ...description };
  for (const [key, value] of Object.entries(description)) {
    if (value && value.shape) op[key] = readArray(bytes, value);
  }
  if (!op.kernel) return op;
  const shape = op.kernelShape = description.kernel.shape;
  const columns = shape[shape.length - 1];
  const parts = op.op === "upsample" ? 4 : 1, part = op.kernel.length / parts;
  const panels = Array.from({ length: parts }, (_, i) =>
    toPanels(op.kernel.subarray(i * part, (i + 1) * part), part / columns, columns));
  op.panels = op.op === "upsample" ? panels : panels[0];
  delete op.kernel;
  return op;
}

async function load({ description, weights }) {
  const compressed = Uint8Array.from(atob(weights), (c) => c.charCodeAt(0));
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const read = (operations) => operations.map((op) => readOperation(bytes, op));
  model = description;
  generator = read(model.generator);
  discriminator = model.discriminator && read(model.discriminator);
  return {};
}

// ---------------------------------------------------------------- methods

// Returns the images of zs and labels, as Python's to_uint8 rounds them.
function generate(zs, labels) {
  const z = new Float32Array(zs.length * model.latentDim);
  zs.forEach((row, i) => z.set(row, i * model.latentDim));
  const values = run(generator, z, labels);
  const [low, high] = model.imageRange;
  // Uint8ClampedArray clips, and rounds halves to even.
  const pixels = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) {
    pixels[i] = (values[i] - low) * (255 / (high - low));
  }
  return { pixels: new Uint8Array(pixels.buffer) };
}

const IMAGES_AT_ONCE = 16;
const whole = (label) => [[label, 1]];
const range = (num) => Array.from({ length: num }, (_, i) => i);

// In blocks, because every operation makes its outputs for all of one.
function images({ label, seed, num, start }) {
  const started = performance.now(), length = size(model.imageShape);
  const pixels = new Uint8Array(num * length);
  for (let first = 0; first < num; first += IMAGES_AT_ONCE) {
    const zs = range(Math.min(IMAGES_AT_ONCE, num - first)).map((i) =>
      sampleZ(seed, start + first + i));
    pixels.set(generate(zs, zs.map(() => whole(label))).pixels, first * length);
  }
  const milliseconds = (performance.now() - started) / num;
  return { pixels, shape: [num, ...model.imageShape], milliseconds };
}

// Images from one {label, seed} to another, both ends included.
function morph({ from, to, num }) {
  const start = sampleZ(from.seed, 0), end = sampleZ(to.seed, 0);
  const fractions = range(num).map((i) => i / (num - 1));
  return generate(
    fractions.map((f) => interpolate(start, end, f)),
    fractions.map((f) => [[from.label, 1 - f], [to.label, f]]));
}

// Images at points [x, y] of the plane through an image's z that two other z span. They keep
// the length that z has: the generator was trained on no other.
function plane({ label, seed, index, direction, points }) {
  const z = sampleZ(seed, index);
  const [first, second] = [0, 1].map((i) => sampleZ(direction, 1e6 + i));
  const zs = points.map(([x, y]) => {
    const moved = z.map((value, i) => value + x * first[i] + y * second[i]);
    if (model.noise === "uniform") return moved.map((v) => Math.min(1, Math.max(-1, v)));
    const scale = Math.sqrt(dot(z, z) / dot(moved, moved));
    return moved.map((value) => value * scale);
  });
  return generate(zs, zs.map(() => whole(label)));
}

// The discriminator's probabilities: that the image is real, and of the classes.
function opinion({ pixels }) {
  const [low, high] = model.imageRange;
  const image = Float32Array.from(pixels, (v) => low + (v * (high - low)) / 255);
  const [source, ...logits] = run(discriminator, image);
  const largest = Math.max(...logits);
  const exps = logits.map((v) => Math.exp(v - largest));
  const total = exps.reduce((a, b) => a + b, 0);
  // Class logits twice as many as the classes are of (class, real), then (class, fake).
  const classes = model.classNames.map((_, k) => {
    const fake = exps[k + model.classNames.length] || 0;
    return (exps[k] + fake) / total;
  });
  return { real: 1 / (1 + Math.exp(-source)), classes };
}

const METHODS = { load, images, morph, plane, opinion };

async function answer({ id, method, args }) {
  try {
    const result = await METHODS[method](args);
    postMessage({ id, result }, result.pixels ? [result.pixels.buffer] : []);
  } catch (error) {
    postMessage({ id, error: error.message });
  }
}

// One after the other: loading the weights takes several turns of the event loop.
let last = Promise.resolve();
onmessage = ({ data }) => {
  last = last.then(() => answer(data));
};
