/* SPDX-License-Identifier: Apache-2.0 */
/* What `saqshy verify` keeps of a broker's input leaves nothing behind, whoever kills it. */
#include "tests/support.h"

#include "detector/commands/verify.h"
#include "tests/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT "antifrod.transactions"
#define ORDER "antifrod.order"
enum { RECORDS = 600, MEMORY_MAX = 1 << 20 };

static struct stand {
    struct memory_port *memory;
    struct options options;
    char directory[64], temporary[96];
} stand;

static int setup(void **state) {
    struct error error;
    (void)state;
    if (!sample_directory_make(stand.directory, &stand.options)) return -1;
    snprintf(stand.temporary, sizeof stand.temporary, "%s/temporary-XXXXXX", stand.directory);
    if (mkdtemp(stand.temporary) == NULL) return -1;
    setenv("TMPDIR", stand.temporary, 1);
    stand.memory = sample_cluster(2);
    struct encoder *encoder = encoder_open(&error);
    for (int i = 0; i < RECORDS; i++) {
        char tx_id[16];
        snprintf(tx_id, sizeof tx_id, "tx-%d", i);
        const struct transaction tx = sample_transfer(tx_id, tx_id, "payee", i, 1000);
        sample_send(stand.memory, encoder, &tx, 2);
    }
    encoder_close(encoder);
    return 0;
}

static int teardown(void **state) {
    struct port *port = memory_port_port(stand.memory);
    (void)state;
    port->ops->close(port);
    rmdir(stand.temporary);
    sample_directory_remove(stand.directory, &stand.options);
    return 0;
}

static bool make(struct verify_copy *copy, int64_t memory_max, struct error *error) {
    static const char *const topics[] = {ORDER, INPUT};
    return verify_copy_make(copy, memory_port_port(stand.memory), topics, 2, memory_max, error);
}

static void it_has_no_name_and_can_be_replayed(void **state) {
    struct verify_copy copy;
    struct port_message message;
    struct error error;
    int64_t offset = 0, records = 0;
    (void)state;
    assert_true(make(&copy, MEMORY_MAX, &error));
    assert_int_equal(rmdir(stand.temporary), 0); /* it is empty */
    struct replay_source *source = replay_source_open(copy.path, &stand.options, &error);
    assert_non_null(source);
    while (replay_source_next(source, &message, &offset, &error) == REPLAY_RECORD)
        records++;
    assert_int_equal(records, RECORDS);
    replay_source_close(source);
    verify_copy_close(&copy);
    assert_int_equal(access(copy.path, F_OK), -1);
}

static void one_that_cannot_be_made_says_where(void **state) {
    struct verify_copy copy;
    struct error error;
    (void)state;
    assert_false(make(&copy, 1, &error)); /* no room in memory */
    assert_int_equal(error.code, ERROR_FAILED);
    verify_copy_close(&copy);
    assert_int_equal(rmdir(stand.temporary), 0);
    assert_false(make(&copy, MEMORY_MAX, &error));
    assert_int_equal(error.code, ERROR_IO);
    assert_non_null(strstr(error.text, stand.temporary));
    verify_copy_close(&copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_has_no_name_and_can_be_replayed, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_made_says_where, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
