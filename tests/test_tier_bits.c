/* SPDX-License-Identifier: Apache-2.0 */
/* One wrong bit in one kernel of one tier, once in a while, and the comparison with the slow twin
 * notices. */
#include "tests/support.h"

#include "detector/kernels.h"
#include "tests/engine.h"
#include "tests/twins.h"

enum { HISTORIES = 3000, EVERY = 3 };
#define SEED UINT64_C(20260101)

static const struct kernels *real;
static uint32_t calls;

/* Every third call, the first of a history among them. */
static bool strikes(uint32_t slots) {
    return slots > 0 && calls++ % EVERY == 0;
}

static void flip(uint64_t mask[MASK_WORDS], uint32_t slots) {
    mask[(slots - 1) / 64] ^= UINT64_C(1) << (slots - 1) % 64;
}

static void flip_lane(uint64_t masks[MASK_WORDS][LANES], int lane, uint32_t slots) {
    masks[(slots - 1) / 64][lane] ^= UINT64_C(1) << (slots - 1) % 64;
}

static void bad_windows(const uint32_t *second, const uint8_t *bits, const uint8_t *kind,
                        uint32_t slots, const uint32_t low[RING_WINDOWS], uint32_t high,
                        struct ring_masks *masks) {
    real->look(second, bits, kind, slots, low, high, masks);
    if (strikes(slots)) flip_lane(masks->window, 3, slots);
}

static void bad_bits(const uint32_t *second, const uint8_t *bits, const uint8_t *kind,
                     uint32_t slots, const uint32_t low[RING_WINDOWS], uint32_t high,
                     struct ring_masks *masks) {
    real->look(second, bits, kind, slots, low, high, masks);
    if (strikes(slots)) flip_lane(masks->bits, 0, slots);
}

static void bad_kind(const uint32_t *second, const uint8_t *bits, const uint8_t *kind,
                     uint32_t slots, const uint32_t low[RING_WINDOWS], uint32_t high,
                     struct ring_masks *masks) {
    real->look(second, bits, kind, slots, low, high, masks);
    if (strikes(slots)) flip_lane(masks->kind, 5, slots);
}

static void bad_match(const uint32_t *values, uint32_t slots, uint32_t value,
                      uint64_t mask[MASK_WORDS]) {
    real->match(values, slots, value, mask);
    if (strikes(slots)) flip(mask, slots);
}

static void bad_match_bytes(const uint8_t *bytes, uint32_t slots, uint8_t value,
                            uint64_t mask[MASK_WORDS]) {
    real->match_bytes(bytes, slots, value, mask);
    if (strikes(slots)) flip(mask, slots);
}

static void bad_at_least(const uint32_t *values, uint32_t slots, uint32_t least,
                         uint64_t mask[MASK_WORDS]) {
    real->at_least(values, slots, least, mask);
    if (strikes(slots)) flip(mask, slots);
}

static uint32_t bad_largest(const uint32_t *values, uint32_t slots,
                            const uint64_t mask[MASK_WORDS]) {
    return real->largest(values, slots, mask) ^ strikes(slots);
}

static void bad_extremes(const uint32_t *amount, const uint32_t *second, uint32_t slots,
                         const struct extremes_of *of, struct extremes *extremes) {
    real->extremes(amount, second, slots, of, extremes);
    extremes->in ^= strikes(slots);
}

static void bad_times(const uint32_t *amount, const uint32_t *second, uint32_t slots,
                      const struct extremes_of *of, struct extremes *extremes) {
    real->extremes(amount, second, slots, of, extremes);
    if (extremes->older != 0) extremes->older ^= strikes(slots);
}

static void bad_count(const uint32_t *amount, uint32_t slots,
                      const uint64_t family[MASK_WORDS][RING_FAMILIES],
                      const uint64_t lane[MASK_WORDS][LANES], int64_t count[RING_FAMILIES][LANES],
                      int64_t sum[RING_FAMILIES][LANES]) {
    real->tally(amount, slots, family, lane, count, sum);
    if (strikes(slots)) count[0][1] ^= 1;
}

