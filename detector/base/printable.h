/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of documents and events, which are anybody's, for a terminal, which they must not steer. */
#pragma once

#include <stdio.h>

/* UTF-8, with a question mark for each control character. */
void printable_put(const char *text, FILE *out);
