"use strict";
const DATA = JSON.parse(document.getElementById("data").textContent);
let WORDS = DATA.words[document.documentElement.lang];
const say = (message, values) => message.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
const SVG = "http://www.w3.org/2000/svg";
const W = 440, H = 160, LEFT = 52, RIGHT = 8, TOP = 14, BOTTOM = 20;
const STEPS = { s: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"]], B: [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]],
  count: [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]] };
const at = (id) => document.getElementById(id);

function make(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

/* A value in the unit that suits it, or the largest it stands beside; nothing is nothing in any unit. */
function tell(value, unit, largest = Math.abs(value)) {
  if (value === 0) return "0";
  const steps = STEPS[unit] || [[1, unit === "ratio" ? "" : unit]];
  const [scale, suffix] = steps.find(([size]) => largest >= size) || steps[steps.length - 1];
  return `${Number((value / scale).toPrecision(4))} ${suffix}`.trim();
}

const change = (ratio) => ratio >= 2 ? `×${ratio.toPrecision(3)}` : `${ratio >= 1 ? "+" : "−"}${Math.abs(100 * (ratio - 1)).toFixed(1)} %`;
const day = (night) => night.t.slice(0, 10);

function ticks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) found.push(value);
  return found;
}

function span(series, from) {
  let low = Infinity, high = -Infinity;
  const widen = (value) => { if (value !== null && value !== undefined) { low = Math.min(low, value); high = Math.max(high, value); } };
  for (let i = from; i < series.v.length; i++) { widen(series.v[i]); widen(series.l[i]); widen(series.h[i]); }
  levels(series).forEach(([, value], i, all) => { if (i + 1 === all.length || all[i + 1][0] > from) widen(value); });
  if (low === Infinity) return null;
  const margin = (high - low || Math.abs(high) || 1) * 0.12;
  return [low - margin, high + margin];
}

/* The references that applied: each from its night on, until the next one. */
function levels(series) {
  return series.r.filter(([index], i) => index < series.v.length && (i === series.r.length - 1 || series.r[i + 1][0] > index));
}

