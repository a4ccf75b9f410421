/* SPDX-License-Identifier: Apache-2.0 */
/* Loading the newest snapshot that can be had into a session that is new. Engine thread; private to
 * the session. */
#pragma once

#include "detector/base/disk.h"
#include "detector/order_find.h"
#include "detector/snapshots.h"

struct session;

/* Those that were tried and are no good, for the life of the process. */
struct snapshot_refused {
    char names[SNAPSHOTS_MAX][SNAPSHOT_NAME_SIZE];
    size_t count;
};

enum snapshot_loaded {
    SNAPSHOT_LOADED,      /* the session stands behind the order record `place` */
    SNAPSHOT_NONE,        /* there is none that fits */
    SNAPSHOT_TRY_AGAIN,   /* one was refused when it was half loaded: with a new session */
    SNAPSHOT_LOAD_FAILED, /* the order log cannot be read */
};

/* Of `epoch`. What is refused is said, with the reason; after SNAPSHOTS_MAX of them no other is
 * tried. */
enum snapshot_loaded snapshot_load(struct session *session, const struct order_find *find,
                                   int32_t epoch, struct order_place *place, struct error *error);
