/* SPDX-License-Identifier: Apache-2.0 */
/* The decode plan beside avro-c's generic reader, on random records of random writers' schemas.
 * avro-c sees only what the plan accepts: on bad bytes it crashes. */
#include "schemas/catalog.h"
#include "schemas/plan.h"
#include "tests/chance.h"
#include "tests/columns.h"
#include "tests/evolved.h"
#include "tests/support.h"

#include <stdlib.h>

enum { SCHEMAS = 500, RECORDS = 16, MUTANTS = 100, MUTANT_MAX = (1 << 16) + 64 };

struct pair {
    uint64_t seed;
    struct evolved *evolved;
    struct plan *plan;
    uint8_t mutant[MUTANT_MAX];
};

static void open_pair(struct pair *pair, uint64_t seed) {
    struct error error = {.text = ""};
    pair->seed = seed;
    pair->evolved = evolved_new(seed);
    const char *json = evolved_json(pair->evolved);
    pair->plan = plan_compile(json, strlen(json), &error);
    if (pair->plan == NULL)
        fail_msg("seed %llu: %s\n%s", (unsigned long long)seed, error.text, json);
}

static void close_pair(struct pair *pair) {
    plan_free(pair->plan);
    evolved_free(pair->evolved);
}

/* What the plan made of the bytes, avro-c makes of them too. */
static void agree(struct pair *pair, struct bytes bytes, const struct transaction *tx) {
    struct transaction other;
    if (!evolved_read(pair->evolved, bytes, &other))
        fail_msg("seed %llu: avro-c refuses\n%s", (unsigned long long)pair->seed,
                 evolved_json(pair->evolved));
    const char *name = columns_differ(tx, &other);
    if (name != NULL)
        fail_msg("seed %llu: %s differs\n%s", (unsigned long long)pair->seed, name,
                 evolved_json(pair->evolved));
}

static void every_record_of_a_writer_has_the_values_avro_c_reads(void **unused) {
    (void)unused;
    static struct pair pair;
    for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
        open_pair(&pair, seed);
        for (uint64_t i = 0; i < RECORDS; i++) {
            struct transaction tx;
            uint32_t used = 0;
            const char *why = "";
            memset(&tx, 0xa5, sizeof tx);
            const struct bytes bytes = evolved_write(pair.evolved, seed << 20 | i);
            if (!plan_decode(pair.plan, bytes, &tx, &used, &why))
                fail_msg("seed %llu, record %llu: %s\n%s", (unsigned long long)seed,
                         (unsigned long long)i, why, evolved_json(pair.evolved));
            assert_int_equal(used, bytes.size);
            agree(&pair, bytes, &tx);
        }
        close_pair(&pair);
    }
}

/* Bits, bytes and pieces changed; returns the size. */
static uint32_t mutate(struct chance *chance, uint8_t *data, uint32_t size) {
    for (uint32_t edits = 1 + chance_below(chance, 3); edits > 0 && size > 8; edits--) {
        const uint32_t at = chance_below(chance, size);
        const uint32_t piece = 1 + chance_below(chance, 4);
        switch (chance_below(chance, 6)) {
        case 0:
            data[at] ^= (uint8_t)(1 << chance_below(chance, 8));
            break;
        case 1:
            data[at] = (uint8_t)chance_bits(chance);
            break;
        case 2:
            data[at] = (uint8_t)(data[at] + 2);
            break;
        case 3: /* a longer form of the same number, where it is one */
            memmove(data + at + 1, data + at, size - at);
            data[at] |= 0x80;
            data[at + 1] = 0;
            size++;
            break;
        case 4:
            memmove(data + at + piece, data + at, size - at);
            size += piece;
            break;
        default:
            if (at + piece > size) break;
            memmove(data + at, data + at + piece, size - at - piece);
            size -= piece;
        }
    }
    return size;
}

static void what_the_plan_accepts_of_broken_bytes_avro_c_reads_the_same(void **unused) {
    (void)unused;
    static struct pair pair;
    struct chance chance = {99};
    uint32_t accepted = 0, tried = 0;
    for (uint64_t seed = 1; seed <= SCHEMAS; seed++) {
        open_pair(&pair, seed);
        for (uint64_t i = 0; i < MUTANTS; i++, tried++) {
            struct transaction tx;
            uint32_t used = 0;
            const char *why = "";
            const struct bytes bytes = evolved_write(pair.evolved, seed << 20 | i);
            memcpy(pair.mutant, bytes.data, bytes.size);
            const uint32_t size = mutate(&chance, pair.mutant, bytes.size);
            const struct bytes mutant = {pair.mutant, size};
            if (!plan_decode(pair.plan, mutant, &tx, &used, &why)) {
                assert_true(strlen(why) > 0);
                continue;
            }
            accepted++;
            agree(&pair, (struct bytes){pair.mutant, used}, &tx);
        }
        close_pair(&pair);
    }
    print_message("%u of %u mutants accepted\n", accepted, tried);
    assert_true(accepted > tried / 10 && accepted < tried);
}

static void a_record_cut_anywhere_is_refused(void **unused) {
    (void)unused;
    static struct pair pair;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        open_pair(&pair, seed);
        const struct bytes whole = evolved_write(pair.evolved, seed);
        for (uint32_t size = 0; size < whole.size; size++) {
            struct transaction tx;
            uint32_t used = 0;
            const char *why = "";
            /* In memory of its own, so that reading past the end shows. */
            uint8_t *cut = malloc(size + 1);
            assert_non_null(cut);
            memcpy(cut, whole.data, size);
            uint8_t *exact = realloc(cut, size > 0 ? size : 1);
            assert_non_null(exact);
            assert_false(plan_decode(pair.plan, (struct bytes){exact, size}, &tx, &used, &why));
            free(exact);
        }
        close_pair(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_of_a_writer_has_the_values_avro_c_reads),
        cmocka_unit_test(what_the_plan_accepts_of_broken_bytes_avro_c_reads_the_same),
        cmocka_unit_test(a_record_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
