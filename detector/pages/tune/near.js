// SPDX-License-Identifier: Apache-2.0
// The accounts just above and just below the line, with their reasons.
import htm from "htm";
import { h } from "preact";
import { beside, data, labelled } from "./data.js";

const html = htm.bind(h);
const EACH_SIDE = 20;

function Reason({ reason, w }) {
  const [place, value, contribution] = reason;
  const word = data.words[place];
  return html`<li>${word[w.code]}${word.unit && html` <span class="value">(${w.withUnit(value, word.unit)})</span>`}${" "}
    <span class="weight">${contribution > 0 ? "+" : "−"}${w.score(Math.abs(contribution))}</span></li>`;
}

function Row({ account, w, id, current, onFocus }) {
  return html`<tr id=${id} tabindex=${current ? 0 : -1} onFocus=${onFocus} class=${account.bad ? "bad" : ""}>
    <th scope="row"><span class="small">${account.rank + 1}.</span> <code>${account.token}</code></th>
    <td data-head=${w.t("probability")}>${w.probability(account.probability)} <span class="small">(${w.score(account.logit)})</span></td>
    <td data-head=${w.t("unspent")}>${w.money(account.unspent)}</td>
    <td data-head=${w.t("when")}>${w.time(account.time)}</td>
    ${labelled && html`<td data-head=${w.t("label")}><span class="tag ${account.bad ? "bad" : ""}">${w.t(account.bad ? "bad" : "honest")}</span></td>`}
    <td data-head=${w.t("why")}><ul class="reasons">${account.reasons.map((reason) => html`<${Reason} key=${reason[0]} reason=${reason} w=${w} />`)}</ul></td>
  </tr>`;
}

function Group({ name, accounts, first, w, current, setCurrent }) {
  const head = ["account", "probability", "unspent", "when", ...(labelled ? ["label"] : []), "why"];
  return html`<h3>${w.t(name)}</h3>
    ${accounts.length === 0 ? html`<p>${w.t("none")}</p>` : html`<table class="near" aria-label=${w.t(name)}>
      <thead><tr>${head.map((column) => html`<th scope="col" key=${column}>${w.t(column)}</th>`)}</tr></thead>
      <tbody>${accounts.map((account, i) => html`<${Row} key=${account.rank} account=${account} w=${w} id=${`near-${first + i}`}
        current=${current === first + i} onFocus=${() => setCurrent(first + i)} />`)}</tbody></table>`}`;
}

// Focus goes by `step` rows; from elsewhere it comes to the first row below the line, or the last above it.
export function moveFocus(step) {
  const rows = [...document.querySelectorAll("table.near tbody tr")];
  const at = rows.indexOf(document.activeElement?.closest?.("tr"));
  const line = document.querySelectorAll("[data-group=above] tbody tr").length;
  const next = at >= 0 ? at + step : step > 0 ? line : line - 1;
  const row = rows[Math.max(0, Math.min(rows.length - 1, next))];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

export function Near({ w, edge, current, setCurrent }) {
  const { above, below } = beside(edge, EACH_SIDE);
  const at = Math.min(current ?? above.length, above.length + below.length - 1);
  const group = { w, current: at, setCurrent };
  return html`<section class="card">
    <h2>${w.t("near")}</h2>
    <div data-group="above"><${Group} name="above" accounts=${above} first=${0} ...${group} /></div>
    <div class="border"><span>${w.t("threshold")} ${w.probability(data.probabilities[edge])}</span></div>
    <div data-group="below"><${Group} name="below" accounts=${below} first=${above.length} ...${group} /></div>
  </section>`;
}
