/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a foreign CSV for a replay: those that `import` would write. Its labels go to
 * whoever wants them; bad rows are left out and told on stderr. One thread. */
#pragma once

#include "detector/commands/labels.h"

struct replay_csv;

struct replay_csv_options {
    const char *path, *mapping; /* both outlive it */
    struct labels *labels;      /* labels_of_events: told of each record's label, where the mapping
                                   has a column of them; or NULL */
    bool silent;                /* nothing on stderr */
};

/* Errors of mapping_load and mapped_csv_open. */
struct replay_csv *replay_csv_open(const struct replay_csv_options *options, struct error *error);
void replay_csv_close(struct replay_csv *csv);
/* The next record, without a frame, until the next call; none at the end. ERROR_BAD_DATA: a label
 * that is none, or the end of a file of which not one row became a record. */
bool replay_csv_next(struct replay_csv *csv, struct bytes *record, struct error *error);
/* Bytes read, and of the file (0: not known). */
int64_t replay_csv_position(const struct replay_csv *csv);
int64_t replay_csv_size(const struct replay_csv *csv);
