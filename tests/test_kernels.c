/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel of every tier against its scalar twin, bit for bit, over random rings; and a tier
 * that is wrong in one bit, once in a while, is told from it. */
#include "tests/support.h"

#include "detector/kernels.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { RINGS = 20000, MASKS = 12, WINDOWS = 6 };

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

static uint32_t random_mask(void) {
    const uint64_t r = next_random();
    switch (r % 4) {
    case 0:
        return 0;
    case 1:
        return UINT32_MAX;
    case 2:
        return UINT32_C(1) << (r >> 8 & 31);
    default:
        return (uint32_t)(r >> 32);
    }
}

struct ring {
    uint32_t slots;
    uint32_t second[32], low[WINDOWS], high;
    uint32_t values[32], value;
    uint32_t coded[32];
    uint8_t bytes[32];
    int64_t tiyn[32];
    uint32_t masks[MASKS];
};

/* What all kernels say of a ring. */
struct answers {
    uint32_t windows[WINDOWS], level[32], equal, planes[8];
    int64_t amounts[32], sums[MASKS];
};

static void make_ring(struct ring *ring) {
    ring->slots = (next_random() & 1) != 0 ? 16 : 32;
    ring->high = random_word();
    ring->value = random_word();
    for (int w = 0; w < WINDOWS; w++)
        ring->low[w] = (next_random() & 3) != 0 ? random_word() : ring->high;
    for (int i = 0; i < 32; i++) {
        ring->second[i] = (next_random() & 7) != 0 ? random_word() : ring->high;
        ring->values[i] = (next_random() & 3) != 0 ? random_word() : ring->value;
        ring->coded[i] = random_word();
        ring->bytes[i] = (uint8_t)next_random();
        ring->tiyn[i] = (int64_t)(next_random() >> 16);
    }
    for (int m = 0; m < MASKS; m++)
        ring->masks[m] = random_mask() & (ring->slots == 32 ? UINT32_MAX : 0xffff);
}

static void ask(const struct kernels *k, const struct ring *ring, struct answers *out) {
    memset(out, 0, sizeof *out);
    k->windows(ring->second, ring->slots, ring->low, WINDOWS, ring->high, out->windows, out->level);
    out->equal = k->equal(ring->values, ring->slots, ring->value);
    k->planes(ring->bytes, out->planes);
    k->amounts(ring->coded, ring->slots, out->amounts);
    k->sums(ring->tiyn, ring->slots, ring->masks, MASKS, out->sums);
}

/* The first random ring on which a tier differs from the specification; RINGS: none. */
static int first_difference(const struct kernels *tier) {
    random_state = 7;
    for (int i = 0; i < RINGS; i++) {
        struct ring ring;
        struct answers expected, got;
        make_ring(&ring);
        ask(&kernels_scalar, &ring, &expected);
        ask(tier, &ring, &got);
        if (memcmp(&expected, &got, sizeof got) != 0) return i;
    }
    return RINGS;
}

/* The specification itself, on a ring that can be checked by eye. */

static void windows_are_open_below_and_closed_above(void **state) {
    (void)state;
    const uint32_t second[32] = {9, 10, 11, 20, 21}, low[2] = {10, 19};
    uint32_t masks[2], level[32];
    kernels_scalar.windows(second, 16, low, 2, 20, masks, level);
    assert_int_equal(masks[0], 0x0c);
    assert_int_equal(masks[1], 0x08);
    assert_int_equal(level[1], 0);
    assert_int_equal(level[2], 1);
    assert_int_equal(level[3], 2);
    assert_int_equal(level[4], 0);
}

static void equal_names_the_slots_with_the_value(void **state) {
    (void)state;
    const uint32_t values[32] = {7, 8, 7, [16] = 7, [31] = 7};
    assert_int_equal(kernels_scalar.equal(values, 16, 7), 0x5);
    assert_int_equal(kernels_scalar.equal(values, 32, 7), 0x80010005);
}

static void planes_turn_bytes_into_masks(void **state) {
    (void)state;
    const uint8_t bytes[32] = {1, 3, 128, [31] = 255};
    uint32_t planes[8];
    kernels_scalar.planes(bytes, planes);
    assert_int_equal(planes[0], 0x80000003);
    assert_int_equal(planes[1], 0x80000002);
    assert_int_equal(planes[7], 0x80000004);
}

static void a_coded_amount_is_tiyn_or_units_of_65536(void **state) {
    (void)state;
    const uint32_t coded[32] = {0, 5, 0x7fffffff, 0x80000000, 0x80000003, 0xffffffff};
    int64_t tiyn[32];
    kernels_scalar.amounts(coded, 16, tiyn);
    assert_int_equal(tiyn[0], 0);
    assert_int_equal(tiyn[1], 5);
    assert_int_equal(tiyn[2], 2147483647);
    assert_int_equal(tiyn[3], 0);
    assert_int_equal(tiyn[4], 3 * 65536);
    assert_int_equal(tiyn[5], INT64_C(2147483647) * 65536);
}

