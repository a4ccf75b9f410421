/* SPDX-License-Identifier: Apache-2.0 */
/* What memory alone costs: per entry one line of an index and then so many lines of a record, at
 * random, in the engine's phases, and nothing computed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct memory_floor;

/* A table of `records` records of `stride` bytes, a multiple of a line. Ends the program when there
 * is no memory. */
struct memory_floor *memory_floor_open(uint32_t records, size_t stride, uint64_t seed);
void memory_floor_close(struct memory_floor *floor);
/* Nanoseconds an entry, over a batch of `entries` (≤ 256) that each touch `lines` lines. */
double memory_floor_touch(struct memory_floor *floor, uint32_t entries, uint32_t lines);
