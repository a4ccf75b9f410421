/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed into a stream of a test, as text. */
#pragma once

#include <stdio.h>

/* Zero at first. */
struct printed {
    char *text; /* what was printed last */
    size_t size;
};

/* A stream to be closed by the caller, who has the text then, in place of what was there. */
FILE *printed_begin(struct printed *printed);
void printed_free(struct printed *printed);
