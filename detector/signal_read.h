/* SPDX-License-Identifier: Apache-2.0 */
/* A record of the signals topic to a struct signal: frame, writer's schema, plan, admission. Engine
 * thread only. */
#pragma once

#include "detector/framed.h"
#include "detector/port.h"
#include "detector/signal.h"

struct signal_reader;

struct signal_reader *signal_reader_open(const char *schema_dir, uint32_t value_bytes_max,
                                         struct error *error);
void signal_reader_close(struct signal_reader *reader);
/* ACCEPTED: the signal, whose texts are borrowed from the record. Else a verdict and *why, which
 * may be `text`. `clock_s`: the engine clock, 0 before the first transaction. A pure function of
 * these and of the schemas that are known. */
enum verdict signal_read(struct signal_reader *reader, const struct port_record *record,
                         int64_t clock_s, struct signal *signal, char text[VERDICT_WHY_SIZE],
                         const char **why);
