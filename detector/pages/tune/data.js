// SPDX-License-Identifier: Apache-2.0
// What the program put into the page, and what each edge says of it.
export const data = JSON.parse(document.getElementById("data").textContent);
export const labelled = data.labels !== null;

// The figures of one edge; they are those of `saqshy backtest`. Money in tiyn.
export function figuresAt(curve, edge) {
  const days = data.period.days;
  const figures = {
    a_day: days > 0 ? curve.recommendations[edge] / days : null,
    recommendations: curve.recommendations[edge],
    busiest: curve.busiest[edge],
    accounts: curve.accounts[edge],
    held: curve.held[edge],
  };
  if (!labelled) return figures;
  const found = curve.found[edge];
  const judged = found + curve.wrong[edge];
  return {
    ...figures,
    found,
    wrong: curve.wrong[edge],
    caught: curve.caught[edge],
    missed: data.counts.received - curve.caught[edge],
    precision: judged > 0 ? found / judged : null,
    recall: data.counts.bad > 0 ? found / data.counts.bad : null,
    precision_band: curve.precision_band.map((ends) => ends[edge]),
    recall_band: curve.recall_band.map((ends) => ends[edge]),
  };
}

export const column = (curve, name) => data.edges.map((_, edge) => figuresAt(curve, edge)[name]);

// The lowest edge from which on upwards no more than `limit` are recommended a day.
export function edgeOfCapacity(curve, limit, by) {
  let edge = data.edges.length - 1;
  while (edge > 0 && figuresAt(curve, edge - 1)[by] <= limit) edge--;
  return edge;
}

// The model comes to the action at today's threshold.
export const isReached = (curve) => curve.threshold !== null;
export const edgeToday = (curve) => (isReached(curve) ? data.edges.indexOf(curve.threshold) : undefined);
// Where the slider begins.
export const edgeFirst = (curve) => edgeToday(curve) ?? data.edges.length - 1;
// What today's policy comes to, which every curve says at its own threshold of today; empty where it reaches nothing.
const reached = data.curves.find(isReached);
export const figuresToday = reached ? figuresAt(reached, edgeToday(reached)) : {};

// The edge nearest to a logit.
export function edgeAt(logit) {
  let best = 0;
  data.edges.forEach((value, edge) => {
    if (Math.abs(value - logit) < Math.abs(data.edges[best] - logit)) best = edge;
  });
  return best;
}

// Up to `count` accounts on each side of the line, as far as the page has them.
export function beside(edge, count) {
  const above = data.near.filter((account) => account.logit >= data.edges[edge]).slice(-count);
  const below = data.near.filter((account) => account.logit < data.edges[edge]).slice(0, count);
  return { above, below };
}
