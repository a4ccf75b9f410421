/* SPDX-License-Identifier: Apache-2.0 */
/* A directory whose disk stops answering: who appends to a file waits until it is let go, as on a
 * network file system whose server is away. */
#pragma once

#include "detector/base/disk.h"

/* One at a time. */
struct disk *stuck_disk_open(const char *path);
/* Waits until somebody is stuck. */
void stuck_disk_await(void);
/* Whoever is stuck goes on, and nobody gets stuck any more. */
void stuck_disk_let_go(void);
/* Waits until no writer of snapshots is left behind. */
void stuck_disk_await_writers(void);
