// SPDX-License-Identifier: Apache-2.0
// The charts of the page: what each draws, and the table under it.
import { column, data, edgeToday, figuresAt, labelled } from "./data.js";

const BARS = 50;
const TABLE_ROWS = 20;
const share = () => [0, 1];
const fromZero = (high) => [0, Math.max(1, high)];
const kzt = (values) => values.map((tiyn) => tiyn / 100);

// Rows at even steps of the slider, with today's and the chosen threshold among them.
function edgeRows(w, curve, chosen, cells) {
  const last = data.edges.length - 1;
  const steps = Array.from({ length: TABLE_ROWS + 1 }, (_, i) => Math.round((last * i) / TABLE_ROWS));
  const today = edgeToday(curve);
  return [...new Set([...steps, today ?? chosen, chosen])].sort((a, b) => a - b).map((edge) => ({
    key: edge,
    mark: edge === chosen ? "chosen" : edge === today ? "today" : "",
    cells: [w.probability(data.probabilities[edge]), w.score(data.edges[edge]), ...cells(figuresAt(curve, edge))],
  }));
}

function overEdges(name, w, curve, { series, bands, y, head, cells, values }) {
  return {
    chart: { title: w.t(name), data: [data.edges, ...values], series, bands, y, x: { values: (v) => w.one(v), label: w.t("score") } },
    line: true,
    table: (chosen) => ({
      head: [w.t("probability"), w.t("score"), ...head],
      rows: () => edgeRows(w, curve, chosen, cells),
    }),
  };
}

export const load = (w, curve) =>
  overEdges("chart_load", w, curve, {
    values: [column(curve, "a_day"), column(curve, "busiest"), column(curve, "accounts")],
    series: [
      { label: w.t("a_day"), colour: "a" },
      { label: w.t("busiest"), colour: "a", dash: [2, 3] },
      { label: w.t("accounts"), colour: "b" },
    ],
    y: { log: true, format: w.short, range: fromZero },
    head: [w.t("a_day"), w.t("busiest"), w.t("accounts")],
    cells: (f) => [w.one(f.a_day), w.whole(f.busiest), w.whole(f.accounts)],
  });

export const quality = (w, curve) =>
  overEdges("chart_quality", w, curve, {
    values: [column(curve, "precision"), ...curve.precision_band, column(curve, "recall"), ...curve.recall_band],
    series: [
      { label: w.t("precision"), colour: "a" }, { colour: "a", edge: true }, { colour: "a", edge: true },
      { label: w.t("recall"), colour: "c" }, { colour: "c", edge: true }, { colour: "c", edge: true },
    ],
    bands: [[2, 1, "a"], [5, 4, "c"]],
    y: { range: share, format: w.percent },
    head: [w.t("precision"), w.t("band"), w.t("recall"), w.t("band")],
    cells: (f) => [w.percent(f.precision), bandText(w, f.precision_band), w.percent(f.recall), bandText(w, f.recall_band)],
  });

export const bandText = (w, [low, high]) => `${w.percent(low)} – ${w.percent(high)}`;

export const money = (w, curve) =>
  overEdges("chart_money", w, curve, {
    values: [kzt(column(curve, "caught")), kzt(column(curve, "missed"))],
    series: [{ label: w.t("caught"), colour: "c" }, { label: w.t("missed"), colour: "d" }],
    y: { format: w.short, range: (high) => [0, high * 1.05 || 1] },
    head: [w.t("caught"), w.t("missed")],
    cells: (f) => [w.money(f.caught), w.money(f.missed)],
  });

export const held = (w, curve) =>
  overEdges("chart_held", w, curve, {
    values: [kzt(column(curve, "held"))],
    series: [{ label: w.t("held"), colour: "c" }],
    y: { format: w.short, range: (high) => [0, high * 1.05 || 1] },
    head: [w.t("held")],
    cells: (f) => [w.money(f.held)],
  });

export const people = (w, curve) =>
  overEdges("chart_accounts", w, curve, {
    values: [column(curve, "found"), column(curve, "wrong")],
    series: [{ label: w.t("found"), colour: "c" }, { label: w.t("wrong"), colour: "d" }],
    y: { log: true, format: w.short, range: fromZero },
    head: [w.t("found"), w.t("wrong")],
    cells: (f) => [w.whole(f.found), w.whole(f.wrong)],
  });

