/* SPDX-License-Identifier: Apache-2.0 */
#include "models/exact_math.h"

#include "models/exact_inline.h"

double exact_log(double x) {
    return exact_log_inline(x);
}

double exact_log1p(double x) {
    return exact_log1p_inline(x);
}

double exact_exp(double x) {
    return exact_exp_inline(x);
}