function draw(figure, series, from) {
  const metric = DATA.metrics[series.m], last = series.v.length - 1;
  const svg = make("svg", { viewBox: `0 0 ${W} ${H}`, tabindex: 0, role: "img" });
  const range = span(series, from);
  svg.setAttribute("aria-label", say(WORDS.by_night, { case: DATA.cases[series.c], metric: metric.name }));
  figure.append(svg);
  if (!range) { make("text", { x: LEFT, y: H / 2 }, svg, WORDS.no_value_in_range); return; }
  const x = (i) => LEFT + (last > from ? (i - from) / (last - from) : 0.5) * (W - LEFT - RIGHT);
  const y = (value) => TOP + (range[1] - value) / (range[1] - range[0]) * (H - TOP - BOTTOM);
  for (const value of ticks(range[0], range[1], 5)) {
    make("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }, svg);
    make("text", { x: LEFT - 5, y: y(value) + 3.5, "text-anchor": "end" }, svg, tell(value, metric.unit, Math.max(Math.abs(range[0]), Math.abs(range[1]))));
  }
  make("text", { x: LEFT, y: H - 5 }, svg, day(DATA.nights[from]));
  make("text", { x: W - RIGHT, y: H - 5, "text-anchor": "end" }, svg, day(DATA.nights[last]));
  drawBand(svg, series, from, x, y);
  drawLine(svg, series, from, x, y);
  levels(series).forEach(([index, value], i, all) => {
    const end = i + 1 < all.length ? all[i + 1][0] : last;
    if (end >= from) make("path", { class: "ref", d: `M${x(Math.max(index, from))},${y(value)}H${x(end)}` }, svg);
  });
  for (const [index, ratio] of series.x) {
    if (index < from) continue;
    make("line", { class: "change", x1: x(index), x2: x(index), y1: TOP, y2: H - BOTTOM }, svg);
    const right = x(index) > W - 70;
    make("text", { class: "change-text", x: x(index) + (right ? -3 : 3), y: TOP - 3, "text-anchor": right ? "end" : "start" }, svg, change(ratio));
  }
  for (const [index] of DATA.versions) {
    if (index >= from) make("path", { class: "version", d: `M${x(index) - 4},${H - BOTTOM}h8l-4,-7z` }, svg);
  }
  listen(svg, series, from, x, y);
}

function drawBand(svg, series, from, x, y) {
  let run = [];
  const close = () => {
    if (run.length > 1) {
      const upper = run.map((i) => `${x(i).toFixed(1)},${y(series.h[i]).toFixed(1)}`);
      const lower = run.map((i) => `${x(i).toFixed(1)},${y(series.l[i]).toFixed(1)}`).reverse();
      make("path", { class: "band", d: `M${upper.concat(lower).join("L")}Z` }, svg);
    }
    run = [];
  };
  for (let i = from; i < series.v.length; i++) if (series.l[i] === null) close(); else run.push(i);
  close();
}

function drawLine(svg, series, from, x, y) {
  let path = "", open = false, known = 0;
  for (let i = from; i < series.v.length; i++) {
    if (series.v[i] === null) { open = false; continue; }
    path += `${open ? "L" : "M"}${x(i).toFixed(1)},${y(series.v[i]).toFixed(1)}`;
    open = true;
    known++;
  }
  make("path", { class: "line", d: path }, svg);
  if (known > 60) return;
  for (let i = from; i < series.v.length; i++) {
    if (series.v[i] !== null) make("circle", { class: "dot", cx: x(i), cy: y(series.v[i]), r: 2.2 }, svg);
  }
}

function describe(series, i) {
  const metric = DATA.metrics[series.m], night = DATA.nights[i];
  const lines = [`${night.t.replace("T", " ")}  ${night.verdict || WORDS.not_judged}`];
  if (series.v[i] === null) lines.push(WORDS.no_value);
  else if (series.l[i] === null) lines.push(tell(series.v[i], metric.unit));
  else lines.push(`${tell(series.v[i], metric.unit)} (${tell(series.l[i], metric.unit)}–${tell(series.h[i], metric.unit)})`);
  const held = levels(series).filter(([index]) => index <= i).pop();
  if (held && series.v[i] !== null) lines.push(say(WORDS.against, { change: change(series.v[i] / held[1]) }));
  for (const [index, text] of DATA.versions) if (index === i) lines.push(text);
  lines.push(...(night.failed || []));
  lines.push(night.link ? WORDS.click : WORDS.no_report);
  return lines.join("\n");
}

function listen(svg, series, from, x, y) {
  const last = series.v.length - 1;
  const cursor = make("g", { visibility: "hidden" }, svg);
  const rule = make("line", { class: "cursor", y1: TOP, y2: H - BOTTOM }, cursor);
  const dot = make("circle", { class: "cursor-dot", r: 3.5 }, cursor);
  let index = last;
  const show = (i, left, top) => {
    index = Math.max(from, Math.min(last, i));
    cursor.setAttribute("visibility", "visible");
    rule.setAttribute("x1", x(index)); rule.setAttribute("x2", x(index));
    const value = series.v[index];
    dot.setAttribute("visibility", value === null ? "hidden" : "inherit");
    if (value !== null) { dot.setAttribute("cx", x(index)); dot.setAttribute("cy", y(value)); }
    const tip = at("tip");
    tip.textContent = describe(series, index);
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(left + 14, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(4, Math.min(top + 14, innerHeight - tip.offsetHeight - 8))}px`;
  };
  const hide = () => { cursor.setAttribute("visibility", "hidden"); at("tip").hidden = true; };
  const open = () => { if (DATA.nights[index].link) location.href = DATA.nights[index].link; };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const place = (event.clientX - box.left) * W / box.width;
    show(Math.round(from + (place - LEFT) / (W - LEFT - RIGHT) * (last - from)), event.clientX, event.clientY);
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.addEventListener("click", open);
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 }[event.key];
    const box = svg.getBoundingClientRect();
    if (step) { event.preventDefault(); show(index + step, box.left + box.width / 2, box.bottom - 20); }
    if (event.key === "Enter") open();
  });
}

const waiting = new Map();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting || !waiting.has(entry.target)) continue;
    waiting.get(entry.target)();
    waiting.delete(entry.target);
    watcher.unobserve(entry.target);
  }
}, { rootMargin: "400px" });

function caption(figure, series, from) {
  const metric = DATA.metrics[series.m];
  const line = document.createElement("figcaption");
  const name = document.createElement("span");
  name.append(DATA.cases[series.c]);
  const what = document.createElement("span");
  what.className = "metric";
  what.textContent = ` ${metric.name}${metric.better === "higher" ? ` ${WORDS.higher}` : ""}`;
  name.append(what);
  const now = document.createElement("span");
  now.className = "now";
  const value = series.v[series.v.length - 1], held = levels(series).pop();
  now.textContent = value === null ? WORDS.no_value : tell(value, metric.unit) + (held ? ` (${change(value / held[1])})` : "");
  line.append(name, now);
  figure.append(line);
}

function show() {
  const metric = at("metric").value, part = at("filter").value.toLowerCase(), moved = at("moved").checked;
  const range = Number(at("range").value), from = range ? Math.max(0, DATA.nights.length - range) : 0;
  const chosen = DATA.series.filter((series) => (metric === "*" || DATA.metrics[series.m].name === metric) &&
    DATA.cases[series.c].toLowerCase().includes(part) && (!moved || series.x.some(([index]) => index >= from)));
  watcher.disconnect();
  waiting.clear();
  at("charts").replaceChildren(...chosen.map((series) => {
    const figure = document.createElement("figure");
    caption(figure, series, from);
    waiting.set(figure, () => draw(figure, series, from));
    return figure;
  }));
  for (const figure of waiting.keys()) watcher.observe(figure);
  at("count").textContent = say(WORDS.lines, { shown: chosen.length, total: DATA.series.length });
}

function drawVerdicts() {
  const width = 1000, step = width / DATA.nights.length;
  const svg = make("svg", { viewBox: `0 0 ${width} 34`, preserveAspectRatio: "none", role: "group" });
  const counts = {};
  DATA.nights.forEach((night, i) => {
    const verdict = night.verdict || "none", height = { FAIL: 34, INCONCLUSIVE: 22 }[verdict] || 12;
    counts[verdict] = (counts[verdict] || 0) + 1;
    const bar = make("rect", { class: verdict, x: i * step, y: 34 - height, width: Math.max(step * 0.85, 0.6), height });
    make("title", {}, bar, `${day(night)} ${night.verdict || WORDS.not_judged}`);
    if (night.link) { const link = make("a", { href: night.link, "aria-label": `${day(night)} ${verdict}`, tabindex: -1 }, svg); link.append(bar); } else svg.append(bar);
  });
  const told = Object.entries(counts).map(([name, n]) => `${n} ${name === "none" ? WORDS.not_judged : name}`).join(", ");
  svg.setAttribute("aria-label", told);
  const text = document.createElement("p");
  text.textContent = `${told}. ${WORDS.bars}`;
  at("verdicts").replaceChildren(svg, text);
}

/* What the last night that failed failed in, by name. */
function drawFailed() {
  const night = [...DATA.nights].reverse().find((one) => one.verdict === "FAIL");
  if (!night || !night.failed) return;
  const title = document.createElement("h3"), list = document.createElement("ul");
  title.textContent = say(WORDS.failed_in, { day: day(night) });
  list.append(...night.failed.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  at("failed").replaceChildren(title, list);
}

function listReferences() {
  at("references").replaceChildren(...DATA.references.map((reference) => {
    const item = document.createElement("li");
    item.textContent = `${reference.id}, ${reference.at}: ${reference.why}`;
    return item;
  }));
  if (!DATA.references.length) at("references").append(WORDS.none);
}

/* The page in a language: what stands on it, then what is drawn. */
const all = (selector) => [...document.querySelectorAll(selector)];
function speak(code) {
  if (!DATA.words[code]) return;
  WORDS = DATA.words[code];
  document.documentElement.lang = code;
  document.title = WORDS.title;
  for (const button of all("[data-tongue]")) button.setAttribute("aria-pressed", String(button.dataset.tongue === code));
  for (const each of all("[data-say]")) each.textContent = WORDS[each.dataset.say];
  for (const each of all("[data-label]")) each.setAttribute("aria-label", WORDS[each.dataset.label]);
  at("filter").placeholder = WORDS.filter;
  drawVerdicts();
  drawFailed();
  listReferences();
  show();
}

function start() {
  const every = new Option(WORDS.all, "*");
  every.dataset.say = "all";
  at("metric").append(...DATA.metrics.map((metric) => new Option(metric.name, metric.name)), every);
  const preferred = DATA.metrics.find((metric) => metric.name === "transcribe_seconds") || DATA.metrics[0];
  if (preferred) at("metric").value = preferred.name;
  for (const kind of ["input", "change"]) at("controls").addEventListener(kind, show);
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  const stored = () => { try { return localStorage.getItem("tongue"); } catch { return null; } };
  for (const button of all("[data-tongue]")) {
    button.addEventListener("click", () => {
      speak(button.dataset.tongue);
      try { localStorage.setItem("tongue", button.dataset.tongue); } catch { /* a file without storage */ }
    });
  }
  const asked = [location.hash.slice(1), stored(), ...(navigator.languages || []).map((each) => each.split("-")[0])];
  speak(asked.find((code) => DATA.words[code]) || document.documentElement.lang);
}

start();
