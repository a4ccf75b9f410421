/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/trace_words.h"

static const char *const words[TRACE_WORD_COUNT][LANGUAGE_COUNT] = {
#define X(name, en, ru, kk) {en, ru, kk},
    TRACE_WORDS(X)
#undef X
};

const char *trace_word(enum trace_word word, enum language language) {
    return words[word][language];
}

const char *trace_fate(enum trail_fate fate, enum language language) {
    static const char *const texts[TRAIL_FATE_COUNT][LANGUAGE_COUNT] = {
        [TRAIL_FOLLOWED] = {"received", "получено", "алынды"},
        [TRAIL_CASH] = {"cash", "наличные", "қолма-қол ақша"},
        [TRAIL_CRYPTO] = {"crypto", "криптовалюта", "криптовалюта"},
        [TRAIL_PURCHASE] = {"purchases", "покупки", "сатып алу"},
        [TRAIL_BILL] = {"taxes, utilities", "налоги, услуги", "салық, қызметтер"},
        [TRAIL_OUTSIDE] = {"to no account here", "вне этих счетов", "осы шоттардан тыс"},
        [TRAIL_HOP_LIMIT] = {"not followed: too many hops", "не прослежено: предел переходов",
                             "қадағаланбады: өту шегі"},
        [TRAIL_TIME_LIMIT] = {"not followed: too late", "не прослежено: предел времени",
                              "қадағаланбады: уақыт шегі"},
        [TRAIL_FLOOR] = {"not followed: too little", "не прослежено: мала сумма",
                         "қадағаланбады: сома аз"},
        [TRAIL_UNDONE] = {"taken back by a reversal of something else",
                          "изъято отменой другой операции", "басқа операцияны жою арқылы алынған"},
    };
    return texts[fate][language];
}

const char *trace_given_back(enum language language) {
    return in_language(language, "given back by a reversal", "возвращено отменой",
                       "күшін жоюмен қайтарылды");
}

const char *trace_state(enum recommendation_state state, enum language language) {
    static const char *const texts[][LANGUAGE_COUNT] = {
        [RECOMMENDATION_UNKNOWN] = {"not known", "неизвестно", "белгісіз"},
        [RECOMMENDATION_ISSUED] = {"issued", "выдана", "берілді"},
        [RECOMMENDATION_AMENDED] = {"amended", "изменена", "өзгертілді"},
        [RECOMMENDATION_WITHDRAWN] = {"withdrawn", "отозвана", "қайтарып алынды"},
        [RECOMMENDATION_EXPIRED] = {"expired", "истекла", "мерзімі өтті"},
    };
    return texts[state][language];
}
