/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of documents and events, which are anybody's, for a terminal, which they must not steer. */
#pragma once

#include "detector/base/bytes.h"

#include <stdio.h>

/* UTF-8, with a question mark for each control character and for each byte that is none of it. */
void printable_put(const char *text, FILE *out);
/* The same of a text that does not end with a NUL; one within it is a control character. */
void printable_put_text(struct text text, FILE *out);
