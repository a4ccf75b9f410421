/* SPDX-License-Identifier: Apache-2.0 */
/* Varints and UTF-8: the fast ways beside the slow ones. */
#include "schemas/utf8.h"
#include "schemas/wire.h"
#include "tests/chance.h"
#include "tests/support.h"

static void a_long_comes_back_as_it_was_written(void **unused) {
    (void)unused;
    struct chance chance = {1};
    for (int i = 0; i < 200000; i++) {
        const int64_t value = (int64_t)(chance_bits(&chance) >> chance_below(&chance, 64)) *
                              (chance_is(&chance, 50) ? 1 : -1);
        uint8_t bytes[10];
        int64_t back = 0;
        const uint32_t size = wire_put_long(bytes, value);
        struct wire wire = {bytes, bytes + size};
        assert_true(wire_long(&wire, &back));
        assert_int_equal(back, value);
        assert_ptr_equal(wire.at, bytes + size);
    }
}

static void the_fast_varint_reads_what_the_slow_one_reads(void **unused) {
    (void)unused;
    struct chance chance = {2};
    uint32_t read = 0;
    for (int i = 0; i < 400000; i++) {
        uint8_t bytes[16];
        const uint32_t size = chance_below(&chance, sizeof bytes + 1);
        const uint32_t more = chance_below(&chance, 100);
        for (uint32_t b = 0; b < sizeof bytes; b++)
            bytes[b] =
                (uint8_t)((chance_bits(&chance) & 0x7f) | (chance_is(&chance, more) ? 0x80 : 0));
        uint64_t slow = 0, fast = 0;
        const uint8_t *behind = wire_varint(bytes, bytes + size, &slow);
        assert_ptr_equal(wire_varint_fast(bytes, bytes + size, &fast), behind);
        assert_true(slow == fast);
        read += behind != NULL;
    }
    assert_in_range(read, 100000, 399999);
}

static void a_varint_is_at_most_ten_bytes_and_sixty_four_bits(void **unused) {
    (void)unused;
    uint8_t bytes[11] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00};
    uint64_t value = 0;
    assert_ptr_equal(wire_varint(bytes, bytes + 11, &value), bytes + 10);
    assert_true(value == UINT64_MAX);
    bytes[9] = 0x02;
    assert_null(wire_varint(bytes, bytes + 11, &value));
    bytes[9] = 0x81;
    assert_null(wire_varint(bytes, bytes + 11, &value));
    assert_null(wire_varint(bytes, bytes + 9, &value));
}

/* The code point at `at` by RFC 3629's table of lengths, or -1. */
static int32_t decode(const uint8_t *at, size_t size, size_t *length) {
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t n = at[0] < 0x80       ? 1
                     : at[0] >> 5 == 6  ? 2
                     : at[0] >> 4 == 14 ? 3
                     : at[0] >> 3 == 30 ? 4
                                        : 0;
    if (n == 0 || n > size) return -1;
    int32_t code = n == 1 ? at[0] : at[0] & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80) return -1;
        code = code << 6 | (at[i] & 0x3f);
    }
    *length = n;
    return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? -1 : code;
}

static bool reference(const uint8_t *at, size_t size) {
    size_t length = 0;
    for (; size > 0; at += length, size -= length)
        if (decode(at, size, &length) < 0) return false;
    return true;
}

static void texts_are_valid_exactly_when_rfc_3629_says_so(void **unused) {
    (void)unused;
    static const uint8_t edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                    0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
                                    0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    enum { EDGES = sizeof edges };
    uint8_t text[4];
    uint32_t valid = 0;
    for (uint32_t i = 0; i < EDGES * EDGES * EDGES * EDGES; i++) {
        for (uint32_t b = 0, rest = i; b < 4; b++, rest /= EDGES)
            text[b] = edges[rest % EDGES];
        for (size_t size = 1; size <= 4; size++) {
            assert_int_equal(utf8_valid((const char *)text, size), reference(text, size));
            valid += reference(text, size);
        }
    }
    assert_true(valid > 1000);
}

static void a_byte_past_ascii_is_seen_at_every_place(void **unused) {
    (void)unused;
    char text[40];
    for (size_t size = 0; size <= sizeof text; size++) {
        memset(text, 'a', sizeof text);
        assert_true(utf8_ascii(text, size));
        for (size_t at = 0; at < sizeof text; at++) {
            memset(text, 'a', sizeof text);
            text[at] = (char)0x80;
            assert_int_equal(utf8_ascii(text, size), at >= size);
            assert_int_equal(utf8_valid(text, size), at >= size);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_comes_back_as_it_was_written),
        cmocka_unit_test(the_fast_varint_reads_what_the_slow_one_reads),
        cmocka_unit_test(a_varint_is_at_most_ten_bytes_and_sixty_four_bits),
        cmocka_unit_test(texts_are_valid_exactly_when_rfc_3629_says_so),
        cmocka_unit_test(a_byte_past_ascii_is_seen_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
