/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/feature_table.h"

#include "detector/base/digest.h"

#include <pthread.h>
#include <stdio.h>

#define BANK_OF_RUSSIA "Bank of Russia, methodical recommendations 16-MR (2021)"
#define ARDFM "Kazakhstan, Agency for Regulation and Development of the Financial Market, No. 24"
#define FCA "FCA, proceeds of fraud: detecting and preventing money mules (2023)"
#define OWN "own; weighted by the model, never a verdict alone"

#define ROW(id, u, w, def, null_when, dir, events, code, en, ru, kk, why)                          \
    ROW_OF_LEVELS(id, u, w, def, null_when, dir, events, code, en, ru, kk, why, 0)
/* Behind the source the levels. */
#define ROW_OF_LEVELS(id, u, w, def, null_when, dir, events, code, en, ru, kk, why, ...)           \
    [FEATURE_##id] = {#id, u, w, def, null_when, dir, events, code, en, ru, kk, why, {__VA_ARGS__}}

/* A family over the five windows; the texts get the window's name behind them. */
#define FIVE(name, u, def, dir, events, code, en, ru, kk, why)                                     \
    ROW(name##_10m, u, SECONDS_10M, def " within 10 min", "never", dir, events, code,              \
        en " within 10 minutes", ru " за 10 минут", kk " 10 минут ішінде", why),                   \
        ROW(name##_1h, u, SECONDS_1H, def " within 1 h", "never", dir, events, code,               \
            en " within an hour", ru " за час", kk " бір сағат ішінде", why),                      \
        ROW(name##_24h, u, SECONDS_24H, def " within 24 h", "never", dir, events, code,            \
            en " within 24 hours", ru " за 24 часа", kk " 24 сағат ішінде", why),                  \
        ROW(name##_72h, u, SECONDS_72H, def " within 72 h", "never", dir, events, code,            \
            en " within 72 hours", ru " за 72 часа", kk " 72 сағат ішінде", why),                  \
        ROW(name##_7d, u, SECONDS_7D, def " within 7 d", "never", dir, events, code,               \
            en " within 7 days", ru " за 7 дней", kk " 7 күн ішінде", why)

const struct feature feature_table[FEATURE_COUNT] = {
    FIVE(in_count, "count", "settled credits, own transfers and reversals left out,", FEATURE_RISES,
         EVIDENCE_CREDITS, "IN_COUNT", "Credits", "Зачисления", "Түсімдер", ARDFM),
    FIVE(in_amount, "tiyn", "sum of settled credits less reversed ones, at least 0,", FEATURE_RISES,
         EVIDENCE_CREDITS, "IN_AMOUNT", "Money in", "Сумма зачислений", "Түскен сома", ARDFM),
    FIVE(out_count, "count", "settled debits, own transfers and reversals left out,",
         FEATURE_EITHER, EVIDENCE_DEBITS, "OUT_COUNT", "Debits", "Списания", "Шығыстар",
         BANK_OF_RUSSIA),
    FIVE(out_amount, "tiyn", "sum of settled debits less reversed ones, at least 0,",
         FEATURE_EITHER, EVIDENCE_DEBITS, "OUT_AMOUNT", "Money out", "Сумма списаний",
         "Шыққан сома", BANK_OF_RUSSIA),
    FIVE(p2p_in_count, "count", "P2P_TRANSFER credits,", FEATURE_RISES, EVIDENCE_P2P_CREDITS,
         "P2P_IN_COUNT", "Transfers from people", "Переводы от людей", "Адамдардан аударымдар",
         BANK_OF_RUSSIA),
    FIVE(p2p_in_amount, "tiyn", "sum of P2P_TRANSFER credits less reversed ones, at least 0,",
         FEATURE_RISES, EVIDENCE_P2P_CREDITS, "P2P_IN_AMOUNT", "Money from people",
         "Сумма переводов от людей", "Адамдардан түскен сома", BANK_OF_RUSSIA),
    FIVE(p2p_out_count, "count", "P2P_TRANSFER debits,", FEATURE_RISES, EVIDENCE_P2P_DEBITS,
         "P2P_OUT_COUNT", "Transfers to people", "Переводы людям", "Адамдарға аударымдар",
         BANK_OF_RUSSIA),
    FIVE(p2p_out_amount, "tiyn", "sum of P2P_TRANSFER debits less reversed ones, at least 0,",
         FEATURE_RISES, EVIDENCE_P2P_DEBITS, "P2P_OUT_AMOUNT", "Money to people",
         "Сумма переводов людям", "Адамдарға аударылған сома", BANK_OF_RUSSIA),
    FIVE(cash_out_count, "count", "CASH_WITHDRAWAL and CRYPTO_PURCHASE debits,", FEATURE_RISES,
         EVIDENCE_CASH_DEBITS, "CASH_OUT_COUNT", "Cash and crypto withdrawals",
         "Снятия наличных и покупки криптовалюты", "Қолма-қол ақша алу және криптовалюта сатып алу",
         ARDFM),
    FIVE(cash_out_amount, "tiyn",
         "sum of CASH_WITHDRAWAL and CRYPTO_PURCHASE debits less reversed ones, at least 0,",
         FEATURE_RISES, EVIDENCE_CASH_DEBITS, "CASH_OUT_AMOUNT", "Cash and crypto out",
         "Сумма наличных и криптовалюты", "Қолма-қол және криптовалюта сомасы", ARDFM),
    ROW(in_max_24h, "tiyn", SECONDS_24H, "largest single credit within 24 h; 0 without one",
        "never", FEATURE_RISES, EVIDENCE_CREDITS, "IN_MAX", "Largest credit within 24 hours",
        "Крупнейшее зачисление за 24 часа", "24 сағаттағы ең ірі түсім", OWN),
    ROW(out_max_24h, "tiyn", SECONDS_24H, "largest single debit within 24 h; 0 without one",
        "never", FEATURE_EITHER, EVIDENCE_DEBITS, "OUT_MAX", "Largest debit within 24 hours",
        "Крупнейшее списание за 24 часа", "24 сағаттағы ең ірі шығыс", OWN),
    ROW(payers_1h, "count", SECONDS_1H, "different accounts crediting this one within 1 h", "never",
        FEATURE_RISES, EVIDENCE_CREDITS, "PAYERS", "Different payers within an hour",
        "Разных плательщиков за час", "Бір сағаттағы әртүрлі төлеушілер", BANK_OF_RUSSIA),
    ROW(payers_24h, "count", SECONDS_24H, "different accounts crediting this one within 24 h",
        "never", FEATURE_RISES, EVIDENCE_CREDITS, "PAYERS", "Different payers within 24 hours",
        "Разных плательщиков за 24 часа", "24 сағаттағы әртүрлі төлеушілер", BANK_OF_RUSSIA),
    ROW(payers_7d, "count", SECONDS_7D, "different accounts crediting this one within 7 d", "never",
        FEATURE_RISES, EVIDENCE_CREDITS, "PAYERS", "Different payers within 7 days",
        "Разных плательщиков за 7 дней", "7 күндегі әртүрлі төлеушілер", BANK_OF_RUSSIA),
    ROW(payees_1h, "count", SECONDS_1H, "different accounts debited towards within 1 h", "never",
        FEATURE_RISES, EVIDENCE_DEBITS, "PAYEES", "Different payees within an hour",
        "Разных получателей за час", "Бір сағаттағы әртүрлі алушылар", BANK_OF_RUSSIA),
    ROW(payees_24h, "count", SECONDS_24H, "different accounts debited towards within 24 h", "never",
        FEATURE_RISES, EVIDENCE_DEBITS, "PAYEES", "Different payees within 24 hours",
        "Разных получателей за 24 часа", "24 сағаттағы әртүрлі алушылар", BANK_OF_RUSSIA),
    ROW(payees_7d, "count", SECONDS_7D, "different accounts debited towards within 7 d", "never",
        FEATURE_RISES, EVIDENCE_DEBITS, "PAYEES", "Different payees within 7 days",
        "Разных получателей за 7 дней", "7 күндегі әртүрлі алушылар", BANK_OF_RUSSIA),
    ROW(new_payer_share_24h, "ratio", SECONDS_24H,
        "share by amount of credits within 24 h whose payer was not in the ring within the 7 d "
        "before",
        "no credit money within 24 h", FEATURE_RISES, EVIDENCE_CREDITS, "NEW_PAYERS",
        "Share of money from new payers, 24 hours", "Доля денег от новых плательщиков за 24 часа",
        "24 сағатта жаңа төлеушілерден түскен ақша үлесі", OWN),
    ROW(new_payer_share_7d, "ratio", SECONDS_7D,
        "share by amount of credits within 7 d whose payer was not in the ring within the 7 d "
        "before",
        "no credit money within 7 d", FEATURE_RISES, EVIDENCE_CREDITS, "NEW_PAYERS",
        "Share of money from new payers, 7 days", "Доля денег от новых плательщиков за 7 дней",
        "7 күнде жаңа төлеушілерден түскен ақша үлесі", OWN),
    ROW(inbound_burst_1h, "log ratio", SECONDS_1H,
        "log((in_count_1h + 0.5) / (expected + 0.5)); expected by the decayed credit rate "
        "(half-life 14 d)",
        "never", FEATURE_RISES, EVIDENCE_CREDITS, "IN_BURST",
        "Credits come faster than usual, hour", "Зачисления чаще обычного, час",
        "Түсімдер әдеттегіден жиі, сағат", FCA),
    ROW(inbound_burst_24h, "log ratio", SECONDS_24H,
        "log((in_count_24h + 0.5) / (expected + 0.5)); expected by the decayed credit rate "
        "(half-life 14 d)",
        "never", FEATURE_RISES, EVIDENCE_CREDITS, "IN_BURST", "Credits come faster than usual, day",
        "Зачисления чаще обычного, сутки", "Түсімдер әдеттегіден жиі, тәулік", FCA),
    ROW(pass_through_1h, "ratio", SECONDS_1H, "debits over credits within 1 h, at most 10",
        "credits within 1 h below 1,000 KZT", FEATURE_RISES, EVIDENCE_ANY, "PASS_THROUGH",
        "Debits to credits, hour", "Отношение списаний к зачислениям за час",
        "Бір сағаттағы шығыстың түсімге қатынасы", BANK_OF_RUSSIA),
    ROW(pass_through_24h, "ratio", SECONDS_24H, "debits over credits within 24 h, at most 10",
        "credits within 24 h below 1,000 KZT", FEATURE_RISES, EVIDENCE_ANY, "PASS_THROUGH",
        "Debits to credits, 24 hours", "Отношение списаний к зачислениям за 24 часа",
        "24 сағаттағы шығыстың түсімге қатынасы", BANK_OF_RUSSIA),
    ROW(pass_through_7d, "ratio", SECONDS_7D, "debits over credits within 7 d, at most 10",
        "credits within 7 d below 1,000 KZT", FEATURE_RISES, EVIDENCE_ANY, "PASS_THROUGH",
        "Debits to credits, 7 days", "Отношение списаний к зачислениям за 7 дней",
        "7 күндегі шығыстың түсімге қатынасы", BANK_OF_RUSSIA),
    ROW(rapid_cash_out_10m, "ratio", SECONDS_24H,
        "share of the money credited within 24 h that left (FIFO, any way) within 10 min of "
        "arriving",
        "no credit money within 24 h", FEATURE_RISES, EVIDENCE_DEBITS, "RAPID_OUT",
        "Share of money gone within 10 minutes", "Доля денег, ушедших за 10 минут",
        "10 минут ішінде кеткен ақша үлесі", ARDFM),
    ROW(rapid_cash_out_1h, "ratio", SECONDS_24H,
        "share of the money credited within 24 h that left (FIFO, any way) within 1 h of arriving",
        "no credit money within 24 h", FEATURE_RISES, EVIDENCE_DEBITS, "RAPID_OUT",
        "Share of money gone within an hour", "Доля денег, ушедших за час",
        "Бір сағат ішінде кеткен ақша үлесі", ARDFM),
    ROW(passed_amount_cash_24h, "tiyn", SECONDS_24H,
        "P2P money credited within 24 h that left (FIFO) as cash or crypto", "never", FEATURE_RISES,
        EVIDENCE_CASH_DEBITS, "PASSED_CASH", "Transfers turned into cash or crypto, 24 hours",
        "Переводы, обналиченные за 24 часа", "24 сағатта қолма-қол ақшаға айналған аударымдар",
        ARDFM),
    ROW(passed_amount_p2p_24h, "tiyn", SECONDS_24H,
        "P2P money credited within 24 h that left (FIFO) by P2P", "never", FEATURE_RISES,
        EVIDENCE_P2P_DEBITS, "PASSED_P2P", "Transfers passed on to people, 24 hours",
        "Переводы, отправленные дальше за 24 часа", "24 сағатта әрі қарай жіберілген аударымдар",
        ARDFM),
    ROW(passed_amount_cash_72h, "tiyn", SECONDS_72H,
        "P2P money credited within 72 h that left (FIFO) as cash or crypto", "never", FEATURE_RISES,
        EVIDENCE_CASH_DEBITS, "PASSED_CASH", "Transfers turned into cash or crypto, 72 hours",
        "Переводы, обналиченные за 72 часа", "72 сағатта қолма-қол ақшаға айналған аударымдар",
        ARDFM),
    ROW(passed_amount_p2p_72h, "tiyn", SECONDS_72H,
        "P2P money credited within 72 h that left (FIFO) by P2P", "never", FEATURE_RISES,
        EVIDENCE_P2P_DEBITS, "PASSED_P2P", "Transfers passed on to people, 72 hours",
        "Переводы, отправленные дальше за 72 часа", "72 сағатта әрі қарай жіберілген аударымдар",
        ARDFM),
    ROW(cash_out_ratio_6h, "ratio", SECONDS_6H,
        "cash and crypto debits over P2P credits within 6 h, at most 10",
        "P2P credits within 6 h below 1,000 KZT", FEATURE_RISES, EVIDENCE_CASH_DEBITS, "CASH_RATIO",
        "Cash out to transfers in, 6 hours", "Снятия к полученным переводам, 6 часов",
        "Алынған ақшаның аударымға қатынасы, 6 сағат", BANK_OF_RUSSIA),
    ROW(cash_out_ratio_24h, "ratio", SECONDS_24H,
        "cash and crypto debits over P2P credits within 24 h, at most 10",
        "P2P credits within 24 h below 1,000 KZT", FEATURE_RISES, EVIDENCE_CASH_DEBITS,
        "CASH_RATIO", "Cash out to transfers in, 24 hours",
        "Снятия к полученным переводам, 24 часа", "Алынған ақшаның аударымға қатынасы, 24 сағат",
        BANK_OF_RUSSIA),
    ROW(credit_debit_gap, "s", SECONDS_24H,
        "seconds from the latest credit of at least half this debit, within 24 h, to this debit",
        "the event is no debit of this account, or there is no such credit", FEATURE_FALLS,
        EVIDENCE_ANY, "CREDIT_DEBIT_GAP", "Time from credit to debit",
        "Время от зачисления до списания", "Түсімнен шығысқа дейінгі уақыт", BANK_OF_RUSSIA),
    ROW(cash_gap, "s", SECONDS_7D,
        "seconds from the latest P2P credit, within 7 d, to this cash or crypto debit",
        "the event is no cash or crypto debit of this account, or there is no such credit",
        FEATURE_FALLS, EVIDENCE_ANY, "CASH_GAP", "Time from transfer to cash",
        "Время от перевода до снятия", "Аударымнан ақша алуға дейінгі уақыт", BANK_OF_RUSSIA),
    ROW(retained_share, "ratio", SECONDS_72H,
        "1 less the share of money credited within 72 h that left (FIFO)",
        "no credit money within 72 h", FEATURE_FALLS, EVIDENCE_ANY, "RETAINED",
        "Share of money kept, 72 hours", "Доля оставшихся денег за 72 часа",
        "72 сағатта қалған ақша үлесі", BANK_OF_RUSSIA),
    ROW(balance_ratio, "ratio", SECONDS_7D,
        "balance after the event over the mean daily turnover (credits and debits) of 7 d, at most "
        "100",
        "no balance given, or no turnover within 7 d", FEATURE_FALLS, EVIDENCE_ANY, "BALANCE_RATIO",
        "Balance to daily turnover", "Остаток к дневному обороту",
        "Қалдықтың күндік айналымға қатынасы", BANK_OF_RUSSIA),
    ROW(turnover_acceleration, "ratio", SECONDS_7D,
        "turnover of 1 h over 1/168 of the turnover of 7 d", "no turnover within 7 d",
        FEATURE_RISES, EVIDENCE_ANY, "ACCELERATION", "Turnover faster than in the week",
        "Оборот быстрее недельного", "Айналым апталықтан жылдам", OWN),
    ROW(attempts_1h, "count", SECONDS_1H,
        "attempted, suspended or refused debits within 1 h, this one left out", "never",
        FEATURE_RISES, EVIDENCE_ATTEMPTS, "ATTEMPTS", "Stopped attempts within an hour",
        "Остановленные попытки за час", "Бір сағатта тоқтатылған әрекеттер", OWN),
    ROW(attempts_24h, "count", SECONDS_24H,
        "attempted, suspended or refused debits within 24 h, this one left out", "never",
        FEATURE_RISES, EVIDENCE_ATTEMPTS, "ATTEMPTS", "Stopped attempts within 24 hours",
        "Остановленные попытки за 24 часа", "24 сағатта тоқтатылған әрекеттер", OWN),
    ROW(attempts_new_payee_1h, "count", SECONDS_1H,
        "such attempts within 1 h towards a payee that was not in the ring within the 7 d before",
        "never", FEATURE_RISES, EVIDENCE_ATTEMPTS, "ATTEMPTS_NEW",
        "Stopped attempts to new payees within an hour",
        "Остановленные попытки новым получателям за час",
        "Бір сағатта жаңа алушыларға тоқтатылған әрекеттер", OWN),
    ROW(attempts_new_payee_24h, "count", SECONDS_24H,
        "such attempts within 24 h towards a payee that was not in the ring within the 7 d before",
        "never", FEATURE_RISES, EVIDENCE_ATTEMPTS, "ATTEMPTS_NEW",
        "Stopped attempts to new payees within 24 hours",
        "Остановленные попытки новым получателям за 24 часа",
        "24 сағатта жаңа алушыларға тоқтатылған әрекеттер", OWN),
    ROW(account_age, "days", 0, "days from account_opened_on to the event, at least 0",
        "opening day not given", FEATURE_FALLS, EVIDENCE_ANY, "ACCOUNT_AGE", "Age of the account",
        "Возраст счёта", "Шоттың жасы", FCA),
    ROW(dormancy_gap, "s", 0,
        "seconds between the newest event older than 24 h and the oldest event of the last 24 h",
        "no event older than 24 h is known", FEATURE_RISES, EVIDENCE_ANY, "DORMANCY",
        "Silence before the present activity", "Молчание перед текущей активностью",
        "Қазіргі белсенділікке дейінгі үнсіздік", BANK_OF_RUSSIA),
    ROW(days_since_living_payment, "days", 0,
        "days since the last utility, shop, tax, salary or benefit operation, at least 0",
        "there has been none", FEATURE_RISES, EVIDENCE_ANY, "NO_LIVING",
        "Days since a payment for living", "Дней после платежа за жизненные нужды",
        "Тұрмыстық төлемнен бергі күндер", BANK_OF_RUSSIA),
    ROW(active_hours_24h, "count", SECONDS_24H,
        "different hours of the day (UTC+5) with an event within 24 h", "never", FEATURE_EITHER,
        EVIDENCE_ANY, "ACTIVE_HOURS", "Active hours within 24 hours", "Активных часов за сутки",
        "Тәуліктегі белсенді сағаттар", OWN),
    ROW(night_share_24h, "ratio", SECONDS_24H,
        "share of events within 24 h between 0 and 6 o'clock (UTC+5)", "no event within 24 h",
        FEATURE_RISES, EVIDENCE_ANY, "NIGHT", "Share of night operations", "Доля ночных операций",
        "Түнгі операциялар үлесі", OWN),
    ROW(round_amount_share_24h, "ratio", SECONDS_24H,
        "share of events within 24 h whose amount is a multiple of 1,000 KZT",
        "no event within 24 h", FEATURE_RISES, EVIDENCE_ANY, "ROUND", "Share of round amounts",
        "Доля круглых сумм", "Дөңгелек сомалар үлесі", OWN),
    ROW(foreign_out_share_24h, "ratio", SECONDS_24H,
        "share by amount of settled debits within 24 h, own transfers left out, whose country_to "
        "is "
        "given and is not KZ",
        "no debit money within 24 h", FEATURE_RISES, EVIDENCE_DEBITS, "FOREIGN_OUT",
        "Share of money sent abroad", "Доля денег, отправленных за рубеж",
        "Шетелге жіберілген ақша үлесі", ARDFM),
    ROW(crypto_out_share_24h, "ratio", SECONDS_24H,
        "share by amount of settled debits within 24 h, own transfers left out, that are "
        "CRYPTO_PURCHASE",
        "no debit money within 24 h", FEATURE_RISES, EVIDENCE_CASH_DEBITS, "CRYPTO_OUT",
        "Share of money turned into crypto", "Доля денег, ушедших в криптовалюту",
        "Криптовалютаға айналған ақша үлесі", ARDFM),
    ROW(alias_phone_share_24h, "ratio", SECONDS_24H,
        "share by count of P2P_TRANSFER credits within 24 h that were sent to a phone number",
        "no P2P credit within 24 h", FEATURE_EITHER, EVIDENCE_P2P_CREDITS, "PHONE_ALIAS",
        "Share of transfers sent to a phone number", "Доля переводов по номеру телефона",
        "Телефон нөмірі бойынша аударымдар үлесі", OWN),
    ROW(amount_z, "standard deviations", 0,
        "amount less the account's decayed mean before it (weight 1/16 an event, attempts left "
        "out), "
        "over its deviation, within ±20",
        "fewer than 5 settled or reversed amounts before, or no deviation", FEATURE_RISES,
        EVIDENCE_ANY, "AMOUNT_Z", "Unusual amount for the account", "Необычная сумма для счёта",
        "Шот үшін ерекше сома", OWN),
    ROW(active_call, "flag", 0, "1 when the payer was on a call",
        "not given, or this is not the payer", FEATURE_RISES, EVIDENCE_ANY, "ACTIVE_CALL",
        "On a phone call", "Во время звонка", "Қоңырау кезінде", FCA),
    ROW(remote_access, "flag", 0, "1 when remote access to the payer's device was seen",
        "not given, or this is not the payer", FEATURE_RISES, EVIDENCE_ANY, "REMOTE_ACCESS",
        "Remote access to the device", "Удалённый доступ к устройству",
        "Құрылғыға қашықтан қолжетімділік", FCA),
    ROW(credential_age, "days", 0, "days since a credential or device was changed, at least 0",
        "not given", FEATURE_FALLS, EVIDENCE_ANY, "CREDENTIAL_AGE",
        "Days since credentials changed", "Дней после смены доступа",
        "Кіру деректері өзгергеннен бергі күндер", FCA),
    ROW(phone_owner_mismatch, "flag", 0, "1 when the phone is registered to somebody else",
        "not given", FEATURE_RISES, EVIDENCE_ANY, "PHONE_OWNER",
        "Phone registered to somebody else", "Телефон оформлен на другого",
        "Телефон басқа адамға тіркелген", ARDFM),
    ROW(fraud_call, "flag", SECONDS_24H,
        "1 when this is the payer, the latest call known to his phone from a number of a SIM box "
        "or "
        "of a fraudulent caller was within 24 h, and the event pays or would pay an account that "
        "was not in the ring within the 7 d before, own transfers and reversals left out; else 0",
        "never", FEATURE_RISES, EVIDENCE_ANY, "FRAUD_CALL",
        "Pays somebody new after a call from a number reported for fraud",
        "Платёж новому получателю после звонка с номера, отмеченного как мошеннический",
        "Алаяқтық белгісі бар нөмірден қоңыраудан кейін жаңа алушыға төлем", OWN),
    ROW_OF_LEVELS(
        list_evidence, "ratio", 0,
        "greatest weight, at the engine clock, of the live signals on the account, its person and "
        "phone, and of the payer the device (docs/SIGNALS.md); 0 without one; a citizen's report "
        "counts beside another source alone",
        "never", FEATURE_RISES, EVIDENCE_ANY, "LIST_EVIDENCE",
        "Reports and lists name the account or its owner",
        "Счёт или его владелец указан в сообщениях и списках",
        "Шот немесе оның иесі хабарламалар мен тізімдерде аталған", ARDFM, 0.3, 0.6, 1),
    ROW(flagged_payers_24h, "count", SECONDS_24H,
        "different accounts crediting this one within 24 h whose list_evidence was above 0 when "
        "the latest of those credits came",
        "never", FEATURE_RISES, EVIDENCE_FLAGGED_CREDITS, "FLAGGED_PAYERS",
        "Payers named in reports and lists, 24 hours",
        "Плательщиков из сообщений и списков за 24 часа",
        "Хабарламалар мен тізімдерде аталған төлеушілер, 24 сағат", ARDFM),
    ROW(taint_amount_72h, "tiyn", SECONDS_72H,
        "money of transfers in a report in force, followed from account to account (FIFO, "
        "docs/SIGNALS.md), that came to this one within 72 h",
        "never", FEATURE_RISES, EVIDENCE_TRACED, "TAINT_AMOUNT",
        "Money of reported transfers, 72 hours", "Деньги заявленных переводов за 72 часа",
        "Хабарланған аударымдардың ақшасы, 72 сағат", ARDFM),
    ROW(taint_hop, "count", SECONDS_72H,
        "transfers since the victim, the fewest, of such money that came within 72 h: 1 from the "
        "victim",
        "no such money came within 72 h", FEATURE_FALLS, EVIDENCE_TRACED, "TAINT_HOP",
        "Transfers between the victim and this account, 72 hours",
        "Переводов от пострадавшего до этого счёта за 72 часа",
        "Жәбірленушіден осы шотқа дейінгі аударымдар саны, 72 сағат", ARDFM),
    ROW(collector_fan_in_24h, "count", SECONDS_24H,
        "different accounts that brought such money within 24 h", "never", FEATURE_RISES,
        EVIDENCE_TRACED, "COLLECTOR", "Payers who brought reported money, 24 hours",
        "Плательщиков, приславших заявленные деньги, за 24 часа",
        "Хабарланған ақшаны әкелген төлеушілер, 24 сағат", ARDFM),
};

static char table_sha256[DIGEST_HEX_SIZE];

static void hash_table(void) {
    static char text[1 << 16];
    size_t used = 0;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *f = &feature_table[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s|%s|%d|%s|%s\n", f->name,
                                 f->unit, (int)f->window_s, f->definition, f->null_rule);
    }
    digest_sha256_hex(text, used, table_sha256);
}

const char *feature_table_sha256(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, hash_table);
    return table_sha256;
}
