// SPDX-License-Identifier: Apache-2.0
// One chart: a picture and a table of the same under it. The lines of today's and of the chosen threshold are elements
// above the picture, so that moving the slider draws nothing anew.
import htm from "htm";
import { h } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Drawing, frameOf } from "./plot.js";

const html = htm.bind(h);
const WIDTH_LEAST = 240;

function useWidth() {
  const box = useRef();
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.max(WIDTH_LEAST, box.current.clientWidth));
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return [box, width];
}

function Line({ name, frame, value }) {
  const place = value === undefined ? {} : { transform: `translateX(${Math.round(frame.x(value))}px)` };
  return html`<div class=${`line ${name}`} hidden=${value === undefined} style=${place}></div>`;
}

function Picture({ chart, today, chosen, onPick }) {
  const [box, width] = useWidth();
  const frame = useMemo(() => width > 0 && frameOf(chart, width), [chart, width]);
  const drawing = useMemo(() => frame && html`<${Drawing} chart=${chart} frame=${frame} />`, [frame]);
  const pick = (event) => onPick(frame.valueAt(event.clientX - box.current.getBoundingClientRect().left));
  return html`<div ref=${box} class="picture" role="img" aria-label=${chart.title} onClick=${onPick && pick}>
    ${drawing}
    ${frame && html`<${Line} name="today" frame=${frame} value=${today} /><${Line} name="chosen" frame=${frame} value=${chosen} />`}
  </div>`;
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

export function Chart({ chart, w, today, chosen, onPick, table, children }) {
  return html`<section class="card">
    <h2>${chart.title}</h2>
    <${Legend} chart=${chart} w=${w} today=${today} />
    <${Picture} chart=${chart} today=${today} chosen=${chosen} onPick=${onPick} />
    ${children}
    <${Table} title=${chart.title} w=${w} ...${table} />
  </section>`;
}
