// A drawing surface with the methods of a canvas that writes SVG instead of pixels: what draws on one draws on the other.

const patterns = new WeakMap();
const TILES = {
  hatch: { size: 5, path: "M-1 1l2-2M0 5l5-5M4 6l2-2", width: 1.15 },
  dots: { size: 5, path: "M2.5 2.5h.01", width: 2 },
  dash: { size: 4, path: "M0 2h4", width: 1.25 },
};

// A fill of lines or dots on the ground colour, sharp on any screen.
export function pattern(kind, colour, ground) {
  const { size, path, width } = TILES[kind];
  const scale = 3;
  const tile = Object.assign(document.createElement("canvas"), { width: size * scale, height: size * scale });
  const pen = tile.getContext("2d");
  pen.scale(scale, scale);
  Object.assign(pen, { fillStyle: ground, strokeStyle: colour, lineWidth: width, lineCap: kind === "dots" ? "round" : "butt" });
  pen.fillRect(0, 0, size, size);
  pen.stroke(new Path2D(path));
  const made = pen.createPattern(tile, "repeat");
  made.setTransform(new DOMMatrix().scale(1 / scale));
  patterns.set(made, { kind, colour, ground });
  return made;
}

const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const round = (number) => +number.toFixed(2);
const PAINT = {
  fillStyle: "#000000", strokeStyle: "#000000", lineWidth: 1, lineCap: "butt", lineJoin: "miter", lineDashOffset: 0, miterLimit: 10,
  globalAlpha: 1, font: "12px sans-serif", textAlign: "start", textBaseline: "alphabetic", globalCompositeOperation: "source-over",
};
const ANCHORS = { center: "middle", right: "end", end: "end" };
const BASELINES = { top: "text-before-edge", hanging: "text-before-edge", middle: "central", bottom: "text-after-edge" };
const ruler = document.createElement("canvas").getContext("2d");

export class SvgSurface {
  #parts = [];
  #defs = [];
  #known = new Map();
  #saved = [];
  #path = "";
  #clip = "";
  #dash = [];
  #matrix = new DOMMatrix();
  #origin = new DOMMatrix();
  #size;

  constructor(width, height) {
    this.#size = { width, height };
    Object.assign(this, PAINT);
    this.place(0, 0, width, height);
  }

  // What is drawn from now on has its zero point there, and takes that part for the whole.
  place(x, y, width, height) {
    this.#origin = new DOMMatrix([1, 0, 0, 1, x, y]);
    this.canvas = { width, height, getContext: () => this };
    this.resetTransform();
  }

