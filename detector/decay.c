/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/decay.h"

#include "models/exact_math.h"

#include <pthread.h>

/* An age is cut into 8, 8 and 11 bits. */
enum { LOW = 256, MIDDLE = 256, HIGH = 2048, MIDDLE_SHIFT = 8, HIGH_SHIFT = 16, AGE_BITS = 27 };

static double low[LOW], middle[MIDDLE], high[HIGH];

static void fill(double *table, int count, int shift) {
    const double ln_2 = 0.6931471805599453;
    for (int i = 0; i < count; i++)
        table[i] = exact_exp(-ln_2 * (double)((int64_t)i << shift) / DECAY_HALF_LIFE_S);
}

static void fill_all(void) {
    fill(low, LOW, 0);
    fill(middle, MIDDLE, MIDDLE_SHIFT);
    fill(high, HIGH, HIGH_SHIFT);
}

void decay_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_all);
}

double decay_factor(uint32_t age_s) {
    if (age_s >> AGE_BITS != 0) return 0;
    return low[age_s % LOW] * middle[age_s >> MIDDLE_SHIFT & (MIDDLE - 1)] *
           high[age_s >> HIGH_SHIFT];
}
