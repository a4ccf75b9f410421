/* SPDX-License-Identifier: Apache-2.0 */
/* A token that is shown without being given away: a few characters of its ends. */
#pragma once

#include "detector/base/bytes.h"

enum { MASKED_SIZE = 24 };

/* "t1bb…2f": at most a quarter of it at either end, four characters at most; what is not printable
 * ASCII as '?'. With a closing NUL; UTF-8. A null token gives "". */
const char *masked(struct text token, char out[MASKED_SIZE]);
