// SPDX-License-Identifier: Apache-2.0
// Every word of the page in three languages, and numbers as each writes them.
const texts = {
  title: ["Choose a threshold", "Выбор порога", "Шекті мәнді таңдау"],
  language: ["Language", "Язык", "Тіл"],
  source: ["Events", "События", "Оқиғалар"],
  model: ["Model", "Модель", "Модель"],
  policy: ["Policy today", "Текущая политика", "Қазіргі саясат"],
  period: ["Judged period", "Период оценки", "Бағаланатын кезең"],
  days: ["days", "дн.", "күн"],
  action: ["Threshold of", "Порог действия", "Әрекеттің шекті мәні"],
  threshold: ["Threshold", "Порог", "Шекті мән"],
  probability: ["probability", "вероятность", "ықтималдық"],
  score: ["score", "оценка", "баға"],
  today: ["today", "сейчас", "қазір"],
  never: ["never reached", "не достигается", "жетпейді"],
  never_note: [
    "The model never gives the probability at which today’s policy takes this action: today it is never taken. The slider begins at the highest score.",
    "Модель никогда не даёт вероятности, при которой текущая политика применяет это действие: сейчас оно не применяется. Ползунок начинается с наибольшей оценки.",
    "Модель қазіргі саясат бұл әрекетті қолданатын ықтималдықты ешқашан бермейді: қазір ол қолданылмайды. Жүгірткі ең жоғары бағадан басталады.",
  ],
  chosen: ["chosen", "выбрано", "таңдалған"],
  to_today: ["Back to today’s", "К текущему", "Қазіргісіне қайту"],
  capacity: ["I can review", "Могу проверить", "Тексере аламын"],
  a_day_short: ["a day", "в день", "күніне"],
  on_average: ["on average", "в среднем", "орта есеппен"],
  on_busiest: ["on the busiest day", "в самый загруженный день", "ең қарбалас күні"],
  apply: ["Set the threshold", "Поставить порог", "Шекті мәнді қою"],
  download: ["Download the policy", "Скачать политику", "Саясатты жүктеп алу"],
  downloaded: ["The policy was downloaded", "Политика скачана", "Саясат жүктеп алынды"],
  a_day: ["Recommendations a day", "Рекомендаций в день", "Күніне ұсыныстар"],
  recommendations: ["Recommendations", "Рекомендации", "Ұсыныстар"],
  busiest: ["Busiest day", "Самый загруженный день", "Ең қарбалас күн"],
  accounts: ["Accounts recommended", "Счетов с рекомендацией", "Ұсыныс берілген шоттар"],
  held: ["Money held", "Удержано денег", "Ұсталған ақша"],
  found: ["Droppers found", "Найдено дропперов", "Табылған дропперлер"],
  wrong: ["Wrong freezes", "Ошибочных рекомендаций", "Қате ұсыныстар"],
  caught: ["Money caught", "Перехвачено денег", "Дер кезінде ұсталған ақша"],
  missed: ["Money missed", "Упущено денег", "Жіберіп алынған ақша"],
  precision: ["Precision", "Точность", "Дәлдік"],
  recall: ["Recall", "Полнота", "Толықтық"],
  band: ["95 % band", "95 %-й интервал", "95 % аралық"],
  chart_load: ["Load against the threshold", "Нагрузка в зависимости от порога", "Шекті мәнге қарай жүктеме"],
  chart_quality: ["Precision and recall", "Точность и полнота", "Дәлдік пен толықтық"],
  chart_money: ["Money caught and missed, ₸", "Перехваченные и упущенные деньги, ₸", "Ұсталған және жіберіп алынған ақша, ₸"],
  chart_held: ["Money held, ₸", "Удержанные деньги, ₸", "Ұсталған ақша, ₸"],
  chart_accounts: ["Droppers found and wrong freezes", "Найденные дропперы и ошибки", "Табылған дропперлер мен қателер"],
  chart_scores: ["Scores of accounts", "Оценки счетов", "Шоттардың бағалары"],
  chart_calibration: ["Calibration", "Калибровка", "Калибрлеу"],
  chart_drift: ["Drift against the training period", "Сдвиг относительно периода обучения", "Оқыту кезеңінен ығысу"],
  scores_note: [
    "Highest score of each account, in equal steps of the slider’s range; lower ones are not drawn:",
    "Наибольшая оценка каждого счёта, равными шагами по диапазону ползунка; ниже него не показано счетов:",
    "Әр шоттың ең жоғары бағасы, жүгірткі ауқымының тең қадамдарымен; одан төмен көрсетілмеген шоттар:",
  ],
  calibration_note: [
    "Where the line is on the diagonal, a probability means what it says.",
    "Там, где линия лежит на диагонали, вероятность соответствует действительности.",
    "Сызық диагональда жатқан жерде ықтималдық шындыққа сай келеді.",
  ],
  drift_none: [
    "The model’s document does not say how its scores lay in training, and the input holds too little from before the judged period: drift cannot be said. Give the training period’s events too.",
    "В документе модели нет распределения оценок при обучении, а во входных данных слишком мало событий до периода оценки: о сдвиге сказать нельзя. Добавьте события периода обучения.",
    "Модель құжатында оқыту кезіндегі бағалардың таралуы жоқ, ал кірісте бағаланатын кезеңге дейінгі оқиғалар тым аз: ығысу туралы айту мүмкін емес. Оқыту кезеңінің оқиғаларын да қосыңыз.",
  ],
  drift_within: [
    "Below the bound: no more than chance makes.",
    "Ниже границы: не больше случайного.",
    "Шектен төмен: кездейсоқтықтан аспайды.",
  ],
  drift_beyond: [
    "Above the bound: scores lie elsewhere than in the training period. Look for the cause before you tune.",
    "Выше границы: оценки распределены иначе, чем в период обучения. Сначала найдите причину.",
    "Шектен жоғары: бағалар оқыту кезеңіндегіден басқаша таралған. Алдымен себебін табыңыз.",
  ],
  drift_of_model: [
    "The training period is as the model’s document has it.",
    "Период обучения взят из документа модели.",
    "Оқыту кезеңі модель құжатынан алынған.",
  ],
  drift_of_input: [
    "The model’s document does not say how its scores lay in training: in place of it stand the events before the judged period.",
    "В документе модели нет распределения оценок при обучении: вместо него взяты события до периода оценки.",
    "Модель құжатында оқыту кезіндегі бағалардың таралуы жоқ: оның орнына бағаланатын кезеңге дейінгі оқиғалар алынды.",
  ],
  bound: ["bound", "граница", "шек"],
  then: ["training period", "период обучения", "оқыту кезеңі"],
  now: ["judged period", "период оценки", "бағаланатын кезең"],
  score_from: ["Score from", "Оценка от", "Баға, бастап"],
  share: ["share of scores", "доля оценок", "бағалар үлесі"],
  mean: ["Mean probability", "Средняя вероятность", "Орташа ықтималдық"],
  rate: ["Rate of bad", "Доля плохих", "Жаман үлесі"],
  sides: ["Scores", "Оценок", "Бағалар"],
  honest: ["honest", "честный", "адал"],
  bad: ["dropper", "дроппер", "дроппер"],
  all_accounts: ["accounts", "счета", "шоттар"],
  table: ["Table", "Таблица", "Кесте"],
  near: ["Beside the line", "Рядом с порогом", "Шекті мән маңында"],
  above: ["Just above: the action is taken", "Чуть выше: действие применяется", "Сәл жоғары: әрекет қолданылады"],
  below: ["Just below: it is not", "Чуть ниже: не применяется", "Сәл төмен: қолданылмайды"],
  none: ["none", "нет", "жоқ"],
  rank: ["Rank", "Место", "Орны"],
  account: ["Account", "Счёт", "Шот"],
  when: ["When", "Когда", "Қашан"],
  unspent: ["Money there", "Денег на счёте", "Шоттағы ақша"],
  label: ["Label", "Метка", "Белгі"],
  why: ["Why", "Почему", "Неге"],
  no_labels: [
    "No labels were given: who is bad is not known, so precision, recall, money caught and missed, and wrong freezes are not shown.",
    "Метки не заданы: кто дроппер, неизвестно, поэтому точность, полнота, перехваченные и упущенные деньги и ошибочные рекомендации не показаны.",
    "Белгілер берілмеген: кімнің дроппер екені белгісіз, сондықтан дәлдік, толықтық, ұсталған және жіберіп алынған ақша мен қате ұсыныстар көрсетілмейді.",
  ],
  interrupted: [
    "The run was interrupted: the figures are of what was read until then.",
    "Прогон прерван: показатели относятся к прочитанному до этого.",
    "Жұмыс тоқтатылды: көрсеткіштер сол сәтке дейін оқылғанға қатысты.",
  ],
  fitted: [
    "Judged on what the model was fitted on: such figures promise too much. Events that it has not seen begin at:",
    "Модель оценена на том, на чём обучена: такие показатели обещают слишком много. События, которых она не видела, начинаются:",
    "Модель өзі оқытылған оқиғалармен бағаланған: мұндай көрсеткіштер тым жақсы болып шығады. Ол көрмеген оқиғалар басталатын уақыт:",
  ],
  caps: [
    "Caps by the hour are off in these figures; the policy keeps them. A recommendation is advice: a person at the bank decides.",
    "В этих показателях почасовые ограничения отключены; в политике они остаются. Рекомендация — это совет: решает сотрудник банка.",
    "Бұл көрсеткіштерде сағаттық шектеулер ескерілмейді; саясатта олар сақталады. Ұсыныс — кеңес қана: шешімді банк қызметкері қабылдайды.",
  ],
  dropped: ["left out, never reached:", "не достигаются и исключены:", "жетпейтіндіктен алынып тасталды:"],
  actions_now: ["With this threshold", "С этим порогом", "Осы шекті мәнмен"],
  keys: [
    "Keys: ← → move the threshold, Page Up and Page Down further; j and k go through the accounts; t goes back to today’s threshold.",
    "Клавиши: ← → двигают порог, Page Up и Page Down — дальше; j и k — по счетам; t — к текущему порогу.",
    "Пернелер: ← → шекті мәнді жылжытады, Page Up пен Page Down — әрі қарай; j және k — шоттар бойымен; t — қазіргі шекті мәнге.",
  ],
  REVIEW_ONLY: ["Review only", "Только проверка", "Тек тексеру"],
  ASK_PAYER: ["Ask the payer", "Запросить плательщика", "Төлеушіден сұрау"],
  SUSPEND_INSTRUCTION: ["Suspend the instruction", "Приостановить указание", "Нұсқауды тоқтата тұру"],
  HOLD_AMOUNT: ["Hold the amount", "Удержать сумму", "Соманы ұстап тұру"],
  SUSPEND_EBANKING: ["Suspend e-banking", "Приостановить электронный банкинг", "Электрондық банкингті тоқтата тұру"],
  REFUSE_TO_PAYEE: ["Refuse to the payee", "Отказать получателю", "Алушыға бас тарту"],
};

