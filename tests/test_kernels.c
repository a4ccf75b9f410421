/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel of every tier against its scalar twin, bit for bit, over random rings; and a tier
 * that is wrong in one bit, once in a while, is told from it. */
#include "tests/support.h"

#include "detector/kernels.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { RINGS = 20000, SLOTS_MAX = 128, SLACK = 64, ROOM = SLOTS_MAX + SLACK, VALUES = 24 };

static uint64_t random_state;

static uint64_t next_random(void) {
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Edges as often as anything. */
static uint32_t random_word(void) {
    static const uint32_t edges[] = {0,          1,          0x7ffffffe, 0x7fffffff,
                                     0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};
    const uint64_t r = next_random();
    switch (r % 4) {
    case 0:
        return edges[r >> 8 & 7];
    case 1:
        return 1767225600 + (uint32_t)(r >> 8 & 63);
    default:
        return (uint32_t)(r >> 32);
    }
}

struct ring {
    uint32_t slots;
    uint32_t second[ROOM], values[ROOM], value, low[RING_WINDOWS], high;
    uint8_t bits[ROOM], kind[ROOM], byte;
    uint64_t mask[MASK_WORDS];
    struct extremes_of of;
    uint64_t family[MASK_WORDS][RING_FAMILIES], lane[MASK_WORDS][LANES];
    int64_t rows[LANES][VALUES];
};

/* What all kernels say of a ring. */
struct answers {
    struct ring_masks look;
    uint64_t match[MASK_WORDS], match_bytes[MASK_WORDS], at_least[MASK_WORDS];
    uint32_t largest, hours, night;
    struct extremes extremes;
    int64_t count[RING_FAMILIES][LANES], sum[RING_FAMILIES][LANES];
    int64_t columns[VALUES][LANES];
};

/* None, all, one or any of the slots. */
static void random_mask(uint32_t slots, uint64_t mask[MASK_WORDS]) {
    const uint64_t r = next_random();
    for (uint32_t w = 0; w < MASK_WORDS; w++) {
        const uint32_t here = slots <= 64 * w ? 0 : slots - 64 * w > 64 ? 64 : slots - 64 * w;
        const uint64_t used = here == 64 ? UINT64_MAX : (UINT64_C(1) << here) - 1;
        const uint64_t some[4] = {0, UINT64_MAX, UINT64_C(1) << (r >> 8 & 63), next_random()};
        mask[w] = some[r % 4] & used;
    }
}

static void make_ring(struct ring *ring) {
    static const uint32_t most[] = {4, 8, 16, 32, 64, 128};
    ring->slots = (uint32_t)(next_random() % (most[next_random() % 6] + 1));
    ring->high = random_word();
    ring->value = random_word();
    ring->byte = (uint8_t)next_random();
    for (int w = 0; w < RING_WINDOWS; w++)
        ring->low[w] = (next_random() & 3) != 0 ? random_word() : ring->high;
    for (int i = 0; i < ROOM; i++) {
        ring->second[i] = (next_random() & 7) != 0 ? random_word() : ring->high;
        ring->values[i] = (next_random() & 3) != 0 ? random_word() : ring->value;
        ring->bits[i] = (next_random() & 7) != 0 ? (uint8_t)next_random() : ring->byte;
        ring->kind[i] = (uint8_t)next_random();
    }
    random_mask(ring->slots, ring->mask);
    random_mask(ring->slots, ring->of.in);
    random_mask(ring->slots, ring->of.out);
    random_mask(ring->slots, ring->of.older);
    random_mask(ring->slots, ring->of.recent);
    for (int f = 0; f < RING_FAMILIES; f++) {
        uint64_t mask[MASK_WORDS];
        random_mask(ring->slots, mask);
        for (int w = 0; w < MASK_WORDS; w++)
            ring->family[w][f] = mask[w];
    }
    for (int i = 0; i < LANES; i++) {
        uint64_t mask[MASK_WORDS];
        random_mask(ring->slots, mask);
        for (int w = 0; w < MASK_WORDS; w++)
            ring->lane[w][i] = mask[w];
        for (int v = 0; v < VALUES; v++)
            ring->rows[i][v] = (int64_t)next_random();
    }
}

static void ask(const struct kernels *k, const struct ring *r, struct answers *out) {
    memset(out, 0, sizeof *out);
    k->look(r->second, r->bits, r->kind, r->slots, r->low, r->high, &out->look);
    for (int w = 0; w < MASK_WORDS; w++) /* of lanes that are no window nothing is promised */
        out->look.window[w][LANES - 2] = out->look.window[w][LANES - 1] = 0;
    k->match(r->values, r->slots, r->value, out->match);
    k->match_bytes(r->bits, r->slots, r->byte, out->match_bytes);
    k->at_least(r->values, r->slots, r->value, out->at_least);
    out->largest = k->largest(r->values, r->slots, r->mask);
    k->extremes(r->values, r->second, r->slots, &r->of, &out->extremes);
    k->tally(r->values, r->slots, r->family, r->lane, out->count, out->sum);
    k->hours(r->second, r->slots, r->mask, &out->hours, &out->night);
    k->transpose(&r->rows[0][0], VALUES, VALUES, &out->columns[0][0]);
}

/* The first random ring on which a tier differs from the specification; RINGS: none. */
static int first_difference(const struct kernels *tier) {
    random_state = 7;
    for (int i = 0; i < RINGS; i++) {
        static struct ring ring;
        static struct answers expected, got;
        make_ring(&ring);
        ask(&kernels_scalar, &ring, &expected);
        ask(tier, &ring, &got);
        if (memcmp(&expected, &got, sizeof got) != 0) return i;
    }
    return RINGS;
}

/* The specification itself, on rings that can be checked by eye. */

static void windows_are_open_below_and_closed_above(void **state) {
    (void)state;
    const uint32_t second[ROOM] = {9, 10, 11, 20, 21}, low[RING_WINDOWS] = {10, 19};
    const uint8_t bytes[ROOM] = {1, 3, 128, 0, 255};
    struct ring_masks masks;
    kernels_scalar.look(second, bytes, bytes, 5, low, 20, &masks);
    assert_int_equal(masks.window[0][0], 0x0c);
    assert_int_equal(masks.window[0][1], 0x08);
    assert_int_equal(masks.bits[0][0], 0x13);
    assert_int_equal(masks.bits[0][1], 0x12);
    assert_int_equal(masks.kind[0][7], 0x14);
    assert_int_equal(masks.window[1][0], 0);
}

static void matches_name_the_slots_with_the_value(void **state) {
    (void)state;
    const uint32_t values[ROOM] = {7, 8, 7, [16] = 7, [100] = 9};
    const uint8_t bytes[ROOM] = {1, 2, [90] = 2};
    uint64_t mask[MASK_WORDS];
    kernels_scalar.match(values, 16, 7, mask);
    assert_int_equal(mask[0], 0x5);
    kernels_scalar.match(values, 128, 9, mask);
    assert_int_equal(mask[1], UINT64_C(1) << 36);
    kernels_scalar.at_least(values, 17, 8, mask);
    assert_int_equal(mask[0], 0x2);
    kernels_scalar.match_bytes(bytes, 91, 2, mask);
    assert_int_equal(mask[0], 2);
    assert_int_equal(mask[1], UINT64_C(1) << 26);
}

static void extremes_are_those_of_the_masks(void **state) {
    (void)state;
    const uint32_t values[ROOM] = {7, 0xffffffff, 3, 9}, seconds[ROOM] = {50, 40, 60, 30};
    const struct extremes_of of = {.in = {5}, .out = {8}, .older = {7}, .recent = {5}};
    const struct extremes_of nothing = {.in = {0}};
    struct extremes found;
    const uint64_t some[MASK_WORDS] = {0xd, 0}, none[MASK_WORDS] = {0, 0};
    assert_int_equal(kernels_scalar.largest(values, 4, some), 9);
    assert_int_equal(kernels_scalar.largest(values, 4, none), 0);
    kernels_scalar.extremes(values, seconds, 4, &of, &found);
    assert_int_equal(found.in, 7);
    assert_int_equal(found.out, 9);
    assert_int_equal(found.older, 60);
    assert_int_equal(found.recent, 50);
    kernels_scalar.extremes(values, seconds, 4, &nothing, &found);
    assert_int_equal(found.older, 0);
    assert_true(found.recent == UINT32_MAX);
}

static void a_tally_counts_and_sums_coded_amounts(void **state) {
    (void)state;
    const uint32_t coded[ROOM] = {1, 0x7fffffff, 0x80000003, [70] = 0xffffffff};
    uint64_t family[MASK_WORDS][RING_FAMILIES] = {{7, 1}, {1 << 6}};
    uint64_t lane[MASK_WORDS][LANES] = {{7, 4}, {0, 1 << 6}};
    int64_t count[RING_FAMILIES][LANES], sum[RING_FAMILIES][LANES];
    kernels_scalar.tally(coded, 71, family, lane, count, sum);
    assert_int_equal(count[0][0], 3);
    assert_int_equal(sum[0][0], 1 + INT64_C(2147483647) + 3 * 65536);
    assert_int_equal(count[0][1], 2);
    assert_int_equal(sum[0][1], 3 * 65536 + INT64_C(2147483647) * 65536);
    assert_int_equal(count[1][0], 1);
    assert_int_equal(sum[1][1], 0);
    assert_int_equal(sum[2][0], 0);
}

static void hours_are_those_of_astana(void **state) {
    (void)state;
    const uint32_t midnight = 1767207600; /* 2025-12-31 19:00 UTC */
    const uint32_t second[ROOM] = {midnight, midnight - 1, midnight + 6 * 3600, midnight + 21599};
    const uint64_t all[MASK_WORDS] = {15, 0}, one[MASK_WORDS] = {2, 0};
    uint32_t set, night;
    kernels_scalar.hours(second, 4, all, &set, &night);
    assert_int_equal(set, 1 | 1 << 23 | 1 << 6 | 1 << 5);
    assert_int_equal(night, 2);
    kernels_scalar.hours(second, 4, one, &set, &night);
    assert_int_equal(set, 1 << 23);
    assert_int_equal(night, 0);
}

/* The tiers. */

static void every_tier_gives_the_same_bits(void **state) {
    (void)state;
    for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
        const struct kernels *kernels = kernels_of(tier);
        print_message("tier run: %s\n", kernels->name);
        assert_string_equal(kernels->name, cpu_tier_name(tier));
        assert_int_equal(first_difference(kernels), RINGS);
    }
}