  // What was drawn, as a document of its own that says its title to whoever cannot see it.
  text(title) {
    const { width, height } = this.#size;
    const defs = this.#defs.length ? `<defs>${this.#defs.join("")}</defs>` : "";
    return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`
      + `<title>${escape(title)}</title>${defs}${this.#parts.join("")}</svg>\n`;
  }

  save() {
    const paint = Object.fromEntries(Object.keys(PAINT).map((key) => [key, this[key]]));
    this.#saved.push({ paint, matrix: DOMMatrix.fromMatrix(this.#matrix), clip: this.#clip, dash: this.#dash });
  }

  restore() {
    const state = this.#saved.pop();
    if (!state) return;
    Object.assign(this, state.paint);
    this.#matrix = state.matrix;
    this.#clip = state.clip;
    this.#dash = state.dash;
  }

  translate(x, y) { this.#matrix.translateSelf(x, y); }
  scale(x, y = x) { this.#matrix.scaleSelf(x, y); }
  rotate(angle) { this.#matrix.rotateSelf((angle * 180) / Math.PI); }
  transform(...numbers) { this.#matrix.multiplySelf(new DOMMatrix(numbers)); }
  setTransform(...numbers) { this.#matrix = this.#origin.multiply(numbers.length === 6 ? new DOMMatrix(numbers) : numbers[0]); }
  resetTransform() { this.#matrix = DOMMatrix.fromMatrix(this.#origin); }
  setLineDash(dash) { this.#dash = [...dash]; }
  getLineDash() { return [...this.#dash]; }

  beginPath() { this.#path = ""; }
  closePath() { if (this.#path) this.#path += "Z"; }
  moveTo(x, y) { this.#path += `M${this.#at(x, y)}`; }
  lineTo(x, y) { this.#path += `${this.#path ? "L" : "M"}${this.#at(x, y)}`; }
  bezierCurveTo(a, b, c, d, x, y) { this.#path += `C${this.#at(a, b)} ${this.#at(c, d)} ${this.#at(x, y)}`; }
  quadraticCurveTo(a, b, x, y) { this.#path += `Q${this.#at(a, b)} ${this.#at(x, y)}`; }
  rect(x, y, width, height) {
    this.#path += `M${this.#at(x, y)}L${this.#at(x + width, y)}L${this.#at(x + width, y + height)}L${this.#at(x, y + height)}Z`;
  }

  arc(x, y, radius, start, end, isBackward = false) {
    const turn = 2 * Math.PI;
    let sweep = isBackward ? start - end : end - start;
    sweep = sweep >= turn ? turn : ((sweep % turn) + turn) % turn;
    const from = (angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    const to = (angle) => `A${round(radius)} ${round(radius)} 0 ${+(sweep > Math.PI && sweep < turn)} ${+!isBackward} ${this.#at(...from(angle))}`;
    this.lineTo(...from(start));
    if (radius === 0 || sweep === 0) return;
    if (sweep === turn) this.#path += to(start + (isBackward ? -Math.PI : Math.PI));
    this.#path += to(sweep === turn ? start : end);
  }

  fill(rule = "nonzero") { this.#shape(`fill="${this.#colour(this.fillStyle)}"${rule === "evenodd" ? ' fill-rule="evenodd"' : ""}`); }
  stroke() { this.#shape(this.#line()); }
  fillRect(x, y, width, height) { this.#with(() => this.rect(x, y, width, height), () => this.fill()); }
  strokeRect(x, y, width, height) { this.#with(() => this.rect(x, y, width, height), () => this.stroke()); }
  clearRect() {}

  clip() {
    const id = this.#define(`${this.#path}|${this.#clip}`, "clip", (name) => (
      `<clipPath id="${name}"${this.#clipped()}><path d="${this.#path || "M0 0"}"/></clipPath>`));
    this.#clip = id;
  }

  fillText(text, x, y) { this.#words(text, x, y, `fill="${this.#colour(this.fillStyle)}"`); }
  strokeText(text, x, y) { this.#words(text, x, y, this.#line()); }
  measureText(text) {
    ruler.font = this.font;
    return ruler.measureText(text);
  }

  #at(x, y) {
    const point = this.#matrix.transformPoint(new DOMPoint(x, y));
    return `${round(point.x)} ${round(point.y)}`;
  }

  #with(outline, paint) {
    const before = this.#path;
    this.#path = "";
    outline();
    paint();
    this.#path = before;
  }

  #define(key, prefix, write) {
    if (!this.#known.has(key)) {
      const name = `${prefix}${this.#known.size}`;
      this.#known.set(key, name);
      this.#defs.push(write(name));
    }
    return this.#known.get(key);
  }

  #colour(style) {
    const made = patterns.get(style);
    if (!made) return typeof style === "string" ? escape(style) : "none";
    const { size, path, width } = TILES[made.kind];
    const id = this.#define(`${made.kind}|${made.colour}|${made.ground}`, "pattern", (name) => (
      `<pattern id="${name}" width="${size}" height="${size}" patternUnits="userSpaceOnUse"><rect width="${size}" height="${size}" fill="${made.ground}"/>`
      + `<path d="${path}" fill="none" stroke="${made.colour}" stroke-width="${width}"${made.kind === "dots" ? ' stroke-linecap="round"' : ""}/></pattern>`));
    return `url(#${id})`;
  }

  #line() {
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.join(" ")}"` : "";
    const cap = this.lineCap === "butt" ? "" : ` stroke-linecap="${this.lineCap}"`;
    const join = this.lineJoin === "miter" ? "" : ` stroke-linejoin="${this.lineJoin}"`;
    return `fill="none" stroke="${this.#colour(this.strokeStyle)}" stroke-width="${round(this.lineWidth)}"${dash}${cap}${join}`;
  }

  #clipped() { return this.#clip ? ` clip-path="url(#${this.#clip})"` : ""; }
  #faded() { return this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : ""; }
  #shape(paint) {
    if (this.#path) this.#parts.push(`<path d="${this.#path}" ${paint}${this.#faded()}${this.#clipped()}/>`);
  }

  #words(text, x, y, paint) {
    if (String(text).trim() === "") return;
    const { a, b, c, d, e, f } = this.#matrix;
    const moved = a === 1 && d === 1 && b === 0 && c === 0;
    const place = moved ? `x="${round(x + e)}" y="${round(y + f)}"` : `x="${round(x)}" y="${round(y)}" transform="matrix(${[a, b, c, d, e, f].map(round).join(" ")})"`;
    const anchor = ANCHORS[this.textAlign] ? ` text-anchor="${ANCHORS[this.textAlign]}"` : "";
    const baseline = BASELINES[this.textBaseline] ? ` dominant-baseline="${BASELINES[this.textBaseline]}"` : "";
    const [, weight = "400", size = "12", family = "sans-serif"] = /^(?:normal )?(\d+|bold|normal)? ?([\d.]+)px(?:\/\S+)? (.*)$/.exec(this.font) ?? [];
    // Whatever type the reader has takes the room that was measured for it.
    const room = round(this.measureText(text).width);
    this.#parts.push(`<text ${place} textLength="${room}" lengthAdjust="spacingAndGlyphs" font-family="${escape(family.replaceAll('"', "'"))}" font-size="${size}" font-weight="${weight}"${anchor}${baseline} ${paint}`
      + `${this.#faded()}${this.#clipped()}>${escape(text)}</text>`);
  }
}
