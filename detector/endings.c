/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/endings.h"

const struct ending ending_term_over = {
    RECOMMENDATION_EXPIRED,
    "TERM_OVER",
    "The term of this advice is over; nothing is to be held on it any more",
    "Срок рекомендации истёк; удерживать средства по ней больше не следует",
    "Ұсыныстың мерзімі аяқталды; ол бойынша қаражатты бұдан әрі ұстауға болмайды",
};

const struct ending ending_reversed = {
    RECOMMENDATION_WITHDRAWN,
    "TRANSACTION_REVERSED",
    "The transaction that this advice began with was reversed",
    "Операция, с которой началась рекомендация, отменена",
    "Ұсыныс басталған операцияның күші жойылды",
};

const struct ending ending_money_reversed = {
    RECOMMENDATION_WITHDRAWN,
    "MONEY_REVERSED",
    "All the money that this advice rested on went back by reversals; nothing is to be held on it "
    "any more",
    "Все средства, на которых основана рекомендация, возвращены отменой операций; удерживать "
    "средства по ней больше не следует",
    "Ұсыныс негізделген барлық қаражат операциялардың күшін жою арқылы қайтарылды; ол бойынша "
    "қаражатты бұдан әрі ұстауға болмайды",
};

const struct ending ending_false_positive = {
    RECOMMENDATION_WITHDRAWN,
    "OUTCOME_FALSE_POSITIVE",
    "It was looked into, and this advice was wrong; nothing is to be held on it any more",
    "Проверка показала, что рекомендация ошибочна; удерживать средства по ней больше не следует",
    "Тексеру ұсыныстың қате екенін көрсетті; ол бойынша қаражатты бұдан әрі ұстауға болмайды",
};

const struct ending ending_released = {
    RECOMMENDATION_WITHDRAWN,
    "OUTCOME_RELEASED",
    "What was held on this advice was released; nothing is to be held on it any more",
    "Удержанное по рекомендации освобождено; удерживать средства по ней больше не следует",
    "Ұсыныс бойынша ұсталған қаражат босатылды; ол бойынша қаражатты бұдан әрі ұстауға болмайды",
};

const struct ending ending_signal_withdrawn = {
    RECOMMENDATION_WITHDRAWN,
    "SIGNAL_WITHDRAWN",
    "The reports that this advice rested on were withdrawn, or do not speak of the account any "
    "more; nothing is to be held on it any more",
    "Сообщения, на которых основана рекомендация, отозваны или больше не относятся к счёту; "
    "удерживать средства по ней больше не следует",
    "Ұсыныс негізделген хабарламалар кері қайтарылды немесе бұл шотқа енді қатысты емес; ол "
    "бойынша қаражатты бұдан әрі ұстауға болмайды",
};

const struct ending ending_settled = {
    RECOMMENDATION_WITHDRAWN,
    "INSTRUCTION_SETTLED",
    "The payment was carried out; there is nothing left to stop on the paying side",
    "Платёж исполнен; на стороне плательщика останавливать больше нечего",
    "Төлем орындалды; төлеуші жағында енді тоқтататын ештеңе жоқ",
};

const struct ending ending_refused = {
    RECOMMENDATION_WITHDRAWN,
    "INSTRUCTION_REFUSED",
    "The payment was refused; there is nothing left to stop",
    "В исполнении платежа отказано; останавливать больше нечего",
    "Төлемнен бас тартылды; енді тоқтататын ештеңе жоқ",
};

const struct ending ending_payee_withdrawn = {
    RECOMMENDATION_WITHDRAWN,
    "PAYEE_WITHDRAWN",
    "The advice on the payee's account was withdrawn; this payment is not to be stopped on it any "
    "more",
    "Рекомендация по счёту получателя отозвана; останавливать этот платёж по ней больше не следует",
    "Алушының шоты бойынша ұсыныс кері қайтарылды; бұл төлемді ол бойынша енді тоқтатуға болмайды",
};

const struct ending ending_payee_declined = {
    RECOMMENDATION_WITHDRAWN,
    "PAYEE_DECLINED",
    "The payee's bank does not follow the advice on the account; this payment is not to be stopped "
    "on it any more",
    "Банк получателя не принял рекомендацию по счёту; останавливать этот платёж по ней больше не "
    "следует",
    "Алушының банкі шот бойынша ұсынысты қабылдамады; бұл төлемді ол бойынша енді тоқтатуға "
    "болмайды",
};
