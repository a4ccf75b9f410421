/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/trust.h"

#include "models/calibration.h"
#include "models/exact_math.h"

#include <math.h>
#include <string.h>

#define LEAST 0x1p-40 /* of a probability: a loss is finite */
enum { ROWS_LEAST = 100, SHARES = 16 };

static double loss_at(const struct raised_row *rows, size_t count, const struct calibration *c,
                      double share) {
    double loss = 0;
    for (size_t i = 0; i < count; i++) {
        const double p = calibration_probability(c, rows[i].logit + share * rows[i].by);
        loss -= exact_log(fmax(rows[i].bad ? p : 1 - p, LEAST));
    }
    return loss;
}

double trust_find(const struct raised_row *rows, size_t count, const struct isotonic *behaviour) {
    struct calibration c = {.count = behaviour->count};
    double least = INFINITY, best = 1;
    memcpy(c.logit, behaviour->logit, behaviour->count * sizeof *c.logit);
    memcpy(c.probability, behaviour->probability, behaviour->count * sizeof *c.probability);
    for (int s = SHARES; s >= 0 && count >= ROWS_LEAST; s--) {
        const double share = (double)s / SHARES, loss = loss_at(rows, count, &c, share);
        if (loss >= least) continue;
        least = loss;
        best = share;
    }
    return best;
}
