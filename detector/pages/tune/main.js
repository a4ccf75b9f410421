// SPDX-License-Identifier: Apache-2.0
import htm from "htm";
import { h, render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Chart } from "./charts.js";
import { data, edgeAt, edgeFirst, edgeOfCapacity, edgeToday, figuresAt, figuresToday, isReached, labelled } from "./data.js";
import { moveFocus, Near } from "./near.js";
import * as pictures from "./pictures.js";
import { download, thresholds, tunedPolicy } from "./policy.js";
import { firstLanguage, languages, wording } from "./text.js";

const html = htm.bind(h);
const CAPACITY_FIRST = 40;

function Source({ w }) {
  const { period } = data;
  return html`<dl class="source">
    <div><dt>${w.t("source")}</dt><dd>${data.input}</dd></div>
    <div><dt>${w.t("period")}</dt><dd>${w.time(period.from)} – ${w.time(period.to)} (${w.whole(period.days)} ${w.t("days")})</dd></div>
    <div><dt>${w.t("model")}</dt><dd>${data.model.id} <code title=${data.model.sha256}>${data.model.sha256.slice(0, 8)}</code></dd></div>
    <div><dt>${w.t("policy")}</dt><dd>${data.policy.id} <code title=${data.policy.sha256}>${data.policy.sha256.slice(0, 8)}</code></dd></div>
  </dl>`;
}

// What one figure is at the chosen threshold, and what it is today. `value` is the whole number for who reads the page
// by program.
function Tile({ name, w, f, today, format, band, extra }) {
  return html`<div class="tile" data-figure=${name} data-value=${f[name]}>
    <dt>${w.t(name)}</dt>
    <dd><strong>${format(f[name])}</strong>
      ${band && html`<span class="small">${w.t("band")}: ${pictures.bandText(w, f[band])}</span>`}
      ${extra && html`<span class="small">${extra}</span>`}
      <span class="small">${w.t("today")}: ${format(today[name])}</span></dd>
  </div>`;
}

function Tiles({ w, f, today }) {
  const tile = (name, format, more) => html`<${Tile} name=${name} w=${w} f=${f} today=${today} format=${format} ...${more} />`;
  return html`<dl class="tiles">
    ${tile("a_day", w.one, { extra: `${w.t("busiest")}: ${w.whole(f.busiest)}` })}
    ${tile("accounts", w.whole)}
    ${labelled && tile("caught", w.money)}
    ${labelled && tile("missed", w.money)}
    ${!labelled && tile("held", w.money)}
    ${labelled && tile("precision", w.percent, { band: "precision_band" })}
    ${labelled && tile("recall", w.percent, { band: "recall_band", extra: `${w.t("found")}: ${w.whole(f.found)}` })}
    ${labelled && tile("wrong", w.whole)}
  </dl>`;
}

function Slider({ w, curve, edge, setEdge, toToday }) {
  const last = data.edges.length - 1;
  const today = edgeToday(curve);
  const said = `${w.t("probability")} ${w.probability(data.probabilities[edge])}, ${w.t("score")} ${w.score(data.edges[edge])}`;
  return html`<div class="slider">
    <div class="named"><label for="threshold">${w.t("threshold")}: <output data-edge=${edge}>${said}</output></label>
      <button id="today" disabled=${today === undefined} onClick=${toToday}>${w.t("to_today")}</button></div>
    <div class="track">
      <input id="threshold" type="range" min="0" max=${last} step="1" value=${edge} aria-valuetext=${said}
        onInput=${(event) => setEdge(Number(event.currentTarget.value))} />
      ${today !== undefined && html`<span class="mark" style=${{ left: `calc(10px + (100% - 20px) * ${last > 0 ? today / last : 0})` }}><span>${w.t("today")}</span></span>`}
    </div>
    ${today === undefined && html`<p class="small" id="never">${w.t("never_note")}</p>`}
  </div>`;
}

function Capacity({ w, curve, setEdge }) {
  const [limit, setLimit] = useState(CAPACITY_FIRST);
  const [by, setBy] = useState("a_day");
  const apply = (event) => {
    event.preventDefault();
    setEdge(edgeOfCapacity(curve, limit, by));
  };
  return html`<form class="capacity" onSubmit=${apply}>
    <label for="limit">${w.t("capacity")}</label>
    <input id="limit" type="number" min="0" max="1000000" step="1" value=${limit} onInput=${(event) => setLimit(Number(event.currentTarget.value))} />
    <span>${w.t("a_day_short")},</span>
    <select id="by" aria-label=${w.t("capacity")} value=${by} onChange=${(event) => setBy(event.currentTarget.value)}>
      <option value="a_day">${w.t("on_average")}</option><option value="busiest">${w.t("on_busiest")}</option></select>
    <button id="apply">${w.t("apply")}</button>
  </form>`;
}

