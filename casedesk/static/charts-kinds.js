// How Chart.js draws each kind of picture: bars, stacked, lines, pareto, survival. What it is given is what the table says.

import { pattern } from "./charts-svg.js";
import { cut, evenTimes, font, FONT, label, timeTicks } from "./charts-measure.js";

const DASHES = { solid: [], dash: [5, 4], dots: [1.5, 4], hatch: [9, 3, 2, 3] };
const LABELLED = 26;
// Half a name's height, which Chart.js leaves free above the first and below the last.
const EDGE = 15;

const cells = (model, column) => model.rows.map((row) => row.cells[column.index]);
const values = (model, column) => cells(model, column).map((cell) => cell.value);
const shades = (colour, share) => colour + Math.round(share * 255).toString(16).padStart(2, "0");
const lineHue = (column) => (column.hue === "ink" ? "line-ink" : column.hue);

function fill(column, hue, palette) {
  return column.pattern === "solid" ? palette[hue] : pattern(column.pattern, palette[hue], palette.surface);
}

function barSet(model, column, palette, more) {
  const hues = model.rows.map((row) => (column.pattern === "solid" && row.hue) || column.hue);
  const made = new Map([...new Set(hues)].map((hue) => [hue, fill(column, hue, palette)]));
  const isPlain = column.pattern === "solid";
  return {
    type: "bar", label: column.name, data: values(model, column), column,
    backgroundColor: hues.map((hue) => made.get(hue)),
    borderColor: isPlain ? palette.surface : palette[column.hue],
    borderWidth: isPlain ? (more.stack ? 0.75 : 0) : 1,
    borderSkipped: false, borderRadius: 2, ...more,
  };
}

function lineSet(model, column, palette, more) {
  const data = values(model, column);
  const few = data.length <= 16;
  const alone = (at) => data[at] !== null && (data[at - 1] ?? null) === null && (data[at + 1] ?? null) === null;
  const colour = palette[lineHue(column)];
  return {
    type: "line", label: column.name, data, column, segment: {}, spanGaps: false, order: 1,
    borderColor: colour, borderWidth: column.pattern === "solid" ? 2.25 : 1.75, borderDash: DASHES[column.pattern],
    borderJoinStyle: "round", borderCapStyle: column.pattern === "dots" ? "round" : "butt",
    pointRadius: data.map((_, at) => (alone(at) || (few && column.pattern === "solid") ? 3 : 0)),
    pointBackgroundColor: palette.surface, pointBorderColor: colour, pointBorderWidth: 1.75, ...more,
  };
}

// Two columns, low and high, are one band without lines.
function bandSets(model, palette, more) {
  return model.columns.filter((column) => column.role === "low").flatMap((low) => {
    const high = model.columns.find((column) => column.role === "high" && column.index > low.index);
    if (!high) return [];
    const edge = { pointRadius: 0, borderWidth: 0, borderDash: [], order: 9, ...more };
    return [
      { ...lineSet(model, low, palette, edge), fill: false },
      { ...lineSet(model, high, palette, edge), fill: "-1", backgroundColor: shades(palette[lineHue(low)], 0.16) },
    ];
  });
}

// ---- axes ----

function countAxis(model, palette, more = {}) {
  return {
    type: "linear", beginAtZero: true, grace: "4%", border: { display: false },
    grid: { color: palette.line, drawTicks: false },
    ticks: { color: palette.ink3, font: font(), padding: 6, maxTicksLimit: 6, callback: model.tick, ...(model.unit === "count" ? { precision: 0 } : {}) },
    ...(model.unit === "minutes" ? { afterBuildTicks(axis) { axis.ticks = evenTimes(axis.max).map((value) => ({ value })); } } : {}), ...more,
  };
}

// Chart.js gives the names at most half of what the figures at the right leave.
function nameAxis(model, palette, size, isAcross, taken = 0) {
  const most = isAcross ? Math.min((size.width - taken) / 2 - 14, size.width > 640 ? 300 : 190) : Math.max(70, (size.width - 40) / Math.max(model.rows.length, 1));
  return {
    type: "category", grid: { display: false }, border: { display: !isAcross, color: palette.control },
    afterFit(axis) { if (isAcross) axis.width += 10; },
    ticks: {
      color: isAcross ? palette.text : palette.ink2, font: font(isAcross ? 12.5 : 11.5), padding: isAcross ? 0 : 6, maxRotation: 0, autoSkip: !isAcross, autoSkipPadding: model.rows.length > 12 ? 14 : 2,
      crossAlign: isAcross ? "far" : "near",
      callback(at) { return cut(this.getLabelForValue(at), most, isAcross ? 12.5 : 11.5); },
    },
  };
}

// ---- parts that Chart.js has not: the figure at the end of a bar, the numbers still at risk ----

const barBoxes = (chart) => chart.data.datasets.flatMap((set, at) => (set.type === "bar" ? [chart.getDatasetMeta(at).data] : []));

