/* SPDX-License-Identifier: Apache-2.0 */
/* A commit unit: everything one Kafka transaction holds. Messages are copied in; memory is kept
 * from use to use and bounded by `bytes_max`. Filled by the engine thread, then read by the
 * publisher thread. */
#pragma once

#include "detector/port.h"

struct commit_unit;

struct commit_unit *commit_unit_new(size_t bytes_max);
void commit_unit_free(struct commit_unit *unit);
void commit_unit_reset(struct commit_unit *unit);

/* Copies key, value and headers; `topic` is borrowed for the unit's life. False: the unit would
 * exceed its limit (ERROR_FAILED naming commit.bytes.max). */
bool commit_unit_add(struct commit_unit *unit, const struct port_message *message,
                     struct error *error);
/* The offsets of every input partition; topics are borrowed. */
void commit_unit_set_positions(struct commit_unit *unit, const struct port_position *positions,
                               size_t count);

size_t commit_unit_count(const struct commit_unit *unit);
size_t commit_unit_bytes(const struct commit_unit *unit);
struct port_message commit_unit_message(const struct commit_unit *unit, size_t index);
const struct port_position *commit_unit_positions(const struct commit_unit *unit, size_t *count);
