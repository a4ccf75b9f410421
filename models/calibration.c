/* SPDX-License-Identifier: Apache-2.0 */
#include "models/calibration.h"

#include "models/exact_math.h"

#include <math.h>

static double logistic(double logit) {
    if (logit >= 0) return 1 / (1 + exact_exp(-logit));
    const double e = exact_exp(logit);
    return e / (1 + e);
}

static double between_points(const struct calibration *c, uint32_t upper, double logit) {
    const uint32_t lower = upper - 1;
    const double along = (logit - c->logit[lower]) / (c->logit[upper] - c->logit[lower]);
    return c->probability[lower] + along * (c->probability[upper] - c->probability[lower]);
}

double calibration_probability(const struct calibration *c, double logit) {
    if (c->count == 0) return logistic(logit);
    uint32_t upper = 0;
    while (upper < c->count && c->logit[upper] <= logit)
        upper++;
    if (upper == 0) return c->probability[0];
    if (upper == c->count) return c->probability[c->count - 1];
    return between_points(c, upper, logit);
}

double calibration_logit(const struct calibration *c, double probability) {
    int64_t low = -(INT64_C(1) << 53), high = INT64_C(1) << 53;
    if (calibration_probability(c, (double)high * 0x1p-36) < probability) return INFINITY;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (calibration_probability(c, (double)middle * 0x1p-36) >= probability)
            high = middle;
        else
            low = middle + 1;
    }
    return (double)low * 0x1p-36;
}
