/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of a container file that is no recording, of any writer whose schema binds. */
#pragma once

#include "detector/base/error.h"
#include "detector/signal.h"

struct ocf_reader; /* ocf.h */

/* Each signal, borrowed, until one is refused. ERROR_BAD_DATA with `path` and the byte at fault or
 * the field that does not bind. */
bool signal_container_walk(struct ocf_reader *reader, const char *path,
                           bool (*each)(void *context, const struct signal *signal,
                                        struct error *error),
                           void *context, struct error *error);