export const languages = [["en", "English"], ["ru", "Русский"], ["kk", "Қазақша"]];

export function firstLanguage() {
  const wanted = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find((tag) => languages.some(([code]) => code === tag)) ?? "en";
}

// A browser that does not know Kazakh numbers, which have a decimal comma, writes them as in Russian.
function localeOf(code) {
  if (code === "en") return "en-GB";
  return new Intl.NumberFormat(code).format(0.5).includes(",") ? code : "ru";
}

const thousands = [["", "k", "M", "bn"], ["", "тыс.", "млн", "млрд"], ["", "мың", "млн", "млрд"]];

function compact(value, index, format) {
  const power = value === 0 ? 0 : Math.min(3, Math.max(0, Math.floor(Math.log10(Math.abs(value)) / 3)));
  return `${format.format(value / 1000 ** power)}\u00a0${thousands[index][power]}`.trim();
}

// Days begin at UTC+5 everywhere in this program.
const AHEAD_MS = 5 * 3600 * 1000;
const dates = { timeZone: "UTC", dateStyle: "short", timeStyle: "short" };

export function wording(code) {
  const index = languages.findIndex(([known]) => known === code);
  const locale = localeOf(code);
  const number = (options) => new Intl.NumberFormat(locale, options);
  const plain = number({ maximumFractionDigits: 0 });
  const one = number({ maximumFractionDigits: 1, minimumFractionDigits: 1 });
  const percent = number({ style: "percent", maximumFractionDigits: 1 });
  const two = number({ maximumFractionDigits: 2, minimumFractionDigits: 2 });
  const four = number({ maximumFractionDigits: 4, minimumFractionDigits: 4 });
  const six = number({ maximumSignificantDigits: 6 });
  const date = new Intl.DateTimeFormat(locale, dates);
  const money = (tiyn) => `${plain.format(tiyn / 100)}\u00a0₸`;
  const fine = number({ maximumSignificantDigits: 4 });
  const units = {
    tiyn: money,
    ratio: percent.format,
    s: (value) => `${fine.format(value / 3600)} ${["h", "ч", "сағ"][index]}`,
    days: (value) => `${fine.format(value)} ${["d", "дн.", "күн"][index]}`,
  };
  const or = (format) => (value) => (value === null || value === undefined ? "–" : format(value));
  return {
    code,
    t: (name) => texts[name]?.[index] ?? name,
    whole: or(plain.format),
    one: or(one.format),
    percent: or(percent.format),
    money: or(money),
    score: or(two.format),
    probability: or((value) => (value > 0.999 || value < 0.001 ? six : four).format(value)),
    time: (seconds) => date.format(seconds * 1000 + AHEAD_MS),
    short: (value) => compact(value, index, fine),
    withUnit: (value, unit) => (value === null ? "–" : (units[unit] ?? fine.format)(value)),
  };
}