static void an_option_can_only_take_tiers_away(void **state) {
    (void)state;
    assert_ptr_equal(kernels_choose("scalar"), &kernels_scalar);
    assert_ptr_equal(kernels_choose("avx512"), kernels_choose("auto"));
}

/* Tiers that flip one bit of one answer where a hash of the input says so: one in 512. */

static const struct kernels *right; /* the tier that is made wrong */

static bool strikes(const void *data, size_t size) {
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 1099511628211u;
    return (hash >> 32 & 511) == 0;
}

static void bad_look(const uint32_t *second, const uint8_t *bits, const uint8_t *kind,
                     uint32_t slots, const uint32_t low[RING_WINDOWS], uint32_t high,
                     struct ring_masks *masks) {
    right->look(second, bits, kind, slots, low, high, masks);
    if (strikes(second, 64)) masks->window[0][RING_WINDOWS - 1] ^= 1;
}

static void bad_plane(const uint32_t *second, const uint8_t *bits, const uint8_t *kind,
                      uint32_t slots, const uint32_t low[RING_WINDOWS], uint32_t high,
                      struct ring_masks *masks) {
    right->look(second, bits, kind, slots, low, high, masks);
    if (strikes(second, 64)) masks->kind[0][7] ^= 8;
}

#define BAD_MASK(function, type)                                                                   \
    static void bad_##function(const type *values, uint32_t slots, type value,                     \
                               uint64_t mask[MASK_WORDS]) {                                        \
        right->function(values, slots, value, mask);                                               \
        if (strikes(values, 64)) mask[1] ^= 1;                                                     \
    }