function Actions({ w, chosen, setChosen }) {
  return html`<label class="action">${w.t("action")}
    <select id="action" value=${chosen} onChange=${(event) => setChosen(Number(event.currentTarget.value))}>
      ${data.curves.map((curve, i) => html`<option key=${i} value=${i}>${w.t(curve.action)}${!isReached(curve) && ` (${w.t("never")})`}</option>`)}</select></label>`;
}

function Outcome({ w, chosen, edge }) {
  const rules = thresholds(data, chosen, edge);
  const kept = new Set(rules.map((rule) => rule.action));
  const gone = data.curves.filter((curve) => !kept.has(curve.action));
  return html`<p class="small">${w.t("actions_now")}: ${rules.map((rule) => `${w.t(rule.action)} ≥ ${w.probability(rule.probability)}`).join("; ")}${
    gone.length > 0 && `; ${w.t("dropped")} ${gone.map((curve) => w.t(curve.action)).join(", ")}`}</p>`;
}

function Charts({ w, curve, edge, setEdge }) {
  const made = useMemo(() => [
    pictures.load(w, curve),
    ...(labelled ? [pictures.quality(w, curve), pictures.money(w, curve), pictures.people(w, curve)] : [pictures.held(w, curve)]),
    pictures.scores(w),
    ...(labelled ? [pictures.calibration(w)] : []),
    ...(data.drift ? [pictures.drift(w)] : []),
  ], [w, curve]);
  return html`<div class="charts">
    ${made.map(({ chart, line, note, table }) => html`<${Chart} key=${chart.title} chart=${chart} w=${w}
      today=${line && isReached(curve) ? curve.threshold : undefined} chosen=${line ? data.edges[edge] : undefined}
      onPick=${line && ((value) => setEdge(edgeAt(value)))} table=${table(edge)}>
      ${note && html`<p class="small">${note}</p>`}<//>`)}
    ${!data.drift && html`<section class="card"><h2>${w.t("chart_drift")}</h2><p>${w.t("drift_none")}</p></section>`}
  </div>`;
}

const takesLetters = (element) => element?.matches?.("input[type=number], select, textarea");

function useKeys(keys) {
  useEffect(() => {
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || takesLetters(event.target)) return;
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });
}

function Page() {
  const [language, setLanguage] = useState(firstLanguage());
  const [chosen, setChosen] = useState(0);
  const [edge, setEdge] = useState(edgeFirst(data.curves[0]));
  const [current, setCurrent] = useState(null);
  const [said, setSaid] = useState("");
  const w = useMemo(() => wording(language), [language]);
  const curve = data.curves[chosen];
  const toToday = () => setEdge(edgeToday(curve) ?? edge);
  const choose = (i) => {
    setChosen(i);
    setEdge(edgeFirst(data.curves[i]));
  };
  const save = () => {
    download(tunedPolicy(data, chosen, edge));
    setSaid(w.t("downloaded"));
  };
  useKeys({ j: () => moveFocus(1), k: () => moveFocus(-1), t: toToday });
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = `Saqshy: ${w.t("title")}`;
  }, [language]);
  return html`
    <header><h1>Saqshy · ${w.t("title")}</h1>
      <label>${w.t("language")} <select id="language" value=${language} onChange=${(event) => setLanguage(event.currentTarget.value)}>
        ${languages.map(([code, name]) => html`<option key=${code} value=${code} lang=${code}>${name}</option>`)}</select></label></header>
    <main>
      <${Source} w=${w} />
      ${!labelled && html`<p class="notice" id="no-labels">${w.t("no_labels")}</p>`}
      ${data.fitted_on_period.map((model) => html`<p class="notice" id="fitted">${w.t("fitted")} ${w.time(model.fit_until)}</p>`)}
      ${data.interrupted && html`<p class="notice">${w.t("interrupted")}</p>`}
      <section class="panel" aria-label=${w.t("threshold")}>
        <${Slider} w=${w} curve=${curve} edge=${edge} setEdge=${setEdge} toToday=${toToday} />
        <div class="tools">
          ${data.curves.length > 1 && html`<${Actions} w=${w} chosen=${chosen} setChosen=${choose} />`}
          <${Capacity} w=${w} curve=${curve} setEdge=${setEdge} />
          <button id="download" class="main" onClick=${save}>${w.t("download")}</button>
        </div>
      </section>
      <${Tiles} w=${w} f=${figuresAt(curve, edge)} today=${figuresToday} />
      <${Outcome} w=${w} chosen=${chosen} edge=${edge} />
      <p class="small">${w.t("caps")}</p>
      <p class="unseen" role="status">${said}</p>
      <${Charts} w=${w} curve=${curve} edge=${edge} setEdge=${setEdge} />
      <${Near} w=${w} edge=${edge} current=${current} setCurrent=${setCurrent} />
    </main>
    <footer><p>${w.t("keys")}</p><p>${data.build}</p></footer>`;
}

render(html`<${Page} />`, document.getElementById("app"));
