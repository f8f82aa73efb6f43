// What a figure's table says, as a picture needs it. Numbers stand in data-value; what people read is the cell's own text.

import { duration } from "./charts-measure.js";

const PATTERNS = ["solid", "hatch", "dots", "dash"];
const clean = (element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim();

// Only pages of this site are opened.
function address(cell) {
  const written = cell?.dataset.href ?? cell?.querySelector("a[href]")?.getAttribute("href");
  if (!written) return undefined;
  const url = new URL(written, location.href);
  return url.origin === location.origin ? url.href : undefined;
}

function number(cell) {
  const written = cell?.dataset.value;
  if (written === undefined || written === "") return null;
  const value = Number(written);
  return Number.isFinite(value) ? value : null;
}

function columnsOf(heads, isHeat) {
  let drawn = 0;
  return heads.flatMap((head, index) => {
    const { hue, role, pattern } = head.dataset;
    if (index === 0 || !(hue || role || isHeat)) return [];
    const isSeries = !role;
    const column = { index, name: clean(head), legend: head.dataset.legend ?? clean(head), hue: hue ?? "ink", role, pattern: pattern ?? (isSeries ? PATTERNS[drawn % PATTERNS.length] : "solid") };
    if (isSeries) drawn += 1;
    return [column];
  });
}

function rowOf(line) {
  const cells = [...line.cells];
  const stop = (cell) => ({ key: cell?.dataset.value ?? clean(cell), name: clean(cell), href: address(cell), hue: cell?.dataset.hue });
  return {
    label: clean(cells[0]), value: cells[0]?.dataset.value, hue: line.dataset.hue,
    cells: cells.map((cell) => ({ value: number(cell), text: clean(cell), href: address(cell) })),
    stops: cells.slice(0, 3).map(stop), count: number(cells[3]) ?? 0, countText: clean(cells[3]), href: address(cells[3]),
  };
}

function tickOf(unit, language, time) {
  const [kind, currency] = unit.split(":");
  if (kind === "minutes") return time;
  const style = kind === "share" ? { style: "percent", maximumFractionDigits: 0 }
    : kind === "money" ? { style: "currency", currency: currency || "EUR", notation: "compact", maximumFractionDigits: 1 } : { notation: "compact", maximumFractionDigits: 1 };
  const format = new Intl.NumberFormat(language, style);
  return (value) => format.format(value);
}

// Nothing when the table is not there or has no rows.
export function read(figure, words) {
  const table = figure.querySelector("table");
  const kind = figure.dataset.chart;
  const rows = [...(table?.tBodies ?? [])].flatMap((body) => [...body.rows]).map(rowOf);
  if (!rows.length) return null;
  const language = document.documentElement.lang || "en";
  const numbers = new Intl.NumberFormat(language);
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  const time = (minutes) => duration(minutes, words, numbers);
  const { unit = "count", name = "picture", note = "", height } = figure.dataset;
  const columns = columnsOf(heads, kind === "heat");
  const model = {
    kind, unit, name, note, language, rows, columns, number: numbers, time, tick: tickOf(unit, language, time),
    heads: heads.map(clean), caption: clean(figure.querySelector("figcaption")), height: Number(height) || 0,
    series: columns.filter((column) => !column.role), isAcross: figure.hasAttribute("data-across") || kind === "pareto" || kind === "range",
  };
  return Object.assign(model, figures(model));
}

// Figures that a table may bring along, else made of it: totals of a stack, the share so far, the step of a heat.
function figures(model) {
  const byRole = (role) => model.columns.find((column) => column.role === role);
  const sums = model.unit === "count" ? model.number.format : model.tick;
  const most = Math.max(...model.rows.flatMap((row) => model.columns.map((column) => row.cells[column.index]?.value ?? 0)), 0);
  const has = (column) => model.rows.some((row) => (row.cells[column.index]?.value ?? null) !== null);
  const drawn = ["range", "heat"].includes(model.kind) ? model.columns : model.series;
  return {
    // A flow needs something that flows, a curve over time a time, the others one figure at least.
    isDrawable: model.kind === "flow" ? model.rows.some((row) => row.count > 0)
      : drawn.some(has) && (model.kind !== "survival" || model.rows.some((row) => Number(row.value) > 0)),
    total(row) {
      const column = byRole("total");
      if (column) return row.cells[column.index].text;
      return sums(model.series.reduce((sum, one) => sum + (row.cells[one.index].value ?? 0), 0));
    },
    shares() {
      const column = byRole("share");
      if (column) return model.rows.map((row) => row.cells[column.index]);
      const counts = model.rows.map((row) => row.cells[model.series[0].index].value ?? 0);
      const all = counts.reduce((sum, count) => sum + count, 0) || 1;
      const percent = new Intl.NumberFormat(model.language, { style: "percent", maximumFractionDigits: 0 });
      let sum = 0;
      return counts.map((count) => {
        sum += count;
        return { value: sum / all, text: percent.format(sum / all) };
      });
    },
    level(value) {
      if (!value || most <= 0) return 0;
      return Math.min(9, 1 + Math.floor((value / most) * 8.999));
    },
  };
}
