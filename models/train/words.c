/* SPDX-License-Identifier: Apache-2.0 */
#include "models/train/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const patterns[LANGUAGE_COUNT][3] = {
    [LANGUAGE_EN] = {"%s: below %s", "%s: at least %s", "%s: not known"},
    [LANGUAGE_RU] = {"%s: меньше %s", "%s: не меньше %s", "%s: неизвестно"},
    [LANGUAGE_KK] = {"%s: %s мәнінен аз", "%s: кемінде %s", "%s: белгісіз"},
};
/* A flag is 1 or 0, whatever its knot. */
static const char *const flag_patterns[LANGUAGE_COUNT][3] = {
    [LANGUAGE_EN] = {"%s: no", "%s: yes", "%s: not known"},
    [LANGUAGE_RU] = {"%s: нет", "%s: да", "%s: неизвестно"},
    [LANGUAGE_KK] = {"%s: жоқ", "%s: иә", "%s: белгісіз"},
};
static const char *const joined[LANGUAGE_COUNT] = {"%s, and %s", "%s, и при этом %s", "%s, әрі %s"};
static const char *const seconds[LANGUAGE_COUNT] = {"s", "с", "с"};
static const char *const days[LANGUAGE_COUNT] = {"days", "дн.", "күн"};
static const char *const hours[LANGUAGE_COUNT] = {"hours", "ч", "сағат"};

/* 1234567.5 → "1 234 567.5" with thin spaces left to who shows it. */
static void group(double value, char *out, size_t room) {
    char digits[64];
    snprintf(digits, sizeof digits, "%.12g", fabs(value));
    const char *point = strchr(digits, '.');
    const size_t whole = strchr(digits, 'e') != NULL ? 0
                         : point != NULL             ? (size_t)(point - digits)
                                                     : strlen(digits);
    size_t at = 0;
    if (value < 0) out[at++] = '-';
    for (size_t i = 0; digits[i] != '\0' && at + 3 < room; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) out[at++] = ' ';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

void words_value(int feature, double value, enum language language, char *out, size_t room) {
    const char *unit = feature_table[feature].unit;
    char number[80];
    const bool money = strcmp(unit, "tiyn") == 0, share = strcmp(unit, "ratio") == 0;
    group(money ? value / 100 : share ? value * 100 : value, number, sizeof number);
    const char *tail = money                        ? "KZT"
                       : share                      ? "%"
                       : strcmp(unit, "s") == 0     ? seconds[language]
                       : strcmp(unit, "days") == 0  ? days[language]
                       : strcmp(unit, "hours") == 0 ? hours[language]
                                                    : "";
    snprintf(out, room, "%s%s%s", number, tail[0] == '\0' ? "" : " ", tail);
}

static const char *feature_text(int feature, enum language language) {
    const struct feature *f = &feature_table[feature];
    return language == LANGUAGE_EN ? f->text_en : language == LANGUAGE_RU ? f->text_ru : f->text_kk;
}

static double knot_of(const struct literal *l, const struct bins *bins) {
    return l->kind == LITERAL_NULL ? 0 : bins->edge[l->feature][l->edge];
}

/* The patterns take a feature, and some a value behind it. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void literal_words(const struct literal *l, const struct bins *bins, enum language language,
                          char *out, size_t room) {
    char value[128];
    words_value(l->feature, knot_of(l, bins), language, value, sizeof value);
    const bool flag = strcmp(feature_table[l->feature].unit, "flag") == 0;
    snprintf(out, room, flag ? flag_patterns[language][l->kind] : patterns[language][l->kind],
             feature_text(l->feature, language), value);
}

/* The small letter of a Latin, Russian or Kazakh one; others as they are. */
static unsigned small_letter(unsigned letter) {
    if ((letter >= 'A' && letter <= 'Z') || (letter >= 0x410 && letter <= 0x42f))
        return letter + 0x20;
    if (letter == 0x406) return 0x456; /* І */
    return letter >= 0x490 && letter <= 0x4ff ? letter | 1 : letter;
}

/* A part within a sentence begins with a small letter. */
static void begin_small(char *utf8) {
    unsigned char *at = (unsigned char *)utf8;
    if (at[0] < 0x80) {
        at[0] = (unsigned char)small_letter(at[0]);
    } else if ((at[0] & 0xe0) == 0xc0) {
        const unsigned letter = small_letter((at[0] & 0x1fu) << 6 | (at[1] & 0x3fu));
        at[0] = (unsigned char)(0xc0 | letter >> 6);
        at[1] = (unsigned char)(0x80 | (letter & 0x3f));
    }
}

void words_of_term(const struct train_term *term, const struct bins *bins, enum language language,
                   char out[WORDS_ROOM]) {
    char part[2][WORDS_ROOM / 2 - 32];
    for (int i = 0; i < term->parts; i++)
        literal_words(&term->part[i], bins, language, part[i], sizeof part[i]);
    if (term->parts == 2) begin_small(part[1]);
    if (term->parts == 1)
        snprintf(out, WORDS_ROOM, "%s", part[0]);
    else
        snprintf(out, WORDS_ROOM, joined[language], part[0], part[1]);
}

static void literal_name(const struct literal *l, const struct bins *bins, char *out, size_t room) {
    static const char *const signs[] = {"<", ">="};
    const char *feature = feature_table[l->feature].name;
    if (l->kind == LITERAL_NULL)
        snprintf(out, room, "%s null", feature);
    else
        snprintf(out, room, "%s %s %.12g", feature, signs[l->kind], knot_of(l, bins));
}

void words_name(const struct train_term *term, const struct bins *bins, char out[WORDS_ROOM]) {
    char part[2][WORDS_ROOM / 4];
    for (int i = 0; i < term->parts; i++)
        literal_name(&term->part[i], bins, part[i], sizeof part[i]);
    snprintf(out, WORDS_ROOM, "%s%s%s", part[0], term->parts == 2 ? " and " : "",
             term->parts == 2 ? part[1] : "");
}