// The bins of the slider, some at a time: as many bars as can be told apart, of equal width.
function bars() {
  const low = data.edges[0], high = data.edges.at(-1), step = (high - low) / BARS || 1;
  const made = Array.from({ length: BARS }, (_, i) => ({ from: low + i * step, accounts: 0, bad: 0 }));
  data.edges.forEach((edge, i) => {
    const bar = made[Math.min(BARS - 1, Math.floor((edge - low) / step))];
    bar.accounts += data.bins.accounts[i + 1];
    bar.bad += data.bins.bad[i + 1];
  });
  return made;
}

export function scores(w) {
  const made = bars();
  const all = { label: w.t(labelled ? "honest" : "all_accounts"), colour: "b", bars: true };
  const bad = { label: w.t("bad"), colour: "d", bars: true };
  const honest = made.map((bar) => bar.accounts - bar.bad);
  return {
    chart: {
      title: w.t("chart_scores"),
      data: [made.map((bar) => bar.from), honest, ...(labelled ? [made.map((bar) => bar.bad)] : [])],
      series: labelled ? [all, bad] : [all],
      x: { values: (v) => w.one(v), label: w.t("score"), range: [data.edges[0], data.edges.at(-1)] },
      y: { log: true, format: w.short, range: fromZero },
    },
    line: true,
    note: `${w.t("scores_note")} ${w.whole(data.bins.accounts[0])}`,
    table: () => ({
      head: [w.t("score_from"), w.t("all_accounts"), ...(labelled ? [w.t("bad")] : [])],
      rows: () => made.map((bar) => ({
        key: bar.from,
        cells: [w.score(bar.from), w.whole(bar.accounts), ...(labelled ? [w.whole(bar.bad)] : [])],
      })),
    }),
  };
}

export function calibration(w) {
  const bins = data.calibration.filter((bin) => bin.sides > 0);
  const rate = (bin) => bin.bad / bin.sides;
  return {
    chart: {
      title: w.t("chart_calibration"),
      data: [[0, ...bins.map((bin) => bin.mean), 1], [null, ...bins.map(rate), null], [0, ...bins.map((bin) => bin.mean), 1]],
      series: [{ label: w.t("rate"), colour: "a", points: true, linear: true }, { colour: "muted", dash: [4, 4], linear: true }],
      x: { range: [0, 1], values: w.percent, label: w.t("mean") },
      y: { range: share, format: w.percent },
    },
    note: w.t("calibration_note"),
    table: () => ({
      head: [w.t("mean"), w.t("rate"), w.t("sides")],
      rows: () => bins.map((bin) => ({ key: bin.mean, cells: [w.percent(bin.mean), w.percent(rate(bin)), w.whole(bin.sides)] })),
    }),
  };
}

export function drift(w) {
  const d = data.drift;
  const total = (counts) => counts.reduce((sum, count) => sum + count, 0);
  const shares = (counts) => counts.map((count) => count / total(counts));
  const [then, now] = [shares(d.then), shares(d.now)];
  const name = (bin) => (d.from[bin] === null ? `< ${w.score(d.from[1])}` : `≥ ${w.score(d.from[bin])}`);
  const bins = d.then.map((_, bin) => bin);
  return {
    chart: {
      title: w.t("chart_drift"),
      data: [[...bins, bins.length], [...then, null], [...now, now.at(-1)]],
      series: [{ label: w.t("then"), colour: "b", bars: true }, { label: w.t("now"), colour: "a" }],
      x: { range: [0, bins.length], whole: true, label: w.t("score"), values: (bin) => (bin < bins.length ? name(bin) : "") },
      y: { range: (high) => [0, high * 1.1], format: w.percent },
    },
    note: `PSI ${d.psi.toFixed(3)}, ${w.t("bound")} ${d.bound.toFixed(3)} (${w.whole(d.accounts_then)} + ${w.whole(d.accounts_now)} ${
      w.t("all_accounts")}). ${w.t(d.psi > d.bound ? "drift_beyond" : "drift_within")} ${w.t(`drift_of_${d.against}`)}`,
    table: () => ({
      head: [w.t("score"), `${w.t("share")}: ${w.t("then")}`, `${w.t("share")}: ${w.t("now")}`],
      rows: () => bins.map((bin) => ({ key: bin, cells: [name(bin), w.percent(then[bin]), w.percent(now[bin])] })),
    }),
  };
}
