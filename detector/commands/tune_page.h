/* SPDX-License-Identifier: Apache-2.0 */
/* The page of `tune`: the one that detector/pages/ builds, with the data in its place. */
#pragma once

#include <stdio.h>

/* `json` without a `<`. Errors are the file's: ferror. */
void tune_page_write(FILE *file, const char *json);
