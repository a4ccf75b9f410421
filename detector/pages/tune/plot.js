// SPDX-License-Identifier: Apache-2.0
// What a chart draws, as SVG: axes, bands, bars and lines. Colours come from the style sheet, so that light and dark need
// nothing drawn anew.
import htm from "htm";
import { h } from "preact";

const html = htm.bind(h);
export const HEIGHT = 220;
const LEFT = 62, RIGHT = 18, TOP = 10, BOTTOM = 50;
const BAR = 0.9; // of the room that it has
const X_SPACE = 55, Y_SPACE = 32, NAME_SPACE = 14;

const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low || 1)) * (to - from);

// Round numbers from low to high, not more than `most`, whole ones where only these mean something.
function rounds(low, high, most, whole) {
  const room = (high - low || 1) / Math.max(1, most), power = 10 ** Math.floor(Math.log10(room));
  const step = Math.max(power * [1, 2, 5, 10].find((times) => times * power >= room), whole ? 1 : 0);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step);
}

function powers(high) {
  const splits = [0];
  for (let power = 1; power <= high; power *= 10) splits.push(power);
  return splits;
}

// Where values of both axes lie in a picture of that width, and the other way.
export function frameOf(chart, width) {
  const [xs, ...ys] = chart.data;
  const [left, right] = chart.x.range ?? [xs[0], xs.at(-1)];
  const [low, high] = chart.y.range(Math.max(0, ...ys.flat()));
  const bend = chart.y.log ? Math.asinh : (value) => value;
  const across = scale(left, right, LEFT, width - RIGHT), up = scale(bend(low), bend(high), HEIGHT - BOTTOM, TOP);
  return {
    width, x: across, y: (value) => up(bend(value)), valueAt: scale(LEFT, width - RIGHT, left, right),
    xSplits: rounds(left, right, (width - LEFT - RIGHT) / X_SPACE, chart.x.whole),
    ySplits: chart.y.log ? powers(high) : rounds(low, high, (HEIGHT - TOP - BOTTOM) / Y_SPACE),
  };
}

// The corners of a line, one list for each piece between gaps. A step holds its value up to the next place.
function pieces(xs, ys, frame, stepped) {
  const made = [[]];
  xs.forEach((at, i) => {
    const piece = made.at(-1), known = ys[i] !== null && ys[i] !== undefined;
    if (stepped && piece.length > 0) piece.push([frame.x(at), piece.at(-1)[1]]);
    if (known) piece.push([frame.x(at), frame.y(ys[i])]);
    else if (piece.length > 0) made.push([]);
  });
  return made.filter((piece) => piece.length > 0);
}

const drawn = (corners) => `M${corners.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

function band(xs, high, low, frame) {
  const under = pieces(xs, low, frame, true);
  return pieces(xs, high, frame, true).map((piece, i) => `${drawn([...piece, ...[...under[i]].reverse()])}Z`).join("");
}

function bars(xs, ys, frame) {
  const room = frame.x(xs[1] ?? 1) - frame.x(xs[0]), floor = frame.y(0);
  return xs.map((at, i) => {
    if (!ys[i]) return "";
    const from = frame.x(at), to = from + BAR * room;
    return `${drawn([[from, floor], [from, frame.y(ys[i])], [to, frame.y(ys[i])], [to, floor]])}Z`;
  }).join("");
}

function Axes({ chart, frame }) {
  const bottom = HEIGHT - BOTTOM, end = frame.width - RIGHT;
  const xName = chart.x.values ?? String;
  return html`<path class="grid" d=${[
    ...frame.xSplits.map((at) => drawn([[frame.x(at), TOP], [frame.x(at), bottom]])),
    ...frame.ySplits.map((at) => drawn([[LEFT, frame.y(at)], [end, frame.y(at)]])),
  ].join("")} />
    ${frame.xSplits.map((at) => html`<text x=${frame.x(at)} y=${bottom + NAME_SPACE + 4} text-anchor="middle">${xName(at)}</text>`)}
    ${frame.ySplits.map((at) => html`<text x=${LEFT - 8} y=${frame.y(at) + 4} text-anchor="end">${chart.y.format(at)}</text>`)}
    <text x=${(LEFT + end) / 2} y=${HEIGHT - 8} text-anchor="middle">${chart.x.label}</text>`;
}

function Series({ one, xs, ys, frame }) {
  if (one.edge) return null;
  if (one.bars) return html`<path class="bars" data-colour=${one.colour} d=${bars(xs, ys, frame)} />`;
  const lines = pieces(xs, ys, frame, !one.linear);
  return html`<path class="stroke" data-colour=${one.colour} stroke-dasharray=${one.dash?.join(" ")} d=${lines.map(drawn).join("")} />
    ${one.points && lines.flat().map(([x, y]) => html`<circle class="stroke" data-colour=${one.colour} cx=${x} cy=${y} r="3" />`)}`;
}

export function Drawing({ chart, frame }) {
  const [xs, ...ys] = chart.data;
  return html`<svg width=${frame.width} height=${HEIGHT} aria-hidden="true">
    <${Axes} chart=${chart} frame=${frame} />
    ${(chart.bands ?? []).map(([high, low, colour]) => html`<path class="band" data-colour=${colour} d=${band(xs, ys[high], ys[low], frame)} />`)}
    ${chart.series.map((one, i) => html`<${Series} one=${one} xs=${xs} ys=${ys[i]} frame=${frame} />`)}
  </svg>`;
}
