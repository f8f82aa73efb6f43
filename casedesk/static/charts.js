// Pictures drawn from the tables behind them. Without this file the tables are what people see. Each value of a picture opens
// the cases behind it: by a click, or with the arrow keys and Enter; what is under the cursor is also said aloud.

import { draw as drawChart, height as chartHeight, KINDS, points as chartPoints } from "./charts-kinds.js";
import { asPng, asSvg, keyOf, palette, swatch } from "./charts-look.js";
import { OWN } from "./charts-own.js";
import { read } from "./charts-table.js";

const PAPER = 720;
const scratch = document.createElement("canvas").getContext("2d");
const make = (name, properties = {}, ...inside) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
};
const wordsNow = () => ({
  minute: "%s min", hour: "%s h", day: "%s d", week: "%s w", year: "%s y", range: "%1 · %2", rangeOpen: "%1 · %2", atRisk: "", keys: "", opens: "", png: "PNG", svg: "SVG",
  ...document.getElementById("chart-words")?.dataset,
});

class Picture {
  constructor(figure, model) {
    Object.assign(this, { figure, model, words: wordsNow(), at: -1, places: [] });
    this.canvas = make("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.ring = make("span", { className: "chart-ring", hidden: true });
    this.tip = make("div", { className: "chart-tip", hidden: true });
    this.box = make("div", { className: "chart-picture", tabIndex: 0 }, this.canvas, this.ring, this.tip);
    this.box.setAttribute("role", "application");
    this.box.setAttribute("aria-label", `${model.caption} ${this.words.keys}`.trim());
    this.said = make("p", { className: "visually-hidden" });
    this.said.setAttribute("aria-live", "polite");
    this.key = make("ul", { className: "chart-key" });
    figure.querySelector(".chart-table").before(this.key, this.box, this.said);
    this.listen();
    this.observer = new ResizeObserver(([entry]) => Math.abs(entry.contentRect.width - (this.size?.width ?? 0)) >= 1 && this.draw());
    this.observer.observe(this.box);
  }

  draw(scheme) {
    const room = this.box.clientWidth;
    const width = Math.floor(scheme ? Math.min(room, Math.max(room * PAPER / innerWidth, 340)) : room);
    if (!width) return;
    const own = OWN[this.model.kind];
    this.size = { width, height: own ? own.height(this.model) : chartHeight(this.model) };
    this.palette = palette(scheme);
    this.forget();
    this.paint();
    this.places = own ? own.points(this.model, this.size) : chartPoints(this.chart, this.model);
    this.drawKey();
  }

  paint(active) {
    const own = OWN[this.model.kind];
    const ratio = Math.max(devicePixelRatio, 1);
    const { width, height } = this.size;
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    if (!own) {
      this.chart?.destroy();
      Object.assign(this.canvas, { width, height });
      this.chart = drawChart(this.canvas, this.model, this.palette, this.size, this.words, ratio);
      return;
    }
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    own.draw(pen, this.model, this.size, this.palette, this.words, active);
  }

  drawKey() {
    this.key.replaceChildren(...keyOf(this.model).map((item) => {
      const canvas = make("canvas", { width: 36, height: 28, className: "chart-swatch" });
      canvas.setAttribute("aria-hidden", "true");
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      swatch(pen, item, this.palette);
      return make("li", {}, canvas, item.name);
    }));
  }

  // ---- what is under the cursor ----

  listen() {
    this.box.addEventListener("pointermove", (event) => event.pointerType !== "touch" && this.show(this.find(event), false));
    this.box.addEventListener("pointerleave", () => this.forget());
    this.box.addEventListener("focusout", () => this.forget());
    this.box.addEventListener("keydown", (event) => this.press(event));
    this.box.addEventListener("click", (event) => {
      const found = this.find(event);
      // A finger first sees what it touched, then opens it.
      if (event.pointerType === "touch" && found !== this.at) this.show(found, true);
      else this.open(found, event);
    });
    this.box.addEventListener("auxclick", (event) => event.button === 1 && this.open(this.find(event), { ctrlKey: true }));
  }

  find(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const isLine = ["lines", "survival"].includes(this.model.kind);
    const far = ({ box }) => {
      const dx = Math.max(box.x - x, 0, x - box.x - box.width);
      const dy = Math.max(box.y - y, 0, y - box.y - box.height);
      return isLine ? dx * 1000 + dy : Math.hypot(dx, dy) <= 10 ? Math.hypot(dx, dy) : Infinity;
    };
    let best = -1;
    let least = Infinity;
    this.places.forEach((place, at) => {
      const distance = place.path ? (scratch.isPointInPath(place.path, x, y) ? 0 : Infinity) : far(place);
      if (distance < least) [best, least] = [at, distance];
    });
    return best;
  }

  hrefAt(at) {
    const place = this.places[at];
    return place && (place.title ? place.href : this.model.rows[place.row].cells[place.column].href);
  }

  open(at, { ctrlKey, metaKey } = {}) {
    const href = this.hrefAt(at);
    if (!href) return;
    if (ctrlKey || metaKey) window.open(href, "_blank", "noopener");
    else location.assign(href);
  }

  linesOf(place) {
    if (place.title) return [{ text: place.said, isActive: true }];
    const row = this.model.rows[place.row];
    const isSaid = (cell) => cell?.text && !/^[–—-]$/.test(cell.text);
    return this.model.columns.filter((column) => isSaid(row.cells[column.index]) && (this.model.columns.length < 9 || column.index === place.column))
      .map((column) => ({ name: column.name, text: row.cells[column.index].text, isActive: column.index === place.column }));
  }

  show(at, isSaid) {
    if (at === this.at) return;
    const place = this.places[at];
    if (!place) return this.forget();
    const before = this.places[this.at]?.way;
    this.at = at;
    if (place.path || before !== undefined) this.paint(place.way);
    const title = place.title ?? this.model.rows[place.row].label;
    const lines = this.linesOf(place);
    this.tip.replaceChildren(make("strong", { textContent: title }), ...lines.map(({ name, text, isActive }) => (
      make("span", { className: isActive ? "is-active" : "" }, name ? make("span", { textContent: name }) : "", make("b", { textContent: text })))));
    this.box.classList.toggle("is-link", Boolean(this.hrefAt(at)));
    this.point(place);
    if (!isSaid) return;
    const active = lines.find((line) => line.isActive);
    this.said.textContent = [title, active?.name, active?.text, this.hrefAt(at) ? this.words.opens : ""].filter(Boolean).join(", ");
  }

  point(place) {
    const { x, y, width, height } = place.box;
    this.ring.hidden = Boolean(place.path);
    Object.assign(this.ring.style, { left: `${x - 3}px`, top: `${y - 3}px`, width: `${width + 6}px`, height: `${height + 6}px` });
    this.ring.classList.toggle("is-round", !place.isBar && !place.title);
    this.tip.hidden = false;
    const room = this.box.clientWidth - this.tip.offsetWidth;
    const isHigh = y - this.tip.offsetHeight - 10 < -40;
    const left = Math.min(Math.max(x + width / 2 - this.tip.offsetWidth / 2, 0), Math.max(room, 0));
    Object.assign(this.tip.style, { left: `${left}px`, top: `${isHigh ? y + height + 10 : y - this.tip.offsetHeight - 10}px` });
  }

  forget() {
    const before = this.places[this.at]?.way;
    this.at = -1;
    this.ring.hidden = true;
    this.tip.hidden = true;
    this.box.classList.remove("is-link");
    if (before !== undefined) this.paint();
  }

  // ---- keys: one axis steps through the rows, the other through the series ----

  press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return this.open(this.at);
    }
    if (event.key === "Escape") return this.forget();
    const next = this.next(event.key);
    if (next === undefined) return;
    event.preventDefault();
    this.show(next, true);
  }

  next(key) {
    const last = this.places.length - 1;
    if (key === "Home") return 0;
    if (key === "End") return last;
    const [back, on] = this.model.isAcross ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    const [less, more] = this.model.isAcross ? ["ArrowLeft", "ArrowRight"] : ["ArrowDown", "ArrowUp"];
    const by = { [back]: -1, [less]: -1, [on]: 1, [more]: 1 }[key];
    if (!by || last < 0) return undefined;
    const here = this.places[this.at];
    if (!here) return by > 0 ? 0 : last;
    if (here.title) return Math.min(Math.max(this.at + by, 0), last);
    const same = key === back || key === on ? "column" : "row";
    const step = same === "column" ? "row" : "column";
    const around = this.places.map((place, at) => ({ place, at })).filter(({ place }) => place[same] === here[same] && Math.sign(place[step] - here[step]) === by);
    around.sort((a, b) => by * (a.place[step] - b.place[step]));
    return around[0]?.at;
  }

  leave() {
    this.observer.disconnect();
    this.chart?.destroy();
    for (const part of [this.key, this.box, this.said]) part.remove();
  }
}

