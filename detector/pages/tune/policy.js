// SPDX-License-Identifier: Apache-2.0
// The policy document with another threshold for one action: a stronger action is not reached below it, and an action
// that none of its scores is left for, or that the model never comes to, is left out.

// curves: from mild to strong, as in the data. Returns [[action, probability]…].
export function thresholds(data, curveIndex, edge) {
  const logit = data.edges[edge];
  const moved = data.curves.map((curve, i) => {
    const pushed = i === curveIndex || (i > curveIndex && curve.threshold !== null && curve.threshold < logit);
    return pushed
      ? { action: curve.action, logit, probability: data.probabilities[edge] }
      : { action: curve.action, logit: curve.threshold, probability: data.document.actions[curve.action].probability };
  });
  const taken = moved.filter((rule) => rule.logit !== null);
  return taken.filter((rule, i) => taken.slice(i + 1).every((stronger) => stronger.logit > rule.logit));
}

const ID_BYTES_MAX = 128; // the program refuses more

// The name of the policy that was tuned, cut where there is no room, with what it became.
function tunedId(id, probability) {
  const suffix = `-tuned-${Number(probability.toPrecision(6))}`;
  const base = [...id.replace(/-tuned-[0-9.e-]+$/, "")];
  while (new TextEncoder().encode(base.join("") + suffix).length > ID_BYTES_MAX) base.pop();
  return base.join("") + suffix;
}

export function tunedPolicy(data, curveIndex, edge) {
  const { action } = data.curves[curveIndex];
  const probability = data.probabilities[edge];
  const actions = {};
  for (const rule of thresholds(data, curveIndex, edge))
    actions[rule.action] = { ...data.document.actions[rule.action], probability: rule.probability };
  return {
    ...data.document,
    id: tunedId(data.document.id, probability),
    actions,
    provenance: {
      ...data.document.provenance,
      thresholds: `${action} chosen with saqshy tune (${data.build}): probability ${probability}, score ${data.edges[edge]}`,
      tuned_on: {
        input: data.input, inputs: data.inputs, labels: data.labels, model: data.model, policy: data.policy, period: data.period,
      },
    },
  };
}

export function download(policy) {
  const text = `${JSON.stringify(policy, null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${policy.id.replace(/[^A-Za-z0-9._-]/g, "_")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
