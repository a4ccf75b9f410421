/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/reported.h"

#include "models/train/proposals.h"

#include <stdlib.h>
#include <string.h>

enum { REPORTED_MAX = 16 };

bool is_anything_reported(const struct bins *bins) {
    for (int f = FEATURE_REPORTED_FIRST; f < FEATURE_COUNT; f++)
        if (bins->edges[f] > 0) return true;
    return false;
}

/* More than null, or the least there is. */
static bool is_row_reported(const struct binned *rows, size_t i) {
    for (int f = FEATURE_REPORTED_FIRST; f < FEATURE_COUNT; f++)
        if (rows->bin[f][i] > (feature_table[f].direction == FEATURE_FALLS ? 0 : 1)) return true;
    return false;
}

void reported_sample(const struct binned *all, const bool *include, double *weight) {
    for (size_t i = 0; i < all->count; i++)
        if (include[i] && is_row_reported(all, i)) weight[i] = 1;
}

/* Behind the others, of weight 0 yet. */
static bool propose(const struct reported *m, const struct binned *sample) {
    const uint32_t before = *m->count, room = TRAIN_TERMS_MAX - before;
    const uint32_t most = room < REPORTED_MAX ? room : REPORTED_MAX;
    double *known = malloc((sample->count + 1) * sizeof *known);
    struct proposals *proposals = malloc(sizeof *proposals);
    const bool good = known != NULL && proposals != NULL &&
                      fit_logits(sample, m->term, before, m->weight, known) &&
                      proposals_make_reported(sample, m->options, known, most, proposals);
    if (good) {
        *m->count += proposals_take(proposals, most, &m->term[before], NULL);
        memset(&m->weight[before + 1], 0, (*m->count - before) * sizeof *m->weight);
    }
    free(known);
    free(proposals);
    return good;
}

bool reported_add(const struct reported *m, const struct binned *sample,
                  const struct binned *rows) {
    const uint32_t before = *m->count;
    const struct fit_options options = {.l2 = m->l2,
                                        .tolerance = m->tolerance,
                                        .held = before + 1,
                                        .progress = &m->options->progress};
    struct fit_result result;
    if (!propose(m, sample)) return false;
    return *m->count == before ||
           fit_logistic(rows, m->term, *m->count, &options, m->weight, &result);
}