// ---- files ----

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function tools(figure) {
  const words = wordsNow();
  const button = (kind, made) => {
    const element = make("button", { type: "button", className: "btn btn-quiet btn-sm", textContent: kind.toUpperCase(), title: words[kind] });
    element.setAttribute("aria-label", words[kind]);
    element.addEventListener("click", async () => {
      const model = read(figure, words);
      if (model) save(await made(model, words), `${model.name}.${kind}`);
    });
    return element;
  };
  return make("div", { className: "chart-tools" }, button("png", asPng), button("svg", asSvg));
}

// ---- figures of a page ----

const shown = new Map();

function heat(figure, model) {
  const lines = [...figure.querySelectorAll("tbody tr")];
  for (const cell of lines.flatMap((line) => [...line.querySelectorAll("td[data-value]")])) {
    if (!/\bheat-\d/.test(cell.className)) cell.classList.add(`heat-${model.level(Number(cell.dataset.value))}`);
  }
}

function show(figure) {
  const { chart: kind } = figure.dataset;
  shown.get(figure)?.picture?.leave();
  shown.get(figure)?.tools.remove();
  shown.delete(figure);
  figure.classList.remove("is-drawn", "is-table", "is-empty");
  const model = read(figure, wordsNow());
  const fold = figure.querySelector(".chart-table");
  const isOwn = Object.hasOwn(OWN, kind);
  const canDraw = isOwn || (Object.hasOwn(KINDS, kind) && window.Chart);
  if (!model?.isDrawable || !canDraw) {
    figure.classList.add(model ? "is-table" : "is-empty");
    if (fold && model && !canDraw) fold.open = true;
    return;
  }
  const parts = { tools: tools(figure) };
  // Drawn by the page itself, and here only for a file.
  if ("file" in figure.dataset) figure.append(parts.tools);
  else if (kind === "heat") heat(figure, model);
  else parts.picture = new Picture(figure, model);
  figure.append(parts.tools);
  figure.classList.add("is-drawn");
  shown.set(figure, parts);
}

function look(root) {
  for (const [figure, parts] of shown) {
    if (figure.isConnected) continue;
    parts.picture?.leave();
    shown.delete(figure);
  }
  const inside = root.querySelectorAll ? [...root.querySelectorAll("figure[data-chart]")] : [];
  const around = root.closest?.("figure[data-chart]");
  for (const figure of around ? [around, ...inside] : inside) show(figure);
}

function redraw(scheme) {
  for (const { picture } of shown.values()) picture?.draw(scheme);
}

look(document);
document.fonts?.ready.then(() => redraw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
new MutationObserver(() => redraw()).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
// Paper is white, and narrower than most screens.
addEventListener("beforeprint", () => redraw("light"));
addEventListener("afterprint", () => redraw());
document.addEventListener("htmx:load", ({ detail, target }) => look(detail?.elt ?? target));
document.addEventListener("htmx:afterSwap", ({ target }) => target.closest?.("figure[data-chart]") && look(target));
