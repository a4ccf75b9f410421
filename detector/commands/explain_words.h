/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `saqshy explain` in three languages, and values as people read them. */
#pragma once

#include "detector/decision.h"
#include "detector/recommendation.h"
#include "models/counterfactual.h"
#include "models/train/words.h"

/* X(name, English, Russian, Kazakh); those with % are patterns. */
/* clang-format off */
#define EXPLAIN_WORDS(X) \
    X(TITLE, "Why this account", "Почему этот счёт", "Неліктен осы шот") \
    X(ACCOUNT, "Account", "Счёт", "Шот") \
    X(SCORE, "Score", "Оценка", "Баға") \
    X(PROBABILITY, "probability", "вероятность", "ықтималдық") \
    X(THRESHOLD, "Threshold", "Порог", "Шек") \
    X(ENTRY, "Entry", "Операция", "Операция") \
    X(RECOMMENDATION, "Recommendation", "Рекомендация", "Ұсыныс") \
    X(VALID_UNTIL, "valid until", "действует до", "жарамдылық мерзімі") \
    X(NONE_YET, "none up to then", "до этого не было", "оған дейін болған жоқ") \
    X(WEAKENED, "milder than the score asks for: the policy's hour was full", \
      "мягче, чем требует оценка: часовой предел политики исчерпан", \
      "баға талап еткеннен жұмсақ: саясаттың сағаттық шегі таусылған") \
    X(EVIDENCE, "The last entries up to then", "Последние операции к этому моменту", \
      "Сол сәтке дейінгі соңғы операциялар") \
    X(NUMBER, "No.", "№", "№") \
    X(TIME, "Time, UTC", "Время, UTC", "Уақыты, UTC") \
    X(KIND, "Kind", "Вид", "Түрі") \
    X(AMOUNT, "Amount, KZT", "Сумма, KZT", "Сома, KZT") \
    X(BEFORE, "Balance before", "Остаток до", "Бұрынғы қалдық") \
    X(AFTER, "after", "после", "кейінгі") \
    X(COUNTERPARTY, "Counterparty", "Другая сторона", "Екінші тарап") \
    X(IN_WORDS, "What makes the score", "Из чего складывается оценка", "Баға неден құралады") \
    X(SIGN, "Sign", "Признак", "Белгі") \
    X(USUAL, "usually %s", "обычно %s", "әдетте %s") \
    X(EARLIER, "Usual is the median of the account's %u earlier entries.", \
      "Обычное — медиана по %u прежним операциям счёта.", \
      "Әдеттегісі — шоттың бұрынғы %u операциясының медианасы.") \
    X(NO_EARLIER, "The account has no earlier entries to compare with.", \
      "Прежних операций счёта для сравнения нет.", "Салыстыратын бұрынғы операциялар жоқ.") \
    X(ABOVE, "above %d %% of all entries", "выше, чем у %d %% всех операций", \
      "барлық операциялардың %d %% мәнінен жоғары") \
    X(BELOW, "below %d %% of all entries", "ниже, чем у %d %% всех операций", \
      "барлық операциялардың %d %% мәнінен төмен") \
    X(SEE, "see %s", "см. %s", "қараңыз: %s") \
    X(OTHER_FEATURES, "%u other features", "прочие признаки: %u", "басқа белгілер: %u") \
    X(WOULD_NOT_BE, "It would not be flagged if", "Счёт не был бы отмечен, если бы", \
      "Шот белгіленбес еді, егер") \
    X(WOULD_BE, "It would be flagged if", "Счёт был бы отмечен, если бы", \
      "Шот белгіленер еді, егер") \
    X(WOULD_BE_BELOW, "Its score would be below the threshold if", \
      "Оценка была бы ниже порога, если бы", "Баға шектен төмен болар еді, егер") \
    X(AT_LEAST, "%s: at least %s (it is %s)", "%s: не меньше %s (сейчас %s)", \
      "%s: кемінде %s (қазір %s)") \
    X(AT_MOST, "%s: at most %s (it is %s)", "%s: не больше %s (сейчас %s)", \
      "%s: ең көбі %s (қазір %s)") \
    X(IS, "%s: %s (it is %s)", "%s: %s (сейчас %s)", "%s: %s (қазір %s)") \
    X(AND, "and", "и", "және") \
    X(OR, "or", "или", "немесе") \
    X(NO_CHANGE, "No change of one or two features does, within what the feed's entries show.", \
      "Изменения одного или двух признаков в пределах, встречающихся в потоке, недостаточно.", \
      "Ағында кездесетін шектерде бір-екі белгінің өзгеруі жеткіліксіз.") \
    X(CAVEAT, "All else as it was. In life signs move together: this explains a score, it is no advice.", \
      "При прочих равных. В жизни признаки связаны: это объяснение оценки, а не совет.", \
      "Қалғаны өзгеріссіз. Өмірде белгілер байланысты: бұл — бағаның түсіндірмесі, кеңес емес.") \
    X(BY_FEATURE, "By feature", "По признакам", "Белгілер бойынша") \
    X(FEATURE, "Feature", "Признак", "Белгі") \
    X(VALUE, "Value", "Значение", "Мәні") \
    X(USUAL_HEAD, "Usual", "Обычно", "Әдетте") \
    X(BELOW_HEAD, "Entries below, %", "Операций ниже, %", "Төмен операциялар, %") \
    X(CONTRIBUTION, "Contribution", "Вклад", "Үлесі") \
    X(MODEL, "model", "модель", "модель") \
    X(POLICY, "policy", "политика", "саясат") \
    X(PERSON_DECIDES, "A recommendation, not a decision: a person at the bank decides.", \
      "Это рекомендация, а не решение: решает сотрудник банка.", \
      "Бұл — ұсыныс, шешім емес: шешімді банк қызметкері қабылдайды.") \
    X(NOT_KNOWN, "not known", "неизвестно", "белгісіз") \
    X(YES, "yes", "да", "иә") \
    X(NO, "no", "нет", "жоқ")
/* clang-format on */

enum explain_word {
#define X(name, en, ru, kk) EXPLAIN_##name,
    EXPLAIN_WORDS(X)
#undef X
        EXPLAIN_WORD_COUNT
};

const char *explain_word(enum explain_word word, enum language language);
/* A sentence: what was decided, and why. */
const char *explain_decision(enum decision decision, enum language language);
const char *explain_action(enum action action, enum language language);
/* "transfer between people"; what is not settled is said. */
const char *explain_event_type(int event_type, enum language language);
/* "" for what was settled. */
const char *explain_status(int tx_status, enum language language);
/* "" for QUALITY_EXACT. */
const char *explain_quality(enum quality quality, enum language language);

enum { EXPLAIN_VALUE_SIZE = 96, EXPLAIN_CHANGE_SIZE = 512 };

/* A value of a feature with its unit, to a tenth of a percent or a thousandth: "80 %". */
const char *explain_value(int feature, double value, enum language language,
                          char out[EXPLAIN_VALUE_SIZE]);
/* "Share of money gone within an hour: at most 69.9 % (it is 80 %)". */
const char *explain_change(const struct change *change, double present, enum language language,
                           char out[EXPLAIN_CHANGE_SIZE]);
/* Tiyn as tenge: "-1 234 567.50". */
const char *explain_money(int64_t tiyn, char out[EXPLAIN_VALUE_SIZE]);
