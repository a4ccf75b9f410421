/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration: logit → probability. Private to models/. Own exp; monotone. */
#pragma once

#include <stdint.h>

enum { CALIBRATION_POINTS_MAX = 256 };

/* Logits rise strictly, probabilities do not fall; straight lines between, level beyond the ends.
 * No points: the logistic function. */
struct calibration {
    uint32_t count;
    double logit[CALIBRATION_POINTS_MAX];
    double probability[CALIBRATION_POINTS_MAX];
};

double calibration_probability(const struct calibration *calibration, double logit);
/* The smallest multiple of 2^-36 within ±2^17 whose probability is at least p; infinity: none. */
double calibration_logit(const struct calibration *calibration, double probability);