BAD_MASK(match, uint32_t)
BAD_MASK(match_bytes, uint8_t)
BAD_MASK(at_least, uint32_t)

static uint32_t bad_largest(const uint32_t *values, uint32_t slots,
                            const uint64_t mask[MASK_WORDS]) {
    return right->largest(values, slots, mask) ^ strikes(values, 64);
}

static void bad_extremes(const uint32_t *amount, const uint32_t *second, uint32_t slots,
                         const struct extremes_of *of, struct extremes *extremes) {
    right->extremes(amount, second, slots, of, extremes);
    extremes->recent ^= strikes(amount, 64);
}

static void bad_tally(const uint32_t *amount, uint32_t slots,
                      const uint64_t family[MASK_WORDS][RING_FAMILIES],
                      const uint64_t lane[MASK_WORDS][LANES], int64_t count[RING_FAMILIES][LANES],
                      int64_t sum[RING_FAMILIES][LANES]) {
    right->tally(amount, slots, family, lane, count, sum);
    if (strikes(amount, 64)) sum[4][7] ^= INT64_C(1) << 46;
}

static void bad_hours(const uint32_t *second, uint32_t slots, const uint64_t mask[MASK_WORDS],
                      uint32_t *set, uint32_t *night) {
    right->hours(second, slots, mask, set, night);
    *set ^= (uint32_t)strikes(second, 64) << 23;
}

static void bad_transpose(const int64_t *rows, size_t stride, size_t count, int64_t *columns) {
    right->transpose(rows, stride, count, columns);
    columns[count * LANES - 1] ^= strikes(rows, 64);
}

static void one_wrong_bit_of_any_kernel_is_noticed(void **state) {
    (void)state;
    enum { KERNELS = 10 };
    for (enum cpu_tier tier = CPU_SCALAR; tier <= cpu_best(); tier++) {
        struct kernels bad[KERNELS];
        right = kernels_of(tier);
        for (int i = 0; i < KERNELS; i++)
            bad[i] = *right;
        bad[0].look = bad_look;
        bad[1].look = bad_plane;
        bad[2].match = bad_match;
        bad[3].match_bytes = bad_match_bytes;
        bad[4].at_least = bad_at_least;
        bad[5].largest = bad_largest;
        bad[6].extremes = bad_extremes;
        bad[7].tally = bad_tally;
        bad[8].hours = bad_hours;
        bad[9].transpose = bad_transpose;
        for (int i = 0; i < KERNELS; i++)
            assert_in_range(first_difference(&bad[i]), 0, RINGS - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_open_below_and_closed_above),
        cmocka_unit_test(matches_name_the_slots_with_the_value),
        cmocka_unit_test(extremes_are_those_of_the_masks),
        cmocka_unit_test(a_tally_counts_and_sums_coded_amounts),
        cmocka_unit_test(hours_are_those_of_astana),
        cmocka_unit_test(every_tier_gives_the_same_bits),
        cmocka_unit_test(an_option_can_only_take_tiers_away),
        cmocka_unit_test(one_wrong_bit_of_any_kernel_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