static void bad_sum(const uint32_t *amount, uint32_t slots,
                    const uint64_t family[MASK_WORDS][RING_FAMILIES],
                    const uint64_t lane[MASK_WORDS][LANES], int64_t count[RING_FAMILIES][LANES],
                    int64_t sum[RING_FAMILIES][LANES]) {
    real->tally(amount, slots, family, lane, count, sum);
    if (strikes(slots)) sum[1][2] ^= 1;
}

static void bad_hours(const uint32_t *second, uint32_t slots, const uint64_t mask[MASK_WORDS],
                      uint32_t *set, uint32_t *night) {
    real->hours(second, slots, mask, set, night);
    if (strikes(slots)) *set ^= 1;
}

static void bad_night(const uint32_t *second, uint32_t slots, const uint64_t mask[MASK_WORDS],
                      uint32_t *set, uint32_t *night) {
    real->hours(second, slots, mask, set, night);
    if (strikes(slots)) *night ^= 1;
}

static void bad_transpose(const int64_t *rows, size_t stride, size_t count, int64_t *columns) {
    real->transpose(rows, stride, count, columns);
    if (strikes(1)) columns[0] ^= 1;
}

struct fault {
    const char *name;
    struct kernels with; /* the one wrong function */
};

static const struct fault faults[] = {
    {"window", {.look = bad_windows}},
    {"bits", {.look = bad_bits}},
    {"kind", {.look = bad_kind}},
    {"match", {.match = bad_match}},
    {"match_bytes", {.match_bytes = bad_match_bytes}},
    {"at_least", {.at_least = bad_at_least}},
    {"largest", {.largest = bad_largest}},
    {"extremes", {.extremes = bad_extremes}},
    {"times", {.extremes = bad_times}},
    {"count", {.tally = bad_count}},
    {"sum", {.tally = bad_sum}},
    {"hours", {.hours = bad_hours}},
    {"night", {.hours = bad_night}},
    {"transpose", {.transpose = bad_transpose}},
};

static struct kernels broken(const struct kernels *tier, const struct kernels *with) {
    struct kernels k = *tier;
    if (with->look != NULL) k.look = with->look;
    if (with->match != NULL) k.match = with->match;
    if (with->match_bytes != NULL) k.match_bytes = with->match_bytes;
    if (with->at_least != NULL) k.at_least = with->at_least;
    if (with->largest != NULL) k.largest = with->largest;
    if (with->extremes != NULL) k.extremes = with->extremes;
    if (with->tally != NULL) k.tally = with->tally;
    if (with->hours != NULL) k.hours = with->hours;
    if (with->transpose != NULL) k.transpose = with->transpose;
    return k;
}

/* The number of histories until it is noticed; 0: it is not. */
static int noticed_after(const struct kernels *kernels) {
    static struct history history;
    const struct twins twins = {kernels, NAIVE_none};
    for (int i = 0; i < HISTORIES; i++) {
        calls = 0;
        history_make(&history, SEED + (uint64_t)i);
        if (twins_compare(&twins, &history).found) return i + 1;
    }
    return 0;
}

static void a_wrong_bit_in_any_kernel_of_any_tier_is_noticed(void **state) {
    (void)state;
    const struct kernels *tiers[ENGINE_TIERS_MAX];
    const int count = engine_tiers(tiers);
    for (int t = 0; t < count; t++)
        for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
            const struct kernels bad = broken(tiers[t], &faults[f].with);
            real = tiers[t];
            const int histories = noticed_after(&bad);
            print_message("%-7s %-12s noticed in history %d\n", real->name, faults[f].name,
                          histories);
            assert_true(histories > 0);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_bit_in_any_kernel_of_any_tier_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