static void sums_go_over_the_slots_of_a_mask(void **state) {
    (void)state;
    const int64_t tiyn[32] = {1, 2, 4, 8, [31] = 1000};
    const uint32_t masks[4] = {0, 5, 0x80000008, UINT32_MAX};
    int64_t sums[4];
    kernels_scalar.sums(tiyn, 32, masks, 4, sums);
    assert_int_equal(sums[0], 0);
    assert_int_equal(sums[1], 5);
    assert_int_equal(sums[2], 1008);
    assert_int_equal(sums[3], 1015);
}

/* The tiers. */

static void avx2_gives_the_same_bits_where_the_cpu_has_it(void **state) {
    (void)state;
    const struct kernels *best = kernels_choose("auto");
    print_message("tiers run: scalar%s%s\n", best == &kernels_scalar ? "" : " ",
                  best == &kernels_scalar ? "" : best->name);
    assert_ptr_equal(best, __builtin_cpu_supports("avx2") ? &kernels_avx2 : &kernels_scalar);
    assert_int_equal(first_difference(best), RINGS);
}

static void an_option_can_only_take_tiers_away(void **state) {
    (void)state;
    assert_ptr_equal(kernels_choose("scalar"), &kernels_scalar);
    assert_ptr_equal(kernels_choose("avx2"), kernels_choose("auto"));
}

/* Tiers that flip one bit of one answer where the ring's sum of a hash says so: one in 512. */

static bool strikes(const void *data, size_t size) {
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * 1099511628211u;
    return (hash >> 32 & 511) == 0;
}

static void bad_mask(const uint32_t second[32], uint32_t slots, const uint32_t *low, size_t count,
                     uint32_t high, uint32_t *masks, uint32_t level[32]) {
    kernels_choose("auto")->windows(second, slots, low, count, high, masks, level);
    if (strikes(second, 64)) masks[count - 1] ^= 1;
}

static void bad_level(const uint32_t second[32], uint32_t slots, const uint32_t *low, size_t count,
                      uint32_t high, uint32_t *masks, uint32_t level[32]) {
    kernels_choose("auto")->windows(second, slots, low, count, high, masks, level);
    if (strikes(second, 64)) level[slots - 1] ^= 1;
}

static uint32_t bad_equal(const uint32_t values[32], uint32_t slots, uint32_t value) {
    const uint32_t mask = kernels_choose("auto")->equal(values, slots, value);
    return strikes(values, 64) ? mask ^ UINT32_C(1) << (slots - 1) : mask;
}

static void bad_planes(const uint8_t bytes[32], uint32_t planes[8]) {
    kernels_choose("auto")->planes(bytes, planes);
    if (strikes(bytes, 32)) planes[7] ^= UINT32_C(1) << 31;
}

static void bad_amounts(const uint32_t coded[32], uint32_t slots, int64_t tiyn[32]) {
    kernels_choose("auto")->amounts(coded, slots, tiyn);
    if (strikes(coded, 64)) tiyn[slots - 1] ^= INT64_C(1) << 46;
}

static void bad_sums(const int64_t tiyn[32], uint32_t slots, const uint32_t *masks, size_t count,
                     int64_t *sums) {
    kernels_choose("auto")->sums(tiyn, slots, masks, count, sums);
    if (strikes(tiyn, 128)) sums[0] ^= 1;
}

static void one_wrong_bit_of_any_kernel_is_noticed(void **state) {
    (void)state;
    struct kernels bad[6];
    for (int i = 0; i < 6; i++)
        bad[i] = *kernels_choose("auto");
    bad[0].windows = bad_mask;
    bad[1].windows = bad_level;
    bad[2].equal = bad_equal;
    bad[3].planes = bad_planes;
    bad[4].amounts = bad_amounts;
    bad[5].sums = bad_sums;
    for (int i = 0; i < 6; i++)
        assert_in_range(first_difference(&bad[i]), 0, RINGS - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_open_below_and_closed_above),
        cmocka_unit_test(equal_names_the_slots_with_the_value),
        cmocka_unit_test(planes_turn_bytes_into_masks),
        cmocka_unit_test(a_coded_amount_is_tiyn_or_units_of_65536),
        cmocka_unit_test(sums_go_over_the_slots_of_a_mask),
        cmocka_unit_test(avx2_gives_the_same_bits_where_the_cpu_has_it),
        cmocka_unit_test(an_option_can_only_take_tiers_away),
        cmocka_unit_test(one_wrong_bit_of_any_kernel_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
