/* SPDX-License-Identifier: Apache-2.0 */
/* The languages that a term has words in. */
#pragma once

enum language { LANGUAGE_EN, LANGUAGE_RU, LANGUAGE_KK, LANGUAGE_COUNT };

extern const char *const language_name[LANGUAGE_COUNT]; /* "en" … */

static inline const char *in_language(enum language language, const char *en, const char *ru,
                                      const char *kk) {
    return language == LANGUAGE_EN ? en : language == LANGUAGE_RU ? ru : kk;
}
