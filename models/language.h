/* SPDX-License-Identifier: Apache-2.0 */
/* The languages that a term has words in. */
#pragma once

enum language { LANGUAGE_EN, LANGUAGE_RU, LANGUAGE_KK, LANGUAGE_COUNT };

extern const char *const language_name[LANGUAGE_COUNT]; /* "en" … */
