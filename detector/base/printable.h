/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of documents and events, which are anybody's, for a terminal, which they must not steer. */
#pragma once

#include "detector/base/bytes.h"

#include <stdbool.h>
#include <stdio.h>

/* Bytes of the character at `text`, of which there are `size` ≥ 1. 0: its first byte is none to be
 * shown: a control character's (C1 included), one's that turns the direction of what stands beside
 * it or separates lines, or no UTF-8, which a terminal that reads bytes may take for one. */
uint32_t printable_bytes(const char *text, uint32_t size);
/* Whether a control character is in it, C1 included. */
bool printable_has_control(struct text text);
/* UTF-8, with a question mark for each character that is not shown and for each byte that is none
 * of it. */
void printable_put(const char *text, FILE *out);
/* The same of a text that does not end with a NUL; one within it is a control character. */
void printable_put_text(struct text text, FILE *out);