function endFigures(model, palette, isAcross, isStacked) {
  return {
    id: "end-figures",
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      const sets = barBoxes(chart);
      ctx.save();
      Object.assign(ctx, { fillStyle: palette.text, font: label("600", 11.5), textAlign: isAcross ? "left" : "center", textBaseline: isAcross ? "middle" : "alphabetic" });
      model.rows.forEach((row, at) => {
        const bars = sets.map((set) => set[at]);
        const places = isStacked ? [bars.filter(Boolean)] : bars.map((bar) => [bar]);
        places.forEach((group, which) => {
          const text = isStacked ? model.total(row) : row.cells[model.series[which].index].text;
          if (!text || (!isStacked && row.cells[model.series[which].index].value === null)) return;
          const end = isAcross ? Math.max(...group.map((bar) => bar.x)) : Math.min(...group.map((bar) => bar.y));
          if (isAcross) ctx.fillText(text, end + 6, group[0].y + 0.5);
          else if (isStacked || ctx.measureText(text).width < group[0].width + 10) ctx.fillText(text, group[0].x, end > group[0].base ? end + 15 : end - 6);
        });
      });
      ctx.restore();
    },
  };
}

function atRisk(model, palette, words) {
  const columns = model.columns.filter((column) => column.role === "risk");
  return {
    id: "at-risk",
    afterDraw(chart) {
      const { ctx, scales: { x } } = chart;
      ctx.save();
      Object.assign(ctx, { fillStyle: palette.ink3, font: label("500", 11), textAlign: "left", textBaseline: "alphabetic" });
      ctx.fillText(words.atRisk, 0, x.bottom + 14);
      columns.forEach((column, line) => {
        const y = x.bottom + 30 + line * 15;
        x.ticks.forEach((tick) => {
          const row = model.rows.findLast((one) => Number(one.value) <= tick.value) ?? model.rows[0];
          Object.assign(ctx, { textAlign: "center", fillStyle: palette[lineHue(model.series[line] ?? column)] });
          ctx.fillText(row.cells[column.index].text, Math.max(x.getPixelForValue(tick.value), 12), y);
        });
      });
      ctx.restore();
    },
  };
}

// ---- kinds ----

// Few bars say their figures at their ends; many have an axis instead.
function isSaidIn({ rows, series, kind, isAcross }, size) {
  return rows.length * (kind === "stacked" ? 1 : series.length) <= (isAcross ? 80 : Math.min(LABELLED, size.width / 24));
}

function bars(model, palette, size) {
  const isStacked = model.kind === "stacked";
  const isAcross = model.isAcross;
  const more = { ...(isStacked ? { stack: "all" } : {}), maxBarThickness: isAcross ? 18 : 58, categoryPercentage: isAcross ? 0.86 : 0.82, barPercentage: model.series.length > 1 && !isStacked ? 0.94 : 0.9 };
  const isSaid = isSaidIn(model, size);
  const widest = isAcross && isSaid ? Math.max(...model.rows.map((row) => Math.max(...(isStacked ? [model.total(row)] : model.series.map((column) => row.cells[column.index].text)).map((text) => text.length)))) : 0;
  const isBelow = model.rows.some((row) => model.series.some((column) => row.cells[column.index].value < 0));
  const amounts = countAxis(model, palette, { display: !isSaid || isBelow, stacked: isStacked });
  const taken = isAcross ? 10 + widest * 7 : 2;
  const names = { ...nameAxis(model, palette, size, isAcross, taken), stacked: isStacked };
  return {
    type: "bar",
    data: { labels: model.rows.map((row) => row.label), datasets: model.series.map((column) => barSet(model, column, palette, more)) },
    options: {
      indexAxis: isAcross ? "y" : "x", scales: isAcross ? { x: amounts, y: names } : { x: names, y: amounts },
      layout: { autoPadding: !isAcross, padding: { top: isAcross ? 0 : isSaid ? 18 : 6, right: taken } },
    },
    plugins: isSaid ? [endFigures(model, palette, isAcross, isStacked)] : [],
  };
}

function lines(model, palette, size) {
  const sets = [...model.series.map((column) => lineSet(model, column, palette, {})), ...bandSets(model, palette, {})];
  return {
    type: "line", data: { labels: model.rows.map((row) => row.label), datasets: sets },
    options: { scales: { x: { ...nameAxis(model, palette, size, false), offset: model.rows.length === 1 }, y: countAxis(model, palette) }, layout: { padding: { top: 8, right: 8 } } },
  };
}

