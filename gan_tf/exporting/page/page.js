// The page's controls. All computation is in worker.js.
"use strict";

const model = JSON.parse(document.getElementById("description").textContent);
const names = model.classNames;
const [HEIGHT, WIDTH, CHANNELS] = model.imageShape;
const COLUMNS = 10;        // of the grid
const MOST_ROWS = 100;     // of the grid of all labels
const ALL = "all";
const FRAMES = 32;         // of a morph
const FRAME_TIME = 60;     // milliseconds
const MANY = 50;           // labels that scroll
const MAP = 9;             // images in a row of the plane's map
const MAX_SIDE = 16384;    // of a canvas, in pixels
const EDGE = 2.5;          // the plane's coordinates are from -EDGE to EDGE
const MAX_SEED = 2147483647;
const SCALE = Math.max(1, Math.round(280 / Math.max(WIDTH, HEIGHT)));  // of downloads

const $ = (id) => document.getElementById(id);
const range = (num) => Array.from({ length: num }, (_, i) => i);

// ---------------------------------------------------------------- the worker

const worker = new Worker(
  URL.createObjectURL(new Blob([$("worker").textContent], { type: "text/javascript" })));
const waiting = new Map();
let lastId = 0;

worker.onerror = () => {
  $("caption").textContent = "The page's worker cannot start: open the file itself in a browser.";
};

worker.onmessage = ({ data: { id, result, error } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) resolve(result);
  else reject(new Error(error));
};

function call(method, args) {
  return new Promise((resolve, reject) => {
    waiting.set(++lastId, { resolve, reject });
    worker.postMessage({ id: lastId, method, args });
  });
}

// Every call waits for the weights, because the worker answers in order.
const loaded = call("load", { description: model, weights: $("weights").textContent });
$("weights").remove();
loaded.catch((error) => {
  $("caption").textContent = `The weights cannot be read (${error.message}): try another browser.`;
});

// Returns the index of a class, of its name or its index.
function classIndex(label) {
  if (!names.length) {
    if (label === undefined) return 0;
    throw new RangeError(`label (${label}) is not possible: this model takes no label`);
  }
  const index = typeof label === "string" ? names.indexOf(label) : label;
  if (!(Number.isInteger(index) && index >= 0 && index < names.length)) {
    throw new RangeError(`label (${label}) must be an index below ${names.length} or one of ${names.join(", ")}`);
  }
  return index;
}

function checkInteger(name, value, least, most) {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new RangeError(`${name} (${value}) must be an integer from ${least} to ${most}`);
  }
  return value;
}

window.generator = {
  labels: [...names],
  // Images start, start + 1, ... of a label and a seed, those of gan_tf.generate.
  async images({ label, seed = 0, num = 16, start = 0 } = {}) {
    const { pixels, shape } = await call("images", {
      label: classIndex(label),
      seed: checkInteger("seed", seed, 0, Number.MAX_SAFE_INTEGER),
      num: checkInteger("num", num, 1, 10000),
      start: checkInteger("start", start, 0, Number.MAX_SAFE_INTEGER),
    });
    return { pixels, shape };
  },
};

// ---------------------------------------------------------------- drawing

const PIXELS = HEIGHT * WIDTH * CHANNELS;
const pixelsOf = ({ pixels }, i) => pixels.subarray(i * PIXELS, (i + 1) * PIXELS);

function draw(context, pixels, x = 0, y = 0) {
  const image = context.createImageData(WIDTH, HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[i * CHANNELS + (c % CHANNELS)];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, x, y);
}

// Sizes and clears a canvas for rows x columns images, and returns its context.
function canvasFor(canvas, rows, columns) {
  canvas.width = columns * WIDTH;
  canvas.height = rows * HEIGHT;
  return canvas.getContext("2d", { willReadFrequently: true });
}

function enlarged(canvas, scale) {
  const copy = document.createElement("canvas");
  copy.width = canvas.width * scale;
  copy.height = canvas.height * scale;
  const context = copy.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, copy.width, copy.height);
  return copy;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function savePng(canvas, name, scale = SCALE) {
  // Browsers have no larger canvases.
  const most = Math.floor(MAX_SIDE / Math.max(canvas.width, canvas.height));
  enlarged(canvas, Math.max(1, Math.min(scale, most))).toBlob((blob) => save(blob, name));
}

const fileName = (...parts) => parts.join("-").replace(/[^\w.-]+/g, "_");

