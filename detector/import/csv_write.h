/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a CSV for programs, quoted where RFC 4180 asks for it and otherwise as they are. */
#pragma once

#include "detector/base/bytes.h"

#include <stdbool.h>
#include <stdio.h>

/* Whether a field is written as it is. */
bool csv_is_plain(struct text text);
/* Without a separator. Errors are the file's: ferror. */
void csv_write_field(FILE *file, struct text text);
