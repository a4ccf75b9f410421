/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support.h"

#include "detector/admit.h"
#include "detector/issued.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONG_S = ADMIT_LATE_S + ADMIT_FUTURE_S };

static const char *id_of(unsigned number) {
    static char id[RECOMMENDATION_ID_SIZE + 1];
    (void)snprintf(id, sizeof id, "%032x", number);
    return id;
}

static void an_id_is_there_for_as_long_as_its_event_may_come(void **state) {
    (void)state;
    struct issued *issued = issued_open(4);
    issued_add(issued, id_of(1), 100);
    issued_add(issued, id_of(2), 101);
    issued_forget(issued, 100 + LONG_S);
    assert_true(issued_has(issued, id_of(1)) && issued_has(issued, id_of(2)));
    issued_forget(issued, 101 + LONG_S);
    assert_false(issued_has(issued, id_of(1)));
    assert_true(issued_has(issued, id_of(2)));
    assert_false(issued_has(issued, id_of(3)));
    issued_close(issued);
    issued_close(NULL);
}

static void it_is_full_until_the_oldest_goes(void **state) {
    (void)state;
    struct issued *issued = issued_open(2);
    issued_add(issued, id_of(1), 0);
    assert_false(issued_is_full(issued));
    issued_add(issued, id_of(2), 5);
    assert_true(issued_is_full(issued));
    issued_forget(issued, LONG_S + 1);
    assert_false(issued_is_full(issued));
    issued_close(issued);
}

static struct issued *loaded(const struct pack *pack, size_t size, uint32_t max) {
    struct issued *issued = issued_open(max);
    struct unpack unpack = {.at = pack->data, .end = pack->data + size};
    if (issued_load(issued, &unpack)) return issued;
    issued_close(issued);
    return NULL;
}

static void they_come_back_as_they_were_saved(void **state) {
    (void)state;
    struct issued *before = issued_open(8);
    struct pack pack = {0}, again = {0};
    for (unsigned i = 0; i < 8; i++)
        issued_add(before, id_of(i * 7 % 8), i / 3);
    issued_save(before, &pack);
    struct issued *after = loaded(&pack, pack.size, 8);
    assert_non_null(after);
    issued_save(after, &again);
    assert_int_equal(again.size, pack.size);
    assert_memory_equal(again.data, pack.data, pack.size);
    issued_close(after);
    issued_close(before);
    free(pack.data);
    free(again.data);
}

/* Cut anywhere, more than fit, the same twice, or out of order. */
static void bytes_that_are_none_are_refused(void **state) {
    (void)state;
    struct issued *issued = issued_open(8);
    struct pack pack = {0};
    issued_add(issued, id_of(1), 5);
    issued_add(issued, id_of(2), 6);
    issued_save(issued, &pack);
    issued_close(issued);
    for (size_t size = 0; size < pack.size; size++)
        assert_null(loaded(&pack, size, 8));
    assert_null(loaded(&pack, pack.size, 1));
    enum { ENTRY = RECOMMENDATION_ID_SIZE + 8, FIRST = 4 };
    uint8_t second[ENTRY];
    memcpy(second, pack.data + FIRST + ENTRY, ENTRY);
    memcpy(pack.data + FIRST + ENTRY, pack.data + FIRST, ENTRY);
    assert_null(loaded(&pack, pack.size, 8));
    memcpy(pack.data + FIRST, second, ENTRY);
    assert_null(loaded(&pack, pack.size, 8));
    free(pack.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_there_for_as_long_as_its_event_may_come),
        cmocka_unit_test(it_is_full_until_the_oldest_goes),
        cmocka_unit_test(they_come_back_as_they_were_saved),
        cmocka_unit_test(bytes_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
