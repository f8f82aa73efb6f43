// Words and measures that every picture shares: type, cut names, and the steps of a time axis.

export const FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
export const font = (size = 11.5, weight = 400) => ({ family: FONT, size, weight });
export const label = (weight, size) => `${weight} ${size}px ${FONT}`;

const ruler = document.createElement("canvas").getContext("2d");

export function width(text, size, weight = "400") {
  ruler.font = label(weight, size);
  return ruler.measureText(text).width;
}

// A name that does not fit ends with an ellipsis; the whole of it is in the table and under the cursor.
export function cut(text, most, size = 11.5, weight = "400") {
  if (width(text, size, weight) <= most) return text;
  let kept = text;
  while (kept.length > 1 && width(`${kept}…`, size, weight) > most) kept = kept.slice(0, -1);
  return `${kept.trimEnd()}…`;
}

// ---- minutes ----

const HOUR = 60;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const YEAR = 365 * DAY;
const STEPS = [1, 2, 5, 10, 30, HOUR, 4 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, WEEK, 2 * WEEK, 4 * WEEK, 12 * WEEK, 26 * WEEK, YEAR, 2 * YEAR, 5 * YEAR, 10 * YEAR, 100 * YEAR];

export function duration(minutes, words, number) {
  const [unit, count] = minutes >= YEAR ? [words.year, minutes / YEAR] : minutes >= 2 * WEEK ? [words.week, minutes / WEEK]
    : minutes >= DAY ? [words.day, minutes / DAY] : minutes >= HOUR ? [words.hour, minutes / HOUR] : [words.minute, minutes];
  return unit.replace("%s", number.format(Math.round(count * 10) / 10));
}

// Round times between the shortest and the longest, as many as stand beside each other without touching.
export function timeTicks(least, most, room, apart) {
  const low = STEPS.findLast((step) => step <= least) ?? STEPS[0];
  const high = Math.max(most * 1.08, low * 4);
  const place = (value) => (Math.log(value / low) / Math.log(high / low)) * room;
  const ticks = [];
  for (const step of STEPS) {
    if (step < low || step > high) continue;
    if (!ticks.length || place(step) - place(ticks.at(-1)) >= apart) ticks.push(step);
  }
  return { ticks, low, high, place };
}

// From nothing to the longest in even steps that people count in.
export function evenTimes(most) {
  const step = STEPS.find((one) => most / one <= 6) ?? YEAR * 100;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step);
}
