/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `saqshy freezes show` in three languages, beside those of `explain` and `trace`. */
#pragma once

#include "detector/commands/freeze_book.h"
#include "models/language.h"

/* X(name, English, Russian, Kazakh) */
/* clang-format off */
#define FREEZE_WORDS(X) \
    X(NOW, "Now", "Сейчас", "Қазір") \
    X(ADDRESSEE, "For the bank", "Банку", "Банкке") \
    X(OUTCOME, "What became of it", "Чем кончилось", "Немен аяқталды") \
    X(NO_OUTCOME, "no outcome is known", "исход неизвестен", "нәтижесі белгісіз") \
    X(REVISION, "Revision", "Редакция", "Редакция") \
    X(ISSUED, "Issued, UTC", "Выдана, UTC", "Берілді, UTC") \
    X(CHANGED, "What changed", "Что изменилось", "Не өзгерді") \
    X(CAUSE, "Cause of the change", "Причина изменения", "Өзгеріс себебі") \
    X(NOTHING, "nothing but the reasons", "ничего, кроме оснований", "негіздерден басқа ештеңе") \
    X(PRIORITY, "Priority", "Приоритет", "Басымдық") \
    X(HOLD, "To hold, KZT", "Удержать, KZT", "Ұстау, KZT") \
    X(DECIDE_BY, "Decide by, UTC", "Решить до, UTC", "Шешу мерзімі, UTC") \
    X(VALID_UNTIL, "Valid until, UTC", "Действует до, UTC", "Жарамды, UTC") \
    X(TRANSACTIONS, "Transactions", "Операции", "Операциялар") \
    X(WHY, "Why", "Почему", "Неліктен") \
    X(SIGNALS, "Signals", "Сигналы", "Сигналдар") \
    X(PROTECTED, "Stays available", "Остаётся доступным", "Қолжетімді қалады") \
    X(PAYEE, "Rests on, of the payee", "На основании, о получателе", "Негізі, алушы туралы") \
    X(BUILD, "Build", "Сборка", "Құрастыру") \
    X(INPUT, "Triggering record", "Запись-повод", "Себеп болған жазба") \
    X(OUTPUT, "Published at", "Опубликована в", "Жарияланған орны") \
    X(SEQUENCE, "Number in its chain", "Номер в цепочке", "Тізбектегі нөмірі") \
    X(HASH, "SHA-256 of the value", "SHA-256 записи", "Жазбаның SHA-256") \
    X(PREVIOUS, "SHA-256 of the one before", "SHA-256 предыдущей", "Алдыңғысының SHA-256") \
    X(NONE, "none", "нет", "жоқ")
/* clang-format on */

enum freeze_word {
#define X(name, en, ru, kk) FREEZE_WORD_##name,
    FREEZE_WORDS(X)
#undef X
        FREEZE_WORD_COUNT
};

const char *freeze_word(enum freeze_word word, enum language language);
const char *freeze_standing_word(enum freeze_standing standing, enum language language);
const char *freeze_result_word(uint8_t outcome_result, enum language language);
