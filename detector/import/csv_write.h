/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a CSV to write, quoted where RFC 4180 asks for it. */
#pragma once

#include "detector/base/bytes.h"

#include <stdbool.h>
#include <stdio.h>

/* Whether a field is written as it is. */
bool csv_is_plain(struct text text);
/* Without a separator. Errors are the file's: ferror. */
void csv_write_field(FILE *file, struct text text);
