/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/proposals.h"

#include "models/train/alike.h"
#include "models/train/boost.h"

#include <math.h>

enum { SUPPORT_LEAST = 20, SUPPORT_SHARE = 20000 };

/* Leaves that hold fewer rows than this are nothing to go by. */
static double support(const struct binned *rows) {
    double total = 0;
    for (size_t i = 0; i < rows->count; i++)
        total += rows->weight[i];
    return fmax(SUPPORT_LEAST, total / SUPPORT_SHARE);
}

static bool make(const struct binned *rows, const struct boost_options *boost,
                 struct proposals *out) {
    return boost_propose(rows, boost, out->term, &out->count) &&
           alike_find(rows, out->term, out->count, out->alike);
}

bool proposals_make(const struct binned *rows, const struct train_options *options,
                    const char *stage, struct proposals *out) {
    const struct boost_options boost = {.terms_max = options->terms_max,
                                        .seed = options->seed,
                                        .monotone = options->monotone,
                                        .support = support(rows),
                                        .progress = &options->progress,
                                        .stage = stage};
    return make(rows, &boost, out);
}

bool proposals_make_reported(const struct binned *rows, const struct train_options *options,
                             const double *known, uint32_t terms_max, struct proposals *out) {
    const struct boost_options boost = {.terms_max = terms_max,
                                        .seed = options->seed,
                                        .monotone = options->monotone,
                                        .reported = true,
                                        .known = known,
                                        .support = SUPPORT_LEAST,
                                        .progress = &options->progress,
                                        .stage = "proposing of reports"};
    return make(rows, &boost, out);
}

uint32_t proposals_take(const struct proposals *p, uint32_t wanted, struct train_term *terms,
                        uint32_t *through) {
    uint32_t taken = 0, i = 0;
    for (; i < p->count && taken < wanted; i++)
        if (!p->alike[i]) terms[taken++] = p->term[i];
    if (through != NULL) *through = i;
    return taken;
}

bool proposals_possible(const struct binned *rows) {
    size_t bad = 0;
    for (size_t i = 0; i < rows->count; i++)
        bad += rows->bad[i];
    return bad > 0 && bad < rows->count;
}
