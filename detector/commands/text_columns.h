/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of a terminal, whose widths are characters and not bytes. Texts go through printable.h.
 */
#pragma once

#include <stdio.h>

/* What is too wide for its column is still set off by a space. */
void columns_left(const char *text, int width, FILE *out);
void columns_right(const char *text, int width, FILE *out);
