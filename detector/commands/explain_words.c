/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/explain_words.h"

#include "detector/feature_table.h"
#include "detector/transaction.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const words[EXPLAIN_WORD_COUNT][LANGUAGE_COUNT] = {
#define X(name, en, ru, kk) {en, ru, kk},
    EXPLAIN_WORDS(X)
#undef X
};

const char *explain_word(enum explain_word word, enum language language) {
    return words[word][language];
}

const char *explain_decision(enum decision decision, enum language language) {
    static const char *const texts[DECISION_COUNT][LANGUAGE_COUNT] = {
        [DECISION_BELOW] = {"Not flagged: the score is below the mildest threshold of the policy",
                            "Не отмечен: оценка ниже самого мягкого порога политики",
                            "Белгіленбеді: баға саясаттың ең жұмсақ шегінен төмен"},
        [DECISION_ISSUED] = {"Flagged: a recommendation was issued", "Отмечен: выдана рекомендация",
                             "Белгіленді: ұсыныс берілді"},
        [DECISION_AMENDED] = {"Flagged: the open recommendation was amended",
                              "Отмечен: действующая рекомендация изменена",
                              "Белгіленді: қолданыстағы ұсыныс өзгертілді"},
        [DECISION_STANDING] = {"Nothing new: the open recommendation says as much already",
                               "Нового нет: действующая рекомендация уже говорит об этом",
                               "Жаңалық жоқ: қолданыстағы ұсыныс мұны айтып тұр"},
        [DECISION_COOLING] =
            {"Not flagged: the cool-down after the last recommendation was not over",
             "Не отмечен: не истекла пауза после прошлой рекомендации",
             "Белгіленбеді: алдыңғы ұсыныстан кейінгі үзіліс аяқталмаған"},
        [DECISION_ALLOWED] = {"Not flagged: the account is on the policy's allow-list",
                              "Не отмечен: счёт в списке исключений политики",
                              "Белгіленбеді: шот саясаттың ерекшеліктер тізімінде"},
        [DECISION_CAPPED] = {"Not flagged: the policy's recommendations of that hour were used up",
                             "Не отмечен: исчерпан часовой предел рекомендаций политики",
                             "Белгіленбеді: саясаттың сағаттық ұсыныс шегі таусылған"},
        [DECISION_CROWDED] =
            {"Not flagged: as many episodes were open as episodes.max allows, or as many issued "
             "within "
             "a week as issued.max",
             "Не отмечен: открыто столько эпизодов, сколько допускает episodes.max, или за неделю "
             "выдано столько рекомендаций, сколько допускает issued.max",
             "Белгіленбеді: ашық эпизодтар саны episodes.max шегіне немесе бір аптада берілген "
             "ұсыныстар саны issued.max шегіне жеткен"},
        [DECISION_OVERDUE] =
            {"Not flagged: the entry came so late that the term of the advice was over",
             "Не отмечен: операция пришла так поздно, что срок рекомендации уже истёк",
             "Белгіленбеді: операция тым кеш келді, ұсыныс мерзімі өтіп кеткен"},
        [DECISION_REVERSAL] = {"Not flagged: a reversal opens no recommendation",
                               "Не отмечен: отмена операции не открывает рекомендацию",
                               "Белгіленбеді: операцияның күшін жою ұсыныс ашпайды"},
        [DECISION_REPEATED] = {"Not flagged: this very event opened a recommendation before",
                               "Не отмечен: это же событие уже открывало рекомендацию",
                               "Белгіленбеді: дәл осы оқиға бұрын ұсыныс ашқан"},
    };
    return texts[decision][language];
}

const char *explain_action(enum action action, enum language language) {
    static const char *const texts[ACTION_COUNT][LANGUAGE_COUNT] = {
        [ACTION_UNKNOWN] = {"none", "нет", "жоқ"},
        [ACTION_REVIEW_ONLY] = {"review only", "только проверка", "тек тексеру"},
        [ACTION_ASK_PAYER] = {"ask the payer", "спросить плательщика", "төлеушіден сұрау"},
        [ACTION_SUSPEND_INSTRUCTION] = {"suspend the instruction", "приостановить операцию",
                                        "операцияны тоқтата тұру"},
        [ACTION_HOLD_AMOUNT] = {"hold the amount", "удержать сумму", "соманы ұстап тұру"},
        [ACTION_SUSPEND_EBANKING] = {"suspend e-banking", "приостановить дистанционный доступ",
                                     "қашықтан қызмет көрсетуді тоқтата тұру"},
        [ACTION_REFUSE_TO_PAYEE] = {"refuse payments to the payee",
                                    "отказывать в переводах получателю",
                                    "алушыға аударымнан бас тарту"},
    };
    return texts[action][language];
}

