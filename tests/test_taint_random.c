/* SPDX-License-Identifier: Apache-2.0 */
/* Traced money in the engine is what trail.h says of the whole history, and what the slow twin says
 * of what accounts remember: reports that come late, come twice and are withdrawn leave nothing
 * behind that the log would not have. */
#include "tests/taint_stand.h"

#include <stdlib.h>

enum { HISTORIES = 1500, BUSY_HISTORIES = 60 };

static void the_engine_and_the_trail_agree(void **state) {
    uint64_t compared = 0, vectors = 0;
    (void)state;
    for (uint64_t seed = 0; seed < HISTORIES; seed++) {
        close_engine();
        random_history(seed);
        compared += stand.compared;
        vectors += stand.vectors;
        assert_int_equal(taint_count(apply_taint(stand.apply)).bounded, 0);
    }
    assert_true(compared > (uint64_t)HISTORIES * 20);
    assert_true(vectors > HISTORIES);
}

static void the_engine_and_the_twin_agree_on_what_accounts_forget(void **state) {
    uint64_t bounded = 0;
    (void)state;
    for (uint64_t seed = 0; seed < BUSY_HISTORIES; seed++) {
        close_engine();
        busy_history(seed);
        bounded += taint_count(apply_taint(stand.apply)).bounded > 0;
    }
    assert_true(bounded > BUSY_HISTORIES / 2);
}

static void batches_make_no_difference(void **state) {
    (void)state;
    for (uint64_t seed = 100; seed < 160; seed++) {
        struct pack saved[2] = {{.data = NULL}, {.data = NULL}};
        for (int i = 0; i < 2; i++) {
            close_engine();
            forced_rows = i == 0 ? 1 : 64;
            random_history(seed);
            save(&saved[i]);
        }
        assert_int_equal(saved[0].size, saved[1].size);
        assert_memory_equal(saved[0].data, saved[1].data, saved[0].size);
        free(saved[0].data);
        free(saved[1].data);
    }
    forced_rows = 0;
}

static void what_bounds_cut_off_is_marked_where_it_begins(void **state) {
    uint64_t cut_off = 0;
    (void)state;
    forced_bounds = true;
    for (uint64_t seed = 0; seed < HISTORIES / 3; seed++) {
        close_engine();
        random_history(seed);
        cut_off += stand.compared > 0;
    }
    forced_bounds = false;
    assert_true(cut_off > HISTORIES / 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(batches_make_no_difference),
        TEST(the_engine_and_the_trail_agree),
        TEST(the_engine_and_the_twin_agree_on_what_accounts_forget),
        TEST(what_bounds_cut_off_is_marked_where_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
