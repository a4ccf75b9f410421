/* SPDX-License-Identifier: Apache-2.0 */
/* An engine on a memory port whose snapshots are in a directory of its own, or of a test. */
#pragma once

#include "detector/snapshots.h"
#include "tests/memory_stand.h"

#define RECOMMENDATIONS "antifrod.freeze-recommendations"
#define ORDER "antifrod.order"
#define INPUT "antifrod.transactions"
enum { PARTITIONS = 2, RECORDS = 6000, ACCOUNTS = 400 };

struct stand {
    struct memory_stand base;
    struct disk *disk, *copies;
    int batches, crash_at; /* batches of this run; the one it fails at, 0: none */
    int64_t now_ms;
    bool rebuild;
};

int setup(void **state);
int teardown(void **state);

/* One run, to the end of the input. */
bool run_stand(struct stand *stand, struct error *error);
void must_run(struct stand *stand);
void must_fail(struct stand *stand, enum error_code code, const char *text);
/* Of the last run. */
int64_t replayed(void);

void send_crowd(struct stand *stand, int first, int count);

/* The same input in one go, by an engine that takes no snapshots. */
struct memory_port *in_one_go(const struct stand *stand, int records);
void assert_is_as_in_one_go(const struct stand *stand, int records);

struct snapshot_list list_of(struct disk *disk);
void remove_all(struct disk *disk);

/* The newest snapshot's bytes, to be spoilt. */
struct image {
    struct snapshot_name name;
    uint8_t *bytes;
    size_t size;
};

struct image read_newest(struct stand *stand);
void write_image(struct stand *stand, const struct image *image, size_t size);

/* The command `snapshot`. */
int snapshot_command(const char *verb, const char *name, const struct stand *stand);
/* Whether there is a file of that name and ending. */
bool is_there(struct stand *stand, const char *name, const char *ending);
void put_empty(struct stand *stand, const char *name);