// ---------------------------------------------------------------- state and address

// What is shown. `label` is an index or ALL; `of` and `image` are the enlarged image.
const state = { label: ALL, seed: 0, of: 0, image: 0 };

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const number = (key) => (/^\d{1,10}$/.test(given.get(key) || "") ? Number(given.get(key)) : 0);
  const label = given.get("label");
  const known = names.includes(label);
  state.label = known ? names.indexOf(label) : ALL;
  state.seed = Math.min(number("seed"), MAX_SEED);
  state.of = known ? state.label : Math.max(0, names.indexOf(given.get("of")));
  if (!known && state.of >= MOST_ROWS) state.of = 0;
  state.image = Math.min(number("image"), numOf(state.label) - 1);
}

function writeAddress() {
  const parts = new URLSearchParams();
  // A class may be named "all"; all of them are then shown without a label.
  if (state.label !== ALL) parts.set("label", names[state.label]);
  else if (names.length && !names.includes(ALL)) parts.set("label", ALL);
  parts.set("seed", state.seed);
  if (names.length && state.label === ALL && state.of) parts.set("of", names[state.of]);
  if (state.image) parts.set("image", state.image);
  // A page inside another page's srcdoc has no address of its own.
  try {
    history.replaceState(null, "", `#${parts}`);
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
  }
}

// The images of a label in the grid: ten of each where all are shown, else a hundred.
const numOf = (label) => (label === ALL && names.length ? COLUMNS : COLUMNS * COLUMNS);

// ---------------------------------------------------------------- generate

let tiles = [];    // {button, context, label, image, pixels} in the grid's order
let turn = 0;      // counts the grids, so that an outdated one stops
let idle = loaded; // resolves when the newest grid is complete

function show() {
  $("seed").value = state.seed;
  for (const button of $("labels").children) {
    button.setAttribute("aria-pressed", String(button.dataset.label === String(state.label)));
  }
  const labels = state.label === ALL ? allNames() : names[state.label];
  const flags = names.length ? ` --label ${quoted(labels)}` : "";
  $("command").textContent =
    `python -m gan_tf.generate${flags} --num ${numOf(state.label)} --seed ${state.seed}${model.options}`;
  writeAddress();
  idle = fillGrid();
  return idle;
}

// "0-9" where the names are such a range.
function allNames() {
  const shown = names.slice(0, MOST_ROWS), last = shown.length - 1;
  return last > 0 && shown.every((name, i) => name === String(i)) ? `0-${last}` : shown.join(",");
}

