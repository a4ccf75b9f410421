/* SPDX-License-Identifier: Apache-2.0 */
/* A disk over another one: every operation goes on to that one, but for those that a test puts its
 * own in the place of. Files are the inner disk's. The first member of what a test builds on it. */
#pragma once

#include "detector/base/disk.h"

struct over_disk {
    struct disk disk;
    struct disk_ops ops;
    struct disk *inner;
};

void over_disk_init(struct over_disk *over, struct disk *inner);
struct disk *over_disk_inner(struct disk *disk);
