/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/freeze_show.h"

enum { MICROS = 1000000 };

struct showing {
    const struct freezes_query *query;
    struct freezes_source source;
    char id[RECOMMENDATION_ID_SIZE + 1];
    int32_t revision; /* that was asked for; 0: none */
    struct freeze_story *story;
    struct freeze_book *book; /* of this one alone */
};

static void take(void *context, const struct freeze_record *record) {
    struct showing *s = context;
    if (freeze_story_take(s->story, record))
        freeze_book_take(s->book, record->partition, record->offset, record->value);
}

/* All revisions are shown; an id that was copied wrongly must not look like one of them. */
static bool check_revision(const struct showing *s, struct error *error) {
    const size_t count = freeze_story_count(s->story);
    for (size_t i = 0; i < count; i++)
        if (freeze_story_at(s->story, i)->number == s->revision) return true;
    return s->revision == 0 ||
           error_set(error, ERROR_FAILED, "recommendation %s has no revision %d; the last is %lld",
                     s->id, (int)s->revision,
                     (long long)freeze_story_at(s->story, count - 1)->number);
}

static bool print(const struct showing *s, FILE *out, struct error *error) {
    const struct freezes_query *q = s->query;
    if (freeze_book_count(s->book) == 0)
        return error_set(error, ERROR_FAILED,
                         "there is no recommendation %s; see saqshy freezes ls --all", s->id);
    if (!check_revision(s, error)) return false;
    const struct freeze *freeze = freeze_book_at(s->book, 0);
    const struct freeze_show show = {
        .query = q,
        .story = s->story,
        .outcome = outcomes_find(s->source.outcomes, text_of(s->id)),
        .standing = freeze_standing(freeze, q->now_us),
        .decide_in_s = freeze->decide_by_us / MICROS - q->now_us / MICROS,
    };
    (q->json ? freeze_show_json : freeze_show_text)(&show, out);
    return true;
}

bool freezes_show(const struct freezes_query *query, struct port *port, FILE *out,
                  struct error *error) {
    struct showing s = {.query = query, .source = {.query = query, .port = port}};
    if (!freeze_id_read(query->id, s.id, &s.revision))
        return error_set(error, ERROR_USAGE,
                         "%.64s is no id of a recommendation, which has %d digits 0-9a-f, and may "
                         "have .REVISION behind them; see saqshy freezes ls --all",
                         query->id, RECOMMENDATION_ID_SIZE);
    s.story = freeze_story_open(s.id, query->until_us, error);
    s.book = s.story == NULL ? NULL : freeze_book_open(query->until_us, error);
    bool ok = s.book != NULL && freezes_read(&s.source, take, &s, error);
    if (ok) {
        freeze_story_end(s.story);
        ok = print(&s, out, error);
    }
    freezes_close(&s.source);
    freeze_book_close(s.book);
    freeze_story_close(s.story);
    return ok;
}
