/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated directory: what is on it, and what would be if the power failed now.
 *
 * What was written is safe once it is synced, a name (made, given, taken away) once the names are.
 * A power failure keeps of what was written since some of it, up to a byte or with rubbish at the
 * end, and of the changes of names the first ones. A disk may lie: what it says to have synced is
 * not safe. What has another name than NAME.part has to be synced, as far as the disk said, when it
 * gets the name and when the power fails: else the run has failed (I4). */
#pragma once

#include "detector/base/disk.h"
#include "tests/sim_port.h"

struct sim_disk;

struct sim_disk *sim_disk_new(struct sim_world *world);
void sim_disk_free(struct sim_disk *disk);
/* The directory as one process has it: after the process died nothing that it does has an effect.
 * Every call is a place where others take their turn and where it may die. `process` NULL: none,
 * and no faults. Disposed of by the caller. */
struct disk *sim_disk_mount(struct sim_disk *disk, struct sim_port *process);
void sim_disk_lose_power(struct sim_disk *disk);
/* The world of a mounted simulated disk; NULL for a disk of another kind. */
struct sim_world *sim_disk_world(const struct disk *disk);
