/* SPDX-License-Identifier: Apache-2.0 */
/* Anybody's text in a page: in an element, or between double quotes. */
#pragma once

#include <stdio.h>

/* As text, whatever is in it; a question mark for each control character of ASCII. */
void html_put(const char *text, FILE *out);
