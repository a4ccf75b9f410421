// SPDX-License-Identifier: Apache-2.0
// One chart: a picture by uPlot and a table of the same under it. The lines of today's and of the chosen threshold are
// elements above the picture, so that moving the slider draws nothing anew.
import htm from "htm";
import { h } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

const html = htm.bind(h);
const HEIGHT = 220;
const FONT = "12px system-ui, sans-serif";
const NARROW = 420;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function powers(high) {
  const splits = [0];
  for (let power = 1; power <= high; power *= 10) splits.push(power);
  return splits;
}

function axes(chart, w, width) {
  const look = { stroke: colour("muted"), grid: { stroke: colour("grid"), width: 1 }, ticks: { stroke: colour("grid"), width: 1 } };
  const x = { ...look, space: width < NARROW ? 55 : 70, size: 30, label: chart.x.label, labelSize: 20, labelGap: 0, labelFont: FONT, font: FONT };
  if (chart.x.values) x.values = (_, splits) => splits.map(chart.x.values);
  const y = { ...look, size: 62, font: FONT, values: (_, splits) => splits.map(chart.y.format) };
  if (chart.y.log) y.splits = (_, axis, low, high) => powers(high);
  return [x, y];
}

function series(one) {
  const shape = one.bars
    ? { paths: uPlot.paths.bars({ size: [0.9], align: one.bars }), fill: `${colour(one.colour)}b0` }
    : { paths: one.linear ? undefined : uPlot.paths.stepped({ align: 1 }) };
  return {
    label: one.label, stroke: colour(one.colour), width: one.edge ? 0 : 2, points: { show: Boolean(one.points) }, dash: one.dash, ...shape,
  };
}

function options(chart, w, width, place) {
  return {
    width, height: HEIGHT, legend: { show: false }, cursor: { show: false }, padding: [10, 18, 0, 0],
    scales: { x: { time: false, range: chart.x.range }, y: { distr: chart.y.log ? 4 : 1, asinh: 1, range: chart.y.range } },
    axes: axes(chart, w, width),
    series: [{}, ...chart.series.map(series)],
    bands: (chart.bands ?? []).map(([high, low, name]) => ({ series: [high, low], fill: `${colour(name)}30` })),
    hooks: { setSize: [place] },
  };
}

// An element at a place of the x axis, drawn over the picture.
function moveLine(plot, element, value) {
  if (!plot || !element) return;
  element.hidden = value === undefined || value === null;
  if (!element.hidden) element.style.transform = `translateX(${Math.round(plot.valToPos(value, "x"))}px)`;
}

function newLine(plot, name) {
  const line = document.createElement("div");
  line.className = `line ${name}`;
  plot.over.append(line);
  return line;
}

function Picture({ chart, w, scheme, today, chosen, onPick }) {
  const box = useRef(), plot = useRef(), lines = useRef([]), places = useRef();
  places.current = [today, chosen];
  const place = () => lines.current.forEach((line, i) => moveLine(plot.current, line, places.current[i]));
  useLayoutEffect(() => {
    const width = () => Math.max(240, box.current.clientWidth);
    plot.current = new uPlot(options(chart, w, width(), place), chart.data, box.current);
    lines.current = ["today", "chosen"].map((name) => newLine(plot.current, name));
    place();
    const watch = new ResizeObserver(() => {
      if (plot.current.width !== width()) plot.current.setSize({ width: width(), height: HEIGHT });
    });
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      lines.current = [];
      plot.current.destroy();
    };
  }, [chart, w, scheme]);
  useLayoutEffect(place);
  const pick = (event) => {
    const left = event.clientX - plot.current.over.getBoundingClientRect().left;
    onPick(plot.current.posToVal(left, "x"));
  };
  return html`<div ref=${box} class="picture" role="img" aria-label=${chart.title} onClick=${onPick && pick}></div>`;
}

function Legend({ chart, w, today }) {
  const shown = chart.series.filter((one) => one.label);
  return html`<ul class="legend">
    ${shown.map((one) => html`<li key=${one.label}><i class="swatch ${one.dash ? "dashed" : ""}" data-colour=${one.colour}></i>${one.label}</li>`)}
    ${today !== undefined && html`<li><i class="swatch dashed" data-colour="text"></i>${w.t("today")}</li>`}
  </ul>`;
}

// Rows are made only while they are looked at.
export function Table({ title, w, head, rows }) {
  const [open, setOpen] = useState(false);
  return html`<details onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>${w.t("table")}<span class="unseen">: ${title}</span></summary>
    ${open && html`<div class="scroll" tabindex="0" role="region" aria-label=${title}><table>
      <thead><tr>${head.map((name) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
      <tbody>${rows().map((row) => html`<tr key=${row.key} class=${row.mark ?? ""}>
        ${row.cells.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>`)}</tbody>
    </table></div>`}
  </details>`;
}

export function Chart({ chart, w, scheme, today, chosen, onPick, table, children }) {
  return html`<section class="card">
    <h2>${chart.title}</h2>
    <${Legend} chart=${chart} w=${w} today=${today} />
    <${Picture} chart=${chart} w=${w} scheme=${scheme} today=${today} chosen=${chosen} onPick=${onPick} />
    ${children}
    <${Table} title=${chart.title} w=${w} ...${table} />
  </section>`;
}