// Bars on the left half, the share so far on the whole width; both figures stand in columns at the right.
function pareto(model, palette, size) {
  const [column] = model.series;
  const shares = model.shares();
  const taken = 68 + 8 * Math.max(...model.rows.map((row) => row.cells[column.index].text.length));
  const most = Math.max(...values(model, column).map((value) => value ?? 0), 1);
  const line = {
    ...lineSet(model, column, palette, {}), type: "line", indexAxis: "y", data: shares.map((share) => share.value), xAxisID: "share", order: 0, clip: false, column: undefined,
    borderColor: palette.mid, borderWidth: 1.5, pointRadius: 3.5, pointBorderColor: palette["line-ink"],
  };
  const figures = {
    id: "figures",
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      ctx.save();
      Object.assign(ctx, { textAlign: "right", textBaseline: "middle" });
      chart.getDatasetMeta(1).data.forEach((bar, at) => {
        Object.assign(ctx, { fillStyle: palette.text, font: label("500", 12.5) });
        ctx.fillText(model.rows[at].cells[column.index].text, size.width - 52, bar.y + 0.5);
        Object.assign(ctx, { fillStyle: palette.ink3, font: label("400", 12.5) });
        ctx.fillText(shares[at].text, size.width, bar.y + 0.5);
      });
      ctx.restore();
    },
  };
  return {
    type: "bar",
    data: { labels: model.rows.map((row) => row.label), datasets: [line, barSet(model, column, palette, { maxBarThickness: 16, order: 5 })] },
    options: {
      indexAxis: "y", layout: { autoPadding: false, padding: { right: taken } },
      scales: {
        x: { type: "linear", display: false, min: 0, max: most / 0.55 }, share: { type: "linear", axis: "x", display: false, min: 0, max: 1 },
        y: nameAxis(model, palette, size, true, taken),
      },
    },
    plugins: [figures],
  };
}

function survival(model, palette, size, words) {
  const times = model.rows.map((row) => Number(row.value));
  const least = Math.min(...times.filter((time) => time > 0));
  const { ticks, low, high } = timeTicks(least, Math.max(...times, least), size.width - 50, 52);
  const risks = model.columns.filter((column) => column.role === "risk").length;
  const steps = (set) => ({ ...set, stepped: true, pointRadius: 0, data: set.data.map((y, at) => ({ x: Math.max(times[at], low), y })) });
  const sets = [...model.series.map((column) => lineSet(model, column, palette, {})), ...bandSets(model, palette, {})].map(steps);
  return {
    type: "line", data: { datasets: sets },
    options: {
      layout: { padding: { top: 8, right: 10, bottom: risks ? 22 + risks * 15 : 0 } },
      scales: {
        x: {
          type: "logarithmic", min: low, max: high, grid: { color: palette.line, drawTicks: false }, border: { color: palette.control },
          afterBuildTicks(axis) { axis.ticks = ticks.map((value) => ({ value })); },
          ticks: { color: palette.ink2, font: font(), padding: 6, autoSkip: false, maxRotation: 0, callback: (value) => model.time(value) },
        },
        y: countAxis(model, palette, { min: 0, max: 1, grace: 0, ticks: { color: palette.ink3, font: font(), padding: 6, stepSize: 0.25, callback: model.tick } }),
      },
    },
    plugins: risks ? [atRisk(model, palette, words)] : [],
  };
}

export const KINDS = { bars, stacked: bars, lines, pareto, survival };

export function height(model) {
  if (model.height) return model.height;
  const { rows, series, kind } = model;
  if (kind === "pareto") return rows.length * 26 + EDGE;
  if (kind === "survival") return 230 + 15 * model.columns.filter((column) => column.role === "risk").length;
  if (!model.isAcross) return 230;
  return rows.length * (kind === "stacked" ? 26 : Math.max(26, series.length * 20 + 8)) + (isSaidIn(model) ? EDGE : 24 + EDGE);
}

// A picture on a canvas, or on anything that draws like one.
export function draw(canvas, model, palette, size, words, ratio) {
  const made = KINDS[model.kind](model, palette, size, words);
  const options = {
    ...made.options, responsive: false, maintainAspectRatio: false, animation: false, events: [], devicePixelRatio: ratio, normalized: true,
    locale: model.language, font: { family: FONT, size: 11.5 }, plugins: { legend: { display: false }, tooltip: { enabled: false }, title: { display: false } },
  };
  return new window.Chart(canvas, { ...made, options, platform: window.Chart.platforms.BasicPlatform });
}

// Where each cell of the table is found in the picture.
export function points(chart, model) {
  return chart.data.datasets.flatMap((set, at) => {
    if (!set.column || ["low", "high"].includes(set.column.role)) return [];
    return chart.getDatasetMeta(at).data.flatMap((element, row) => {
      if (model.rows[row].cells[set.column.index].value === null) return [];
      const { x, y, base, width, height: thick, horizontal } = element.getProps(["x", "y", "base", "width", "height", "horizontal"], true);
      const box = set.type !== "bar" ? { x: x - 4, y: y - 4, width: 8, height: 8 }
        : horizontal ? { x: Math.min(x, base), y: y - thick / 2, width: Math.abs(x - base), height: thick }
          : { x: x - width / 2, y: Math.min(y, base), width, height: Math.abs(y - base) };
      return [{ row, column: set.column.index, box, isBar: set.type === "bar" }];
    });
  });
}
