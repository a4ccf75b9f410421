/* SPDX-License-Identifier: Apache-2.0 */
/* What pages to keep are made of: nothing in them is loaded, nothing runs, and their policy says so
 * to the browser. Texts are anybody's, in an element or between double quotes; classes and what
 * opens and closes are our own. */
#pragma once

#include "detector/base/bytes.h"

#include <stdio.h>

/* As text, whatever is in it; a question mark for each character that is not shown (printable.h).
 */
void html_put(const char *text, FILE *out);
void html_put_text(struct text text, FILE *out);
/* The text between what opens and closes it. */
void html_element(const char *open, const char *text, const char *close, FILE *out);
void html_cell(const char *class, const char *text, FILE *out);
/* To the beginning of <main>; the style is the only one that the page may have. */
void html_begin(const char *language, const char *title, const char *style, FILE *out);