const quoted = (text) => (/^[\w.,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function buildGrid() {
  const grid = $("grid"), all = state.label === ALL && names.length > 0;
  grid.textContent = "";
  tiles = [];
  const rows = all ? Math.min(names.length, MOST_ROWS) : COLUMNS;
  for (let row = 0; row < rows; row++) {
    const name = document.createElement("span");
    name.className = "name";
    name.setAttribute("aria-hidden", "true");
    name.textContent = name.title = all ? names[row] : row * COLUMNS;
    grid.append(name);
    for (let column = 0; column < COLUMNS; column++) {
      const label = all ? row : state.label === ALL ? 0 : state.label;
      const image = all ? column : row * COLUMNS + column;
      const button = document.createElement("button"), canvas = document.createElement("canvas");
      canvas.className = "pixels";
      button.append(canvas);
      button.setAttribute("aria-label", title(label, image));
      button.addEventListener("click", () => choose(label, image));
      grid.append(button);
      tiles.push({ button, context: canvasFor(canvas, 1, 1), label, image });
    }
  }
}

const title = (label, image) => (names.length ? `${names[label]}, image ${image}` : `Image ${image}`);

async function fillGrid() {
  const mine = ++turn, shape = `${state.label}`;
  const hasFocus = $("grid").contains(document.activeElement);
  if ($("grid").dataset.shape !== shape) {
    buildGrid();
    $("grid").dataset.shape = shape;
    if (hasFocus) chosen().button.focus();
  }
  mark();
  for (const tile of tiles) tile.pixels = null;
  await loaded;
  const times = [], first = chosen();
  // The chosen image comes first: the page is of use before the grid is complete.
  const { pixels } = await call("images", {
    label: first.label, seed: state.seed, num: 1, start: first.image });
  if (mine !== turn) return;
  first.pixels = pixels;
  draw(first.context, pixels);
  if (first === chosen()) await showLarge();
  // Row by row, so that a new choice waits for one row at most.
  for (let row = 0; row < tiles.length; row += COLUMNS) {
    const { label, image } = tiles[row];
    const made = await call("images", { label, seed: state.seed, num: COLUMNS, start: image });
    if (mine !== turn) return;
    times.push(made.milliseconds);
    for (let i = 0; i < COLUMNS; i++) {
      tiles[row + i].pixels = pixelsOf(made, i);
      draw(tiles[row + i].context, tiles[row + i].pixels);
      if (tiles[row + i] === chosen() && chosen() !== first) await showLarge();
      if (mine !== turn) return;
    }
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1];
  const part = state.label === ALL && names.length > MOST_ROWS;
  const which = part ? ` of the first ${MOST_ROWS} labels` : "";
  $("status").textContent = `${tiles.length} images${which}, ${median.toFixed(1)} ms each`;
  await showStrip();
  await showPlane();
}

const chosen = () =>
  tiles.find((tile) => tile.image === state.image && (state.label !== ALL || tile.label === state.of));

function mark() {
  const current = chosen();
  for (const tile of tiles) {
    tile.button.setAttribute("aria-pressed", String(tile === current));
    tile.button.tabIndex = tile === current ? 0 : -1;
  }
}

async function choose(label, image) {
  state.of = label;
  state.image = image;
  mark();
  writeAddress();
  if (!chosen().pixels) return;  // still to come: the grid shows it
  await showLarge();
  await showPlane();
}

async function showLarge() {
  const tile = chosen(), what = title(tile.label, tile.image);
  draw(canvasFor($("large"), 1, 1), tile.pixels);
  $("large").setAttribute("aria-label", `${what}, seed ${state.seed}, enlarged`);
  $("caption").textContent = `${what}, seed ${state.seed}`;
  if (!model.discriminator) return;
  const opinion = await call("opinion", { pixels: tile.pixels });
  if (tile === chosen()) showOpinion(opinion);
}

function showOpinion({ real, classes }) {
  const likely = classes.map((p, k) => [p, names[k]]).sort((a, b) => b[0] - a[0]).slice(0, 3);
  $("opinion").hidden = false;
  $("bars").textContent = "";
  for (const [p, name] of [[real, "real"], ...likely]) {
    const text = `${Math.round(100 * p)} %`;
    const label = document.createElement("span"), meter = document.createElement("meter");
    const value = document.createElement("span");
    label.textContent = name;
    meter.value = p;
    meter.setAttribute("aria-label", `${name}: ${text}`);
    value.textContent = text;
    $("bars").append(label, meter, value);
  }
}

function setLabel(label) {
  state.label = label;
  if (label !== ALL) state.of = label;
  else if (state.of >= MOST_ROWS) state.of = 0;
  state.image = Math.min(state.image, numOf(label) - 1);
  return show();
}

function setSeed(seed) {
  state.seed = Math.min(MAX_SEED, Math.max(0, Math.trunc(seed) || 0));
  return show();
}

const randomSeed = () => setSeed(Math.floor(Math.random() * 1e6));

for (const [label, name] of names.length ? [...names.entries(), [ALL, "all"]] : []) {
  const button = document.createElement("button");
  button.textContent = name;
  button.dataset.label = label;
  button.addEventListener("click", () => setLabel(label));
  $("labels").append(button);
}
$("of-run").hidden = !model.options.includes(" RUN ");
$("labels").hidden = !names.length;
$("labels").classList.toggle("many", names.length > MANY);
$("seed").addEventListener("change", () => setSeed($("seed").valueAsNumber));
$("seed-down").addEventListener("click", () => setSeed(state.seed - 1));
$("seed-up").addEventListener("click", () => setSeed(state.seed + 1));
$("seed-random").addEventListener("click", randomSeed);
$("save-image").addEventListener("click", async () => {
  while (!chosen().pixels) await idle;
  const { label, image, pixels } = chosen(), canvas = document.createElement("canvas");
  draw(canvasFor(canvas, 1, 1), pixels);
  savePng(canvas, fileName(names[label] || "image", `seed-${state.seed}`, `${image}.png`));
});
$("save-grid").addEventListener("click", async () => {
  while (tiles.some((tile) => !tile.pixels)) await idle;
  const canvas = document.createElement("canvas");
  const all = tiles.length / COLUMNS, rows = Math.min(all, Math.floor(MAX_SIDE / HEIGHT));
  const context = canvasFor(canvas, rows, COLUMNS);
  tiles.slice(0, rows * COLUMNS).forEach((tile, i) => {
    draw(context, tile.pixels, (i % COLUMNS) * WIDTH, Math.floor(i / COLUMNS) * HEIGHT);
  });
  savePng(canvas, fileName("grid", `seed-${state.seed}.png`), 2);
  if (rows === all) return;
  $("status").textContent = `The file has the first ${rows} rows: browsers draw no larger picture.`;
});

$("grid").addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };
  const from = tiles.findIndex((tile) => tile.button === document.activeElement);
  const to = from + moves[event.key];
  if (from < 0 || !tiles[to]) return;
  event.preventDefault();
  for (const tile of tiles) tile.button.tabIndex = -1;
  tiles[to].button.tabIndex = 0;
  tiles[to].button.focus();
});

