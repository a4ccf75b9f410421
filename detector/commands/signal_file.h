/* SPDX-License-Identifier: Apache-2.0 */
/* The signals that an offline command is given beside its transactions, by the time at which they
 * are to be taken: of a container file of any writer whose schema binds by reported_at, of a
 * recording by the time stamps of its records, each partition in its own order. They are held in
 * memory. One thread. */
#pragma once

#include "detector/base/error.h"
#include "detector/port.h"

struct signal_file;

/* `topic`: of the messages, and of a recording's records; outlives the file. ERROR_IO,
 * ERROR_BAD_DATA with the byte at fault or the field that does not bind. */
struct signal_file *signal_file_open(const char *path, const char *topic, struct error *error);
void signal_file_close(struct signal_file *file);
size_t signal_file_count(const struct signal_file *file);
/* Says on stderr that a file of signals holds none. */
void signal_file_warn_of_none(const char *path, const char *topic);
/* The next one, if its time is not after `until_ms`; partition -1: by the key. `message` lives
 * until the file is closed. */
bool signal_file_next(struct signal_file *file, int64_t until_ms, struct port_message *message);