const char *explain_event_type(int event_type, enum language language) {
    static const char *const texts[][LANGUAGE_COUNT] = {
        [EVENT_TYPE_UNKNOWN] = {"not known", "неизвестно", "белгісіз"},
        [EVENT_TYPE_P2P_TRANSFER] = {"transfer", "перевод", "аударым"},
        [EVENT_TYPE_C2B_PAYMENT] = {"purchase", "покупка", "сатып алу"},
        [EVENT_TYPE_CASH_WITHDRAWAL] = {"cash out", "снятие наличных", "қолма-қол алу"},
        [EVENT_TYPE_CASH_DEPOSIT] = {"cash in", "взнос наличных", "қолма-қол салу"},
        [EVENT_TYPE_LOAN_DISBURSEMENT] = {"loan", "выдача кредита", "несие"},
        [EVENT_TYPE_SALARY_OR_BENEFIT] = {"wage or benefit", "зарплата, пособие",
                                          "жалақы, жәрдемақы"},
        [EVENT_TYPE_TAX_OR_UTILITY] = {"tax or utility", "налог, услуги", "салық, қызметтер"},
        [EVENT_TYPE_OWN_TRANSFER] = {"own transfer", "себе", "өзіне аударым"},
        [EVENT_TYPE_CRYPTO_PURCHASE] = {"crypto", "криптовалюта", "криптовалюта"},
        [EVENT_TYPE_OTHER] = {"other", "прочее", "басқа"},
    };
    return texts[event_type][language];
}

const char *explain_status(int tx_status, enum language language) {
    static const char *const texts[][LANGUAGE_COUNT] = {
        [TX_STATUS_UNKNOWN] = {"not known", "неизвестно", "белгісіз"},
        [TX_STATUS_ATTEMPTED] = {"attempted", "попытка", "әрекет"},
        [TX_STATUS_SUSPENDED] = {"suspended", "приостановлена", "тоқтатылған"},
        [TX_STATUS_REFUSED] = {"refused", "отказано", "бас тартылған"},
        [TX_STATUS_SETTLED] = {"", "", ""},
        [TX_STATUS_REVERSED] = {"reversed", "отменена", "күші жойылған"},
    };
    return texts[tx_status][language];
}

const char *explain_quality(enum quality quality, enum language language) {
    static const char *const texts[][LANGUAGE_COUNT] = {
        [QUALITY_UNKNOWN] = {"", "", ""},
        [QUALITY_EXACT] = {"", "", ""},
        [QUALITY_APPROXIMATE] = {"approximate", "приблизительно", "шамамен"},
        [QUALITY_COLD_START] = {"history incomplete", "история неполна", "тарихы толық емес"},
        [QUALITY_LATE] = {"came late", "поступило с опозданием", "кешігіп келді"},
    };
    return texts[quality][language];
}

/* Values. */

static bool has_unit(int feature, const char *unit) {
    return strcmp(feature_table[feature].unit, unit) == 0;
}

const char *explain_value(int feature, double value, enum language language,
                          char out[EXPLAIN_VALUE_SIZE]) {
    const bool flag = has_unit(feature, "flag");
    if (isnan(value) || flag) {
        const enum explain_word word = isnan(value) ? EXPLAIN_NOT_KNOWN
                                       : value != 0 ? EXPLAIN_YES
                                                    : EXPLAIN_NO;
        snprintf(out, EXPLAIN_VALUE_SIZE, "%s", explain_word(word, language));
    } else {
        words_value(feature, round(value * 1000) / 1000, language, out, EXPLAIN_VALUE_SIZE);
    }
    return out;
}

/* The patterns take texts alone. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
const char *explain_change(const struct change *change, double present, enum language language,
                           char out[EXPLAIN_CHANGE_SIZE]) {
    const struct feature *f = &feature_table[change->feature];
    char to[EXPLAIN_VALUE_SIZE], is[EXPLAIN_VALUE_SIZE];
    const bool exact = isnan(change->to) || isnan(present) || has_unit(change->feature, "flag");
    const enum explain_word word = exact                  ? EXPLAIN_IS
                                   : change->to > present ? EXPLAIN_AT_LEAST
                                                          : EXPLAIN_AT_MOST;
    snprintf(out, EXPLAIN_CHANGE_SIZE, explain_word(word, language),
             in_language(language, f->text_en, f->text_ru, f->text_kk),
             explain_value(change->feature, change->to, language, to),
             explain_value(change->feature, present, language, is));
    return out;
}

const char *explain_money(int64_t tiyn, char out[EXPLAIN_VALUE_SIZE]) {
    enum { TENGE_TIYN = 100, GROUP = 3 };
    const uint64_t size = tiyn < 0 ? 0 - (uint64_t)tiyn : (uint64_t)tiyn;
    char digits[32];
    const int count =
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)(size / TENGE_TIYN));
    size_t at = 0;
    if (tiyn < 0) out[at++] = '-';
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % GROUP == 0) out[at++] = ' ';
        out[at++] = digits[i];
    }
    snprintf(out + at, EXPLAIN_VALUE_SIZE - at, ".%02d", (int)(size % TENGE_TIYN));
    return out;
}