const hasNumbers = names.some((name) => /^\d+$/.test(name));

document.addEventListener("keydown", (event) => {
  const inField = event.target.matches("input:not([type=range], [type=checkbox]), select");
  if (!$("has-keys").checked || inField) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase(), index = names.indexOf(event.key);
  if (index >= 0) setLabel(index);
  else if (/^\d$/.test(key) && key < names.length && !hasNumbers) setLabel(Number(key));
  else if (key === "a" && names.length) setLabel(ALL);
  else if (key === "r") randomSeed();
  else if (key === "+") setSeed(state.seed + 1);
  else if (key === "-") setSeed(state.seed - 1);
});

window.addEventListener("hashchange", () => {
  readAddress();
  show();
});

// ---------------------------------------------------------------- type

// Characters that are labels become images, as of generate --digits: the second 7 is image 1.
// Others leave a gap.
async function showStrip() {
  const typed = [...$("text").value], strip = $("strip"), seen = {};
  const seed = state.seed;
  const made = await Promise.all(typed.map((character) => {
    if (!names.includes(character)) return null;
    const start = seen[character] = (seen[character] ?? -1) + 1;
    return window.generator.images({ label: character, seed, num: 1, start });
  }));
  if (typed.join("") !== $("text").value || seed !== state.seed) return false;
  const gap = Math.round(WIDTH / 2);
  const widths = made.map((image) => (image ? WIDTH : gap));
  const context = canvasFor(strip, 1, 1);
  strip.width = Math.max(1, widths.reduce((a, b) => a + b, 0));
  context.fillRect(0, 0, strip.width, HEIGHT);
  let x = 0;
  made.forEach((image, i) => {
    if (image) draw(context, image.pixels, x);
    x += widths[i];
  });
  strip.style.width = `${strip.width * Math.min(2.5, 70 / HEIGHT)}px`;
  strip.setAttribute("aria-label", `Generated: ${typed.join(" ")}`);
  return true;
}

