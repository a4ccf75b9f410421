/* SPDX-License-Identifier: Apache-2.0 */
/* The words of `saqshy trace` in three languages. */
#pragma once

#include "detector/recommendation.h"
#include "detector/trail.h"
#include "models/language.h"

/* X(name, English, Russian, Kazakh); those with % are patterns. */
/* clang-format off */
#define TRACE_WORDS(X) \
    X(TITLE, "Money trail", "След денег", "Ақша ізі") \
    X(OF_TRANSACTION, "transaction", "операция", "операция") \
    X(OF_ACCOUNT, "what people sent to account", "переводы людей на счёт", "адамдардың шотқа аударымдары:") \
    X(OF_INCIDENT, "incident", "инцидент", "оқиға") \
    X(STATEMENT, "What this is: signs, worked out from recorded transactions by one rule, first in, first out within each account. " \
      "It is not a finding of anybody's guilt. A person at the bank decides; what it proves is for a court to say.", \
      "Что это: признаки, вычисленные по записанным операциям по одному правилу — деньги, пришедшие на счёт первыми, первыми и уходят. " \
      "Это не вывод о чьей-либо вине. Решает сотрудник банка; что этим доказано, скажет суд.", \
      "Бұл не: жазылған операциялар бойынша бір ережемен есептелген белгілер — шотқа бірінші түскен ақша бірінші кетеді. " \
      "Бұл біреудің кінәсі туралы тұжырым емес. Шешімді банк қызметкері қабылдайды; мұның нені дәлелдейтінін сот айтады.") \
    X(TRACED, "Traced", "Прослежено", "Қадағаланған") \
    X(BETWEEN, "Sent", "Отправлено", "Жіберілген") \
    X(NOT_TRACED, "Moved no money here", "Денег здесь не переместили", "Мұнда ақша қозғамаған") \
    X(NO_IDS, "Names no transaction", "Операций не называет", "Операцияларды атамайды") \
    X(NO_IDS_FITTING, "transfers of its accounts that fit what it says of time and amount: %zu; all of them are traced", \
      "переводов её счетов, подходящих по времени и сумме: %zu; прослежены все", \
      "шоттарының уақыты мен сомасы сәйкес аударымдары: %zu; бәрі қадағаланады") \
    X(FOLLOWED_FOR, "Followed", "Прослеживается", "Қадағалау шегі") \
    X(LIMITS, "%u hops, %lld h after each transfer, in transfers with at least %s KZT of it", \
      "%u переходов, %lld ч после каждого перевода, в переводах, где таких денег не меньше %s KZT", \
      "%u өту, әр аударымнан кейін %lld сағ, ондай ақшасы кемінде %s KZT аударымдарда") \
    X(WHERE_NOW, "Where the money is", "Где деньги", "Ақша қайда") \
    X(AS_OF, "as of the last event, %s UTC", "на момент последней записи, %s UTC", \
      "соңғы жазба сәтінде, %s UTC") \
    X(THERE, "still on accounts", "ещё на счетах", "әлі шоттарда") \
    X(RETURNED, "returned to those who sent it", "возвращено отправителям", "жіберушілерге қайтарылған") \
    X(SENDERS, "Who sent it", "Кто отправил", "Кім жіберді") \
    X(SENDER, "Sender", "Отправитель", "Жіберуші") \
    X(TRANSFERS, "Transfers", "Переводы", "Аударымдар") \
    X(ACCOUNTS, "Who received it", "Кто получил", "Кім алды") \
    X(ACCOUNT, "Account", "Счёт", "Шот") \
    X(NO_ACCOUNT, "no account", "без счёта", "шотсыз") \
    X(HOP, "Hop", "Переход", "Өту") \
    X(FIRST, "First, UTC", "Впервые, UTC", "Алғаш, UTC") \
    X(CAME, "Came", "Пришло", "Келді") \
    X(PASSED_ON, "Passed on", "Передано", "Берілді") \
    X(WENT_OUT, "Went out", "Ушло", "Кетті") \
    X(CUT_OFF, "Not followed", "Не прослежено", "Қадағаланбады") \
    X(THERE_HEAD, "Still there", "Ещё там", "Әлі сонда") \
    X(TIME, "Time, UTC", "Время, UTC", "Уақыты, UTC") \
    X(KIND, "Kind", "Вид", "Түрі") \
    X(FROM, "From", "От", "Кімнен") \
    X(TO, "To", "Кому", "Кімге") \
    X(AMOUNT, "Amount, KZT", "Сумма, KZT", "Сома, KZT") \
    X(OF_IT, "Of it traced", "Из них прослежено", "Оның қадағаланғаны") \
    X(OUTCOME, "Outcome", "Что стало", "Не болды") \
    X(POSITION, "Log position", "Место в журнале", "Журналдағы орны") \
    X(TRANSACTION, "Transaction", "Операция", "Операция") \
    X(RECORD_HASH, "SHA-256 of the record", "SHA-256 записи", "Жазбаның SHA-256") \
    X(GRAPH, "By hop and time", "По переходам и времени", "Өту мен уақыт бойынша") \
    X(GRAPH_SAYS, "Hops from left to right, time from top to bottom; a box is an account at a hop, with what came and when. " \
      "The tables below say the same in numbers.", \
      "Переходы слева направо, время сверху вниз; прямоугольник — счёт на переходе, с суммой и временем. " \
      "Таблицы ниже говорят то же числами.", \
      "Өтулер солдан оңға, уақыт жоғарыдан төмен; төртбұрыш — өтудегі шот, сомасы мен уақыты. " \
      "Төмендегі кестелер соны сандармен айтады.") \
    X(GRAPH_CUT, "The %u largest of %u boxes are drawn; the tables have all.", \
      "Показаны %u крупнейших из %u; в таблицах есть все.", "%2$u ішінен ең ірі %1$u көрсетілген; кестелерде бәрі бар.") \
    X(GRAPH_SENDERS, "senders: %u", "отправителей: %u", "жіберушілер: %u") \
    X(RECOMMENDATIONS, "What was recommended, and when", "Что и когда рекомендовалось", "Не және қашан ұсынылды") \
    X(NO_RECOMMENDATIONS, "No recommendation was issued for these accounts.", "Рекомендаций по этим счетам не было.", \
      "Бұл шоттар бойынша ұсыныс болған жоқ.") \
    X(ADVICE_IS, "As the engine works them out from these records with the model and the policy named here; `saqshy verify` tells " \
      "whether they are the ones that were published.", \
      "Как их вычисляет программа по этим записям с указанными здесь моделью и политикой; `saqshy verify` проверит, те ли они, " \
      "что были опубликованы.", \
      "Бағдарлама осы жазбалар бойынша мұнда аталған модельмен және саясатпен есептегендей; `saqshy verify` олардың " \
      "жарияланғандар екенін тексереді.") \
    X(RECOMMENDATION, "Recommendation", "Рекомендация", "Ұсыныс") \
    X(STATE, "State", "Состояние", "Күйі") \
    X(ACTION, "Action", "Действие", "Әрекет") \
    X(ON_PAYMENT, "payment", "платёж", "төлем") \
    X(AT_RISK, "At risk, KZT", "Под риском, KZT", "Тәуекелдегі сома, KZT") \
    X(THEN, "Traced there then, KZT", "Прослеженного тогда там, KZT", "Сол кездегі қадағаланғаны, KZT") \
    X(HASHES, "What it was worked out from", "Из чего вычислено", "Неден есептелді") \
    X(MODEL, "Model", "Модель", "Модель") \
    X(POLICY, "Policy", "Политика", "Саясат") \
    X(RECORDS, "Records", "Записи", "Жазбалар") \
    X(RECORDS_ARE, "%llu, events of %s to %s UTC", "%llu, события с %s по %s UTC", "%llu, оқиғалар %s – %s UTC") \
    X(CHAIN, "Hash chain", "Цепочка хешей", "Хештер тізбегі") \
    X(CHAIN_IS, "Each link is the SHA-256 of the one before and of the next record's SHA-256, in the order they were taken; the same records give the same page.", \
      "Каждое звено — SHA-256 от предыдущего и от SHA-256 следующей записи, в порядке чтения; те же записи дают ту же страницу.", \
      "Әр буын — алдыңғысы мен келесі жазбаның SHA-256 мәнінен алынған SHA-256, оқылу ретімен; сол жазбалар сол бетті береді.") \
    X(MASKED, "Account tokens are shortened; --full prints them whole.", "Токены счетов сокращены; --full печатает их целиком.", \
      "Шот токендері қысқартылған; --full оларды толық басады.") \
    X(METHOD, "A balance that was there before an account's first event is its oldest money; money that left beyond all that was seen to come is not traced. " \
      "A reversal gives back what is still there. A shop, an office, cash and crypto end the trail.", \
      "Остаток до первой операции счёта — его самые старые деньги; ушедшее сверх всего пришедшего не прослеживается. " \
      "Отмена возвращает то, что ещё на месте. Магазин, услуги, наличные и криптовалюта завершают след.", \
      "Шоттың алғашқы операциясына дейінгі қалдық — оның ең ескі ақшасы; келгеннен артық кеткені қадағаланбайды. " \
      "Күшін жою әлі орнында тұрғанды қайтарады. Дүкен, қызметтер, қолма-қол ақша мен криптовалюта ізді аяқтайды.")
/* clang-format on */

enum trace_word {
#define X(name, en, ru, kk) TRACE_##name,
    TRACE_WORDS(X)
#undef X
        TRACE_WORD_COUNT
};

const char *trace_word(enum trace_word word, enum language language);
/* "cash"; of TRAIL_FOLLOWED: "received". */
const char *trace_fate(enum trail_fate fate, enum language language);
/* What a reversal gave back. */
const char *trace_given_back(enum language language);
const char *trace_state(enum recommendation_state state, enum language language);
