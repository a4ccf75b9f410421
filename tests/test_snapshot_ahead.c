/* SPDX-License-Identifier: Apache-2.0 */
/* Reading ahead gives what reading gives: the same chunks, and the same error in its place; and it
 * can be ended at any time. */
#include "tests/support.h"

#include "detector/snapshot_ahead.h"
#include "tests/chance.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNKS = 40, CHUNK_MAX = 70000, FILE_MAX = 8 << 20 };
#define NAME "it.snapshot"

struct stand {
    char directory[64];
    struct disk *disk;
    uint8_t *bytes; /* of the file as it was written */
    size_t size;
};

/* Every other chunk cannot be made smaller. */
static size_t make_chunk(int number, uint8_t *bytes) {
    struct chance chance = {(uint64_t)number};
    const size_t size = chance_below(&chance, CHUNK_MAX);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number % 2 == 0 ? number : (int)chance_below(&chance, 256));
    return size;
}

static void write_snapshot(struct stand *stand) {
    static uint8_t chunk[CHUNK_MAX];
    struct error error;
    struct snapshot_out *out = snapshot_out_create(stand->disk, NAME, &error);
    assert_non_null(out);
    for (int i = 0; i < CHUNKS; i++)
        assert_true(snapshot_out_add(out, SNAPSHOT_ACCOUNTS, chunk, make_chunk(i, chunk), &error));
    assert_true(snapshot_out_finish(out, &error));
    snapshot_out_close(out);
    struct disk_file *file = stand->disk->ops->open(stand->disk, NAME, &error);
    assert_true(stand->disk->ops->read(file, 0, stand->bytes, FILE_MAX, &stand->size, &error));
    stand->disk->ops->close(file);
}

static int setup(void **state) {
    static struct stand stand;
    struct error error;
    strcpy(stand.directory, "/tmp/saqshy-ahead-XXXXXX");
    if (mkdtemp(stand.directory) == NULL) return -1;
    stand.disk = disk_posix_open(stand.directory, &error);
    stand.bytes = malloc(FILE_MAX);
    *state = &stand;
    write_snapshot(&stand);
    return 0;
}

static int teardown(void **state) {
    struct stand *stand = *state;
    struct error error;
    stand->disk->ops->remove(stand->disk, NAME, &error);
    stand->disk->ops->dispose(stand->disk);
    free(stand->bytes);
    return rmdir(stand->directory);
}

static void rewrite(struct stand *stand, size_t size) {
    struct error error;
    struct disk_file *file = stand->disk->ops->create(stand->disk, NAME, &error);
    assert_true(stand->disk->ops->append(file, stand->bytes, size, &error));
    stand->disk->ops->close(file);
}

struct both {
    struct snapshot_in *in, *read; /* read: by the thread */
    struct snapshot_ahead *ahead;
};

static struct both open_both(struct stand *stand) {
    struct error error;
    struct both both = {.in = snapshot_in_open(stand->disk, NAME, &error),
                        .read = snapshot_in_open(stand->disk, NAME, &error)};
    both.ahead = snapshot_ahead_open(both.read, &error);
    assert_non_null(both.in);
    assert_non_null(both.ahead);
    return both;
}

static void close_both(const struct both *both) {
    snapshot_ahead_close(both->ahead);
    snapshot_in_close(both->read);
    snapshot_in_close(both->in);
}

/* The next of both; fails the test when they differ. */
static enum snapshot_next next_of(const struct both *both) {
    enum snapshot_kind kind, kind_read;
    struct unpack bytes, bytes_read;
    struct error error = {.code = ERROR_NONE}, error_read = {.code = ERROR_NONE};
    const enum snapshot_next next = snapshot_in_next(both->in, &kind, &bytes, &error);
    assert_int_equal(snapshot_ahead_next(both->ahead, &kind_read, &bytes_read, &error_read), next);
    assert_int_equal(error_read.code, error.code);
    if (next == SNAPSHOT_BAD) {
        assert_string_equal(error_read.text, error.text);
        return next;
    }
    const size_t size = (size_t)(bytes.end - bytes.at);
    assert_int_equal(kind_read, kind);
    assert_int_equal(bytes_read.end - bytes_read.at, size);
    assert_memory_equal(bytes_read.at, bytes.at, size);
    return next;
}

static void the_same_chunks_come_in_the_same_order(void **state) {
    const struct both both = open_both(*state);
    int chunks = 0;
    enum snapshot_next next;
    while ((next = next_of(&both)) == SNAPSHOT_CHUNK)
        chunks++;
    assert_int_equal(next, SNAPSHOT_WHOLE);
    assert_int_equal(chunks, CHUNKS);
    close_both(&both);
}

static void damage_is_met_in_its_place(void **state) {
    struct stand *stand = *state;
    struct chance chance = {5};
    for (int i = 0; i < 60; i++) {
        const size_t at = 16 + chance_below(&chance, (uint32_t)stand->size - 16);
        stand->bytes[at] ^= 1;
        rewrite(stand, i % 3 == 0 ? at : stand->size);
        stand->bytes[at] ^= 1;
        const struct both both = open_both(stand);
        enum snapshot_next next;
        while ((next = next_of(&both)) == SNAPSHOT_CHUNK)
            continue;
        assert_int_equal(next, SNAPSHOT_BAD);
        close_both(&both);
    }
    rewrite(stand, stand->size);
}

static void it_can_be_ended_at_any_chunk(void **state) {
    for (int taken = 0; taken < CHUNKS; taken++) {
        const struct both both = open_both(*state);
        for (int i = 0; i < taken; i++)
            assert_int_equal(next_of(&both), SNAPSHOT_CHUNK);
        close_both(&both);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_chunks_come_in_the_same_order),
        cmocka_unit_test(damage_is_met_in_its_place),
        cmocka_unit_test(it_can_be_ended_at_any_chunk),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
