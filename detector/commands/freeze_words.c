/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/freeze_words.h"

#include "detector/signal.h"

static const char *const words[FREEZE_WORD_COUNT][LANGUAGE_COUNT] = {
#define X(name, en, ru, kk) {en, ru, kk},
    FREEZE_WORDS(X)
#undef X
};

const char *freeze_word(enum freeze_word word, enum language language) {
    return words[word][language];
}

const char *freeze_standing_word(enum freeze_standing standing, enum language language) {
    static const char *const texts[][LANGUAGE_COUNT] = {
        [FREEZE_OPEN] = {"open", "действует", "күшінде"},
        [FREEZE_LAPSED] = {"its term is over", "срок истёк", "мерзімі аяқталған"},
        [FREEZE_EXPIRED] = {"expired", "истекла", "мерзімі бітті"},
        [FREEZE_WITHDRAWN] = {"withdrawn", "отозвана", "кері қайтарылған"},
    };
    return texts[standing][language];
}

const char *freeze_result_word(uint8_t result, enum language language) {
    static const char *const texts[OUTCOME_COUNT][LANGUAGE_COUNT] = {
        [OUTCOME_UNKNOWN] = {"not known here", "неизвестно", "белгісіз"},
        [OUTCOME_HELD] = {"held", "удержано", "ұсталды"},
        [OUTCOME_PARTLY_HELD] = {"partly held", "удержано частично", "ішінара ұсталды"},
        [OUTCOME_NO_FUNDS] = {"the money was gone", "денег уже не было", "ақша кетіп қалған"},
        [OUTCOME_DECLINED] = {"declined", "отклонена", "қабылданбады"},
        [OUTCOME_RELEASED] = {"released", "разблокировано", "босатылды"},
        [OUTCOME_REFUNDED] = {"refunded", "возвращено", "қайтарылды"},
        [OUTCOME_CONFIRMED_FRAUD] = {"fraud confirmed", "мошенничество подтверждено",
                                     "алаяқтық расталды"},
        [OUTCOME_FALSE_POSITIVE] = {"false alarm", "ложная тревога", "жалған дабыл"},
    };
    return texts[result][language];
}
