/* SPDX-License-Identifier: Apache-2.0 */
/* Files whose bytes are all there. A pipe by the name of one would be waited for, for ever. */
#pragma once

#include <sys/types.h>

/* openat(2) that waits for nobody; the descriptor is closed on exec. -1: errno, EISDIR for a
 * directory, ESPIPE for what is neither: a pipe, a socket, a device. */
int regular_file_open(int directory, const char *path, int flags, mode_t mode);
/* What errno says after that, or after a read. */
const char *regular_file_why(void);
