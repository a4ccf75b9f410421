/* SPDX-License-Identifier: Apache-2.0 */
/* What is in one snapshot, for people and for programs. */
#pragma once

#include "detector/snapshot_file.h"
#include "detector/snapshot_manifest.h"

/* Kind by kind. */
struct snapshot_content {
    struct snapshot_manifest manifest; /* its texts are in `kept`, which is the reader's */
    uint8_t *kept;
    uint64_t bytes[SNAPSHOT_KINDS], chunks;
};

/* "2026-01-03T11:33:20Z", of milliseconds since 1970. */
enum { SNAPSHOT_TIME_SIZE = 32 };
const char *snapshot_time(int64_t ms, char out[SNAPSHOT_TIME_SIZE]);

/* To stdout: lines, or one object. `file_bytes`: the size of the file. */
void snapshot_show_text(const char *name, const struct snapshot_content *content,
                        uint64_t file_bytes);
void snapshot_show_json(const char *name, const struct snapshot_content *content,
                        uint64_t file_bytes);
