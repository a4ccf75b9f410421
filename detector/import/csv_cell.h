/* SPDX-License-Identifier: Apache-2.0 */
/* Text of anybody's in a CSV that people open as a spreadsheet, which must not compute it. Files
 * for programs hold their texts as they are: csv_write.h. */
#pragma once

#include "detector/base/bytes.h"

#include <stdio.h>

/* With a ' before what a spreadsheet takes for a formula: it begins with one of = + - @, also
 * behind ' of its own. Quoted where RFC 4180 asks for it; what steers a terminal, as printable.h
 * has it, is a question mark. Without a separator. Errors are the file's: ferror. */
void csv_write_cell(FILE *file, struct text text);
/* A field that was read, without that '. */
const char *csv_cell_text(const char *field);