function today() {
  const now = new Date(), two = (n) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

const characters = names.filter((name) => [...name].length === 1);
$("type").hidden = !characters.length;
const hasDigits = range(10).every((digit) => names.includes(String(digit)));
$("text").value = hasDigits ? today() : characters.slice(0, $("text").maxLength).join("");
if (characters.some((name) => !/\d/.test(name))) {
  $("text").inputMode = "text";
  document.querySelector("label[for=text]").textContent = "A text of labels";
}
$("text").addEventListener("input", showStrip);
$("save-strip").addEventListener("click", async () => {
  while (!(await showStrip()));  // the text or the seed changed meanwhile
  savePng($("strip"), fileName("text", `seed-${state.seed}.png`), 4);
});

// ---------------------------------------------------------------- morph

let morph = null;   // the frames, and between which ends
let timer = 0;      // of playing; 0 while paused
let direction = 1;
let morphTurn = 0;

const end = (which) => ({
  label: names.length ? Number($(`${which}-label`).value) : 0,
  seed: Math.min(MAX_SEED, Math.max(0, Math.trunc($(`${which}-seed`).valueAsNumber) || 0)),
});

async function makeMorph() {
  const mine = ++morphTurn, from = end("from"), to = end("to");
  $("from-seed").value = from.seed;
  $("to-seed").value = to.seed;
  const made = await call("morph", { from, to, num: FRAMES });
  if (mine !== morphTurn) return;
  morph = { ...made, from, to };
  showFrame();
  const film = canvasFor($("film"), 1, 8);
  range(8).forEach((i) => draw(film, pixelsOf(morph, Math.round((i * (FRAMES - 1)) / 7)), i * WIDTH));
}

function showFrame() {
  if (morph) draw(canvasFor($("frame"), 1, 1), pixelsOf(morph, $("position").valueAsNumber));
}

function pause() {
  clearInterval(timer);
  timer = 0;
  $("play").textContent = "Play";
}

function play() {
  $("play").textContent = "Pause";
  timer = setInterval(() => {
    const at = $("position").valueAsNumber;
    if (at + direction < 0 || at + direction >= FRAMES) direction = -direction;
    $("position").value = at + direction;
    showFrame();
  }, FRAME_TIME);
}

for (const which of ["from", "to"]) {
  for (const [index, name] of names.entries()) $(`${which}-label`).add(new Option(name, index));
  $(`${which}-label`).addEventListener("change", makeMorph);
  $(`${which}-seed`).addEventListener("change", makeMorph);
}
$("from-label").value = Math.min(3, names.length - 1);
$("to-label").value = Math.min(8, names.length - 1);
for (const element of document.querySelectorAll(".of-label")) element.hidden = !names.length;
$("position").max = FRAMES - 1;
$("position").addEventListener("input", () => {
  pause();
  showFrame();
});
$("play").addEventListener("click", () => (timer ? pause() : play()));

function morphName(suffix) {
  const part = ({ label, seed }) => (names.length ? `${names[label]}-${seed}` : seed);
  return fileName("morph", part(morph.from), "to", `${part(morph.to)}.${suffix}`);
}

$("save-film").addEventListener("click", () => {
  if (morph) savePng($("film"), morphName("png"), 4);
});
$("save-gif").addEventListener("click", () => {
  if (!morph) return;
  const canvas = document.createElement("canvas"), scale = Math.min(SCALE, 8);
  const order = [...range(FRAMES), ...range(FRAMES - 2).map((i) => FRAMES - 2 - i)];
  const frames = order.map((i) => {
    draw(canvasFor(canvas, 1, 1), pixelsOf(morph, i));
    const copy = enlarged(canvas, scale);
    return copy.getContext("2d").getImageData(0, 0, copy.width, copy.height).data;
  });
  save(encodeGif(frames, WIDTH * scale, HEIGHT * scale, FRAME_TIME / 10), morphName("gif"));
});

// ---------------------------------------------------------------- explore

let planeTurn = 0, directions = 0, busy = false, visible = false;
let mapped = "";   // the origin of the map that is drawn or being drawn

const origin = () => ({
  label: state.label === ALL ? state.of : state.label,
  seed: state.seed,
  index: state.image,
  direction: directions,
});

// Draws the map, row by row, when the section is in sight.
async function showPlane() {
  const middle = origin(), key = JSON.stringify(middle);
  if (!visible || key === mapped) return;
  mapped = key;
  const mine = ++planeTurn;
  const context = canvasFor($("map"), MAP, MAP);
  const at = (i) => EDGE * ((2 * i + 1) / MAP - 1);
  await showPoint();
  for (let row = 0; row < MAP; row++) {
    const points = range(MAP).map((column) => [at(column), at(row)]);
    const made = await call("plane", { ...middle, points });
    if (mine !== planeTurn) return;
    range(MAP).forEach((i) => draw(context, pixelsOf(made, i), i * WIDTH, row * HEIGHT));
  }
}

// One image is under way at a time; the last position of a drag is always drawn.
async function showPoint() {
  const point = [$("x").valueAsNumber, $("y").valueAsNumber];
  $("ring").style.left = `${50 + (50 * point[0]) / EDGE}%`;
  $("ring").style.top = `${50 + (50 * point[1]) / EDGE}%`;
  if (busy) return;
  busy = true;
  const requested = JSON.stringify([origin(), point]);
  const made = await call("plane", { ...origin(), points: [point] });
  busy = false;
  draw(canvasFor($("point"), 1, 1), made.pixels);
  const now = [$("x").valueAsNumber, $("y").valueAsNumber];
  if (requested !== JSON.stringify([origin(), now])) await showPoint();
}

function moveTo(x, y) {
  $("x").value = x;
  $("y").value = y;
  return showPoint();
}

function drag(event) {
  const box = $("pad").getBoundingClientRect();
  moveTo(EDGE * ((2 * (event.clientX - box.left)) / box.width - 1),
         EDGE * ((2 * (event.clientY - box.top)) / box.height - 1));
}

$("pad").addEventListener("pointerdown", (event) => {
  $("pad").setPointerCapture(event.pointerId);
  drag(event);
});
$("pad").addEventListener("pointermove", (event) => {
  if ($("pad").hasPointerCapture(event.pointerId)) drag(event);
});
$("x").addEventListener("input", showPoint);
$("y").addEventListener("input", showPoint);
$("centre").addEventListener("click", () => moveTo(0, 0));
$("directions").addEventListener("click", () => {
  directions++;
  showPlane();
});
new IntersectionObserver((entries) => {
  const before = visible;
  visible = entries[entries.length - 1].isIntersecting;
  if (visible && !before) idle.then(showPlane);
}, { rootMargin: "200px" }).observe($("pad"));

// ---------------------------------------------------------------- how it learnt

const CHART = { left: 34, right: 394, top: 8, bottom: 168 };

function svg(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  $("losses").append(element);
  return element;
}

function buildHistory() {
  const { samples, losses } = model.history;
  const lastStep = Math.max(...samples.map((s) => s.step), ...losses.map((row) => row[0]));
  const values = losses.flatMap((row) => row.slice(1));
  const highest = Math.max(...values, 0.1), lowest = Math.min(...values, 0);
  const x = (step) => CHART.left + ((CHART.right - CHART.left) * step) / lastStep;
  const scale = (CHART.bottom - CHART.top) / (highest - lowest);
  const y = (loss) => CHART.bottom - scale * (loss - lowest);
  for (const loss of [lowest, (lowest + highest) / 2, highest]) {
    svg("line", { class: "axis", x1: CHART.left, x2: CHART.right, y1: y(loss), y2: y(loss) });
    svg("text", { x: CHART.left - 6, y: y(loss) + 4, "text-anchor": "end" }, loss.toFixed(1));
  }
  svg("text", { x: CHART.left, y: 186 }, "0");
  svg("text", { x: CHART.right, y: 186, "text-anchor": "end" }, `${lastStep.toLocaleString("en")} steps`);
  for (const [column, name] of [[1, "d-loss"], [2, "g-loss"]]) {
    const points = losses.map((row) => `${x(row[0]).toFixed(1)} ${y(row[column]).toFixed(1)}`);
    if (points.length) svg("path", { class: name, d: `M${points.join("L")}` });
  }
  const cursor = svg("line", { class: "cursor", y1: CHART.top, y2: CHART.bottom });
  $("losses").setAttribute("aria-label", "The two losses over the training steps");

  function showStep() {
    const { step, image } = samples[$("step").valueAsNumber];
    $("sample").src = image;
    $("sample").alt = `Sample grid after ${step} steps`;
    $("step-text").textContent = `${step.toLocaleString("en")} steps`;
    cursor.setAttribute("x1", x(step));
    cursor.setAttribute("x2", x(step));
    const row = losses.filter((r) => r[0] <= step).pop() || losses[0];
    if (!row) return;
    $("d-loss").textContent = row[1].toFixed(2);
    $("g-loss").textContent = row[2].toFixed(2);
  }
  $("history").hidden = false;
  $("step").max = samples.length - 1;
  $("step").value = samples.length - 1;
  $("step").addEventListener("input", showStep);
  showStep();
}

if (model.history.samples.length) buildHistory();

// ---------------------------------------------------------------- start

$("snippet").textContent = `const { pixels, shape } = await generator.images({${
  names.length ? ` label: ${JSON.stringify(names[Math.min(7, names.length - 1)])},` : ""} seed: 42, num: 16 });
// pixels: Uint8Array of shape [16, ${model.imageShape.join(", ")}], 0 to 255`;
const keys = [["a", "a all labels"], ["r", "r a random seed"],
  ["-", "\u2212 the previous seed"], ["+", "+ the next seed"]]
  .filter(([key]) => !names.includes(key) && (key !== "a" || names.length));
const ofLabels = [];
if (names.length && !hasNumbers) ofLabels.push(`0 to ${Math.min(9, names.length - 1)} choose a label by its place`);
if (characters.length) ofLabels.push("a label's character chooses it");
$("keys").textContent = [...ofLabels, ...keys.map(([, what]) => what)].join(", ");
readAddress();
show().then(makeMorph);  // the images of the morph come after those that are seen first
