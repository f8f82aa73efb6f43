// The pictures that Chart.js has not, drawn on a canvas or on anything that draws like one: range, flow and heat.

import { cut, label, timeTicks, width } from "./charts-measure.js";

function write(pen, text, x, y, { colour, weight = "400", size = 11.5, align = "left", halo } = {}) {
  Object.assign(pen, { font: label(weight, size), textAlign: align, textBaseline: "alphabetic" });
  if (halo) {
    Object.assign(pen, { strokeStyle: halo, lineWidth: 5, lineJoin: "round" });
    pen.strokeText(text, x, y);
  }
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

function line(pen, x1, y1, x2, y2, colour, thick, { dash = [], cap = "butt" } = {}) {
  Object.assign(pen, { strokeStyle: colour, lineWidth: thick, lineCap: cap });
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
  pen.setLineDash([]);
}

const byRole = (model, role) => model.columns.find((column) => column.role === role);
const cellOf = (row, column) => (column ? row.cells[column.index] : undefined);

// ---- range: the median is a ring, nine of ten the end of its line, the period before dashes below ----

const ROW = 52;

function rangeParts(model, size) {
  const columns = Object.fromEntries(["median", "p90", "median-before", "p90-before"].map((role) => [role, byRole(model, role)]));
  const all = model.rows.flatMap((row) => Object.values(columns).map((column) => cellOf(row, column)?.value ?? null)).filter((value) => value > 0);
  const axis = timeTicks(Math.min(...all, 60), Math.max(...all, 60), size.width - 14, 44);
  return { columns, axis, x: (value) => 7 + axis.place(Math.max(value, axis.low)) };
}

// "half in 46 min · 9 of 10 in 5 h 10", the times bold; only the times where there is no room.
function rangeWords(row, columns, words, room) {
  const times = [cellOf(row, columns.median)?.text ?? "", cellOf(row, columns.p90)?.text ?? ""];
  const parts = (pattern) => pattern.split(/(%[12])/).map((part) => (/^%[12]$/.test(part) ? { text: times[part[1] - 1], weight: "600" } : { text: part, weight: "400" }));
  if ((cellOf(row, columns.median)?.value ?? null) === null) return parts("%1");
  const long = parts((cellOf(row, columns.p90)?.value ?? null) === null ? words.rangeOpen : words.range);
  const wide = long.reduce((sum, part) => sum + width(part.text, 11.5, part.weight), 0);
  return wide <= room ? long : parts(times.filter(Boolean).map((_, at) => `%${at + 1}`).join(" · "));
}

function drawRange(pen, model, size, palette, words) {
  const { columns, axis, x } = rangeParts(model, size);
  const bottom = model.rows.length * ROW;
  for (const tick of axis.ticks) {
    line(pen, x(tick), 0, x(tick), bottom, palette.line, 1);
    const at = Math.min(Math.max(x(tick), width(model.time(tick), 11.5) / 2), size.width - width(model.time(tick), 11.5) / 2);
    write(pen, model.time(tick), at, bottom + 16, { colour: palette.ink2, align: "center" });
  }
  model.rows.forEach((row, at) => {
    const top = at * ROW;
    const name = cut(row.label, size.width * 0.5, 11.5, "600");
    write(pen, name, 0, top + 12, { colour: palette.text, weight: "600", halo: palette.surface });
    const parts = rangeWords(row, columns, words, size.width - width(name, 11.5, "600") - 16).reverse();
    for (const halo of [palette.surface, undefined]) {
      let right = size.width;
      for (const part of parts) {
        write(pen, part.text, right, top + 12, { colour: part.weight === "600" ? palette.text : palette.ink2, weight: part.weight, align: "right", halo });
        right -= width(part.text, 11.5, part.weight);
      }
    }
    span(pen, row, columns, x, size, top, palette);
  });
}

function span(pen, row, columns, x, size, top, palette) {
  const [median, p90, before, beforeP90] = ["median", "p90", "median-before", "p90-before"].map((role) => cellOf(row, columns[role])?.value ?? null);
  if (before !== null) line(pen, x(before), top + 37.5, beforeP90 === null ? size.width : x(beforeP90), top + 37.5, palette.mid, 2, { dash: [2, 3] });
  if (median === null) return;
  const ink = palette["line-ink"];
  if (p90 !== null) line(pen, x(median), top + 27, x(p90), top + 27, ink, 7, { cap: "round" });
  // Nine of ten are not reached yet: dots, because nobody knows where the line will end.
  else line(pen, x(median), top + 27, size.width - 4, top + 27, ink, 7, { cap: "round", dash: [0.1, 11] });
  Object.assign(pen, { fillStyle: palette.surface, strokeStyle: ink, lineWidth: 2.5 });
  pen.beginPath();
  pen.arc(x(median), top + 27, 5.5, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
}

function rangePoints(model, size) {
  const { columns, x } = rangeParts(model, size);
  return model.rows.flatMap((row, at) => ["median", "p90"].flatMap((role) => {
    const value = cellOf(row, columns[role])?.value ?? null;
    return value === null ? [] : [{ row: at, column: columns[role].index, box: { x: x(value) - 7, y: at * ROW + 20, width: 14, height: 14 } }];
  }));
}

// ---- flow: from where, through what, to which end; each row of the table is one ribbon, coloured by its end ----

const BAR = 9;
const GAP = 9;

function flowParts(model, size) {
  // Below the last name its own half stays free.
  const top = 22;
  const room = size.height - top - 6;
  const ways = model.rows.map((row, at) => ({ at, stops: row.stops, count: row.count, hue: row.stops[2].hue ?? "ink-3", text: row.countText })).filter((way) => way.count > 0);
  const total = ways.reduce((sum, way) => sum + way.count, 0);
  const stages = [0, 1, 2].map((stage) => {
    const nodes = new Map();
    for (const way of ways) {
      const stop = way.stops[stage];
      const node = nodes.get(stop.key) ?? { key: stop.key, name: stop.name, href: stop.href, hue: stop.hue, stage, count: 0 };
      node.count += way.count;
      node.href ??= stop.href;
      nodes.set(stop.key, node);
    }
    // The greatest first; what was folded into others opens nothing and stands last.
    return [...nodes.values()].sort((one, other) => Number(!one.href) - Number(!other.href) || other.count - one.count);
  });
  const most = Math.max(...stages.map((nodes) => nodes.length));
  const scale = (room - GAP * (most - 1)) / Math.max(total, 1);
  stages.forEach((nodes, stage) => {
    const used = total * scale + GAP * (nodes.length - 1);
    const gap = nodes.length > 1 ? GAP + Math.min((room - used) / (nodes.length - 1), 26) : 0;
    let y = top + (room - total * scale - gap * (nodes.length - 1)) / 2;
    nodes.forEach((node, order) => {
      Object.assign(node, { order, y, height: node.count * scale, x: (size.width - BAR) * (stage / 2) });
      y += node.height + gap;
    });
  });
  return { ways: ribbons(ways, stages, scale), stages };
}

function ribbons(ways, stages, scale) {
  const nodeOf = (way, stage) => stages[stage].find((node) => node.key === way.stops[stage].key);
  const order = (way) => way.stops.map((_, stage) => nodeOf(way, stage).order);
  const lay = (stage, side, first, second) => {
    const used = new Map();
    for (const way of [...ways].sort((a, b) => order(a)[first] - order(b)[first] || order(a)[second] - order(b)[second])) {
      const node = nodeOf(way, stage);
      way[side] = node.y + (used.get(node) ?? 0);
      used.set(node, (used.get(node) ?? 0) + way.count * scale);
    }
  };
  lay(0, "leaves", 1, 2);
  lay(1, "arrives", 0, 2);
  lay(1, "goesOn", 2, 0);
  lay(2, "ends", 1, 0);
  return ways.map((way) => ({ ...way, thick: way.count * scale, xs: [0, 1, 2].map((stage) => nodeOf(way, stage).x) }));
}

function trace(path, way) {
  const bend = (x1, y1, x2, y2) => {
    const middle = (x1 + x2) / 2;
    path.moveTo(x1, y1);
    path.bezierCurveTo(middle, y1, middle, y2, x2, y2);
    path.lineTo(x2, y2 + way.thick);
    path.bezierCurveTo(middle, y2 + way.thick, middle, y1 + way.thick, x1, y1 + way.thick);
    path.closePath();
  };
  bend(way.xs[0] + BAR, way.leaves, way.xs[1], way.arrives);
  bend(way.xs[1] + BAR, way.goesOn, way.xs[2], way.ends);
}

function drawFlow(pen, model, size, palette, words, active) {
  const { ways, stages } = flowParts(model, size);
  for (const way of ways) {
    Object.assign(pen, { fillStyle: palette[way.hue], globalAlpha: active === undefined ? 0.34 : active === way.at ? 0.8 : 0.16 });
    pen.beginPath();
    trace(pen, way);
    pen.fill();
  }
  pen.globalAlpha = 1;
  const isNarrow = size.width < 480;
  const rooms = [size.width / 2 - 34, size.width / 4 - 20, size.width / 4 - 20];
  stages.forEach((nodes, stage) => {
    const align = stage === 2 ? "right" : "left";
    write(pen, model.heads[stage], stage === 1 ? nodes[0].x : stage * size.width / 2, 11, { colour: palette.ink3, align });
    for (const node of nodes) {
      pen.fillStyle = palette[node.hue ?? "ink"];
      pen.fillRect(node.x, node.y, BAR, Math.max(node.height, 1));
      const x = stage === 2 ? node.x - 6 : node.x + BAR + 6;
      const count = isNarrow && stage > 0 ? "" : model.number.format(node.count);
      const y = node.y + Math.max(node.height, 1) / 2 + 4;
      const name = cut(node.name, rooms[stage] - width(` ${count}`, 12, "600"), 12, "500");
      const split = align === "left" ? [[name, "500", 0], [count, "600", width(`${name} `, 12, "500") + 1]] : [[count, "600", 0], [name, "500", -width(` ${count}`, 12, "600") - 1]];
      for (const halo of [palette.surface, undefined]) {
        for (const [text, weight, shift] of split) write(pen, text, x + shift, y, { colour: weight === "600" ? palette.text : palette.ink2, weight, size: 12, align, halo });
      }
    }
  });
}

function flowPoints(model, size) {
  const { ways, stages } = flowParts(model, size);
  const nodes = stages.flat().map((node) => ({
    href: node.href, title: node.name, said: model.number.format(node.count), box: { x: node.x - 2, y: node.y, width: BAR + 4, height: Math.max(node.height, 4) },
  }));
  const bands = ways.map((way) => {
    const path = new Path2D();
    trace(path, way);
    return { way: way.at, path, href: model.rows[way.at].href, title: way.stops.map((stop) => stop.name).join(" → "), said: way.text, box: { x: way.xs[1] - 1, y: way.arrives, width: BAR + 2, height: Math.max(way.thick, 2) } };
  });
  return [...nodes, ...bands];
}

// ---- heat: on the page the table itself is the picture; this draws it for a file ----

function drawHeat(pen, model, size, palette) {
  const left = Math.min(110, Math.max(...model.rows.map((row) => width(row.label, 11.5))) + 10);
  const wide = (size.width - left) / model.columns.length;
  model.columns.forEach((column, at) => {
    if (wide > 20 || at % 2 === 0) write(pen, column.name, left + wide * (at + 0.5), 12, { colour: palette.ink3, align: "center", size: 11 });
  });
  model.rows.forEach((row, line) => {
    write(pen, cut(row.label, left - 8), 0, 20 + line * 26 + 17, { colour: palette.ink2 });
    model.columns.forEach((column, at) => {
      const cell = row.cells[column.index];
      const level = model.level(cell.value);
      pen.fillStyle = palette.heat[level];
      pen.fillRect(left + wide * at + 1, 20 + line * 26 + 1, wide - 2, 24);
      if (width(cell.text, 11) < wide - 2) write(pen, cell.text, left + wide * (at + 0.5), 20 + line * 26 + 17, { colour: level > 4 ? palette.onInk : palette.text, align: "center", size: 11 });
    });
  });
}

// ---- what the rest asks for ----

export const OWN = {
  range: { draw: drawRange, points: rangePoints, height: (model) => model.rows.length * ROW + 24 },
  heat: { draw: drawHeat, points: () => [], height: (model) => model.rows.length * 26 + 22 },
  flow: {
    draw: drawFlow, points: flowPoints,
    height: (model) => model.height || Math.min(640, Math.max(220, 60 * Math.max(...[0, 1, 2].map((stage) => new Set(model.rows.map((row) => row.stops[stage].key)).size)))),
  },
};
