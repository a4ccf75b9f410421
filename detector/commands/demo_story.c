/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/demo_story.h"

#include "detector/base/grow.h"
#include "detector/commands/account_set.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct accused {
    char *token;
    uint32_t size;
    int64_t first_s;
};

struct demo_story {
    pthread_mutex_t lock;
    struct account_set *advised; /* since when */
    struct account_set *known;   /* those of: */
    struct accused *accused;
    size_t count, room;
    int64_t incidents;
};

struct demo_story *demo_story_new(void) {
    struct demo_story *s = calloc(1, sizeof *s);
    assert(s != NULL && "out of memory");
    pthread_mutex_init(&s->lock, NULL);
    s->advised = account_set_new();
    s->known = account_set_new();
    return s;
}

void demo_story_free(struct demo_story *s) {
    if (s == NULL) return;
    for (size_t i = 0; i < s->count; i++)
        free(s->accused[i].token);
    free(s->accused);
    account_set_free(s->advised);
    account_set_free(s->known);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void accuse(struct demo_story *s, struct text token, int64_t second) {
    if (!account_set_add(s->known, token, 0)) return;
    char *copy = malloc((size_t)token.size + 1);
    assert(copy != NULL && "out of memory");
    memcpy(copy, token.data, token.size);
    s->accused = grow(s->accused, s->count, &s->room, sizeof *s->accused);
    s->accused[s->count++] = (struct accused){copy, token.size, second};
}

void demo_story_tell(struct demo_story *s, const struct signal *signal) {
    if (signal->kind != SIGNAL_INCIDENT || signal->revision != 1) return;
    bool named = false;
    pthread_mutex_lock(&s->lock);
    for (uint32_t i = 0; i < signal->subject_count; i++) {
        const struct signal_subject *subject = &signal->subjects[i];
        if (subject->type != SUBJECT_ACCOUNT || subject->role == ROLE_VICTIM) continue;
        accuse(s, subject->token, signal->reported_at_s);
        named = true;
    }
    s->incidents += named;
    pthread_mutex_unlock(&s->lock);
}

void demo_story_advise(struct demo_story *s, const struct recommendation *r) {
    if (r->state != RECOMMENDATION_ISSUED) return;
    pthread_mutex_lock(&s->lock);
    account_set_lower(s->advised, r->target_account_token, r->issued_at_us / 1000000);
    pthread_mutex_unlock(&s->lock);
}

struct demo_ending demo_story_ending(struct demo_story *s) {
    pthread_mutex_lock(&s->lock);
    struct demo_ending ending = {.incidents = s->incidents, .accounts = (int64_t)s->count};
    for (size_t i = 0; i < s->count; i++) {
        const struct accused *a = &s->accused[i];
        int64_t since_s;
        if (!account_set_find(s->advised, (struct text){a->token, a->size}, &since_s)) continue;
        ending.before += since_s <= a->first_s;
        ending.after += since_s > a->first_s;
    }
    pthread_mutex_unlock(&s->lock);
    return ending;
}
