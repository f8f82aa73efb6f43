// Colours as the page has them at this moment, the key of a picture, and a picture with its title and note for a file.

import { cut, label, width } from "./charts-measure.js";
import { draw as drawChart, height as chartHeight } from "./charts-kinds.js";
import { OWN } from "./charts-own.js";
import { pattern, SvgSurface } from "./charts-svg.js";

const TOKENS = {
  text: "--ink", ink: "--mark", mid: "--mark-mid", "ink-3": "--mark-mid", low: "--mark-low", "line-ink": "--ink", public: "--public", private: "--private", internal: "--internal",
  done: "--done", late: "--late", ink2: "--ink-2", ink3: "--ink-3", line: "--line", control: "--line-control", surface: "--surface", sunken: "--sunken", onInk: "--on-ink",
};
const HEAT = [0, 8, 18, 28, 38, 54, 64, 75, 87, 100];

// Every colour as #rrggbb, which canvas and SVG both understand.
export function palette(scheme = "") {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.colorScheme = scheme;
  document.body.append(probe);
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const hex = (colour) => {
    probe.style.color = colour;
    pen.fillStyle = getComputedStyle(probe).color;
    pen.fillRect(0, 0, 1, 1);
    return `#${[...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  };
  const colours = Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, hex(`var(${token})`)]));
  colours.heat = HEAT.map((share) => hex(`color-mix(in oklab, var(--ink) ${share}%, var(--sunken))`));
  probe.remove();
  return colours;
}

// ---- the key ----

const LOOKS = { median: "ring", p90: "stroke", "median-before": "before", low: "band", share: "share" };

export function keyOf(model) {
  if (["heat", "flow"].includes(model.kind)) return [];
  const isLine = ["lines", "survival"].includes(model.kind);
  const items = model.columns.flatMap((column) => {
    const look = column.role ? LOOKS[column.role] : isLine ? "line" : "box";
    return look ? [{ name: column.legend, look, column }] : [];
  });
  return items.length > 1 ? items : [];
}

const DASH = { solid: [], dash: [4, 3], dots: [1.5, 3.5], hatch: [6, 2, 2, 2] };

export function swatch(pen, { look, column }, palette) {
  const colour = palette[column.hue === "ink" && look !== "box" ? "line-ink" : column.hue];
  pen.save();
  Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 2 });
  pen.beginPath();
  if (look === "box" || look === "band") {
    const isPlain = look === "band" || column.pattern === "solid";
    pen.globalAlpha = look === "band" ? 0.2 : 1;
    pen.fillStyle = isPlain ? colour : pattern(column.pattern, colour, palette.surface);
    pen.lineWidth = 1;
    pen.rect(1.5, 1.5, 13, 11);
    pen.fill();
    if (!isPlain) pen.stroke();
  } else {
    if (look === "stroke") Object.assign(pen, { lineWidth: 6, lineCap: "round" });
    if (look === "before" || look === "share") pen.strokeStyle = palette.mid;
    pen.setLineDash(look === "before" ? [2, 3] : look === "line" ? DASH[column.pattern] : []);
    if (look !== "ring") {
      pen.moveTo(look === "stroke" ? 4 : 0, 7);
      pen.lineTo(look === "stroke" ? 13 : 17, 7);
      pen.stroke();
    }
    pen.setLineDash([]);
    if (look === "ring" || look === "share") {
      pen.beginPath();
      pen.arc(8, 7, look === "ring" ? 5 : 3, 0, 2 * Math.PI);
      Object.assign(pen, { fillStyle: palette.surface, strokeStyle: palette["line-ink"] });
      pen.fill();
      pen.stroke();
    }
  }
  pen.restore();
}

// ---- a file: title, key, picture, note; always light, always the same width ----

const PAD = 24;
const WIDE = 960;

function wrapped(text, most, size, weight) {
  const lines = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && width(longer, size, weight) <= most) lines[lines.length - 1] = longer;
    else lines.push(cut(word, most, size, weight));
  }
  return lines;
}

function sheet(model) {
  const inner = WIDE - 2 * PAD;
  const title = wrapped(model.caption, inner, 15, "600");
  const note = wrapped(model.note, inner, 11.5, "400");
  const key = keyOf(model);
  const top = PAD + title.length * 21 + (key.length ? 26 : 6);
  const high = OWN[model.kind] ? OWN[model.kind].height(model) : Math.max(chartHeight(model), model.isAcross ? 0 : 320);
  return { inner, title, note, key, top, high, height: top + high + (note.length ? 14 + note.length * 16 : 0) + PAD };
}

function frame(pen, model, { title, note, key, top, high, height }, palette) {
  pen.fillStyle = palette.surface;
  pen.fillRect(0, 0, WIDE, height);
  Object.assign(pen, { fillStyle: palette["line-ink"], font: label("600", 15), textAlign: "left", textBaseline: "alphabetic" });
  title.forEach((text, at) => pen.fillText(text, PAD, PAD + 14 + at * 21));
  let x = PAD;
  for (const item of key) {
    const y = top - 24;
    pen.save();
    pen.translate(x, y);
    swatch(pen, item, palette);
    pen.restore();
    Object.assign(pen, { fillStyle: palette.ink2, font: label("400", 12) });
    pen.fillText(item.name, x + 22, y + 11);
    x += 22 + width(item.name, 12) + 18;
  }
  Object.assign(pen, { fillStyle: palette.ink3, font: label("400", 11.5) });
  note.forEach((text, at) => pen.fillText(text, PAD, top + high + 24 + at * 16));
}

export function asSvg(model, words) {
  const colours = palette("light");
  const page = sheet(model);
  const pen = new SvgSurface(WIDE, page.height);
  frame(pen, model, page, colours);
  const size = { width: page.inner, height: page.high };
  pen.place(PAD, page.top, size.width, size.height);
  if (OWN[model.kind]) OWN[model.kind].draw(pen, model, size, colours, words);
  else drawChart(pen.canvas, model, colours, size, words, 1).destroy();
  return new Blob([pen.text(model.caption)], { type: "image/svg+xml" });
}

export function asPng(model, words) {
  const colours = palette("light");
  const page = sheet(model);
  const sharp = 2;
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDE * sharp, height: page.height * sharp });
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  frame(pen, model, page, colours);
  pen.translate(PAD, page.top);
  const size = { width: page.inner, height: page.high };
  if (OWN[model.kind]) OWN[model.kind].draw(pen, model, size, colours, words);
  else {
    const body = Object.assign(document.createElement("canvas"), size);
    const chart = drawChart(body, model, colours, size, words, sharp);
    pen.drawImage(body, 0, 0, size.width, size.height);
    chart.destroy();
  }
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
