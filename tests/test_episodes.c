/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/advice_saved.h"
#include "tests/support.h"

#include "detector/episodes.h"

#include <stdio.h>

/* Its token is made of the number, and its id of the transaction. */
static struct episode *add(struct episodes *episodes, uint32_t number, const char *tx,
                           int64_t due_s) {
    char id[RECOMMENDATION_ID_SIZE + 1], token[16];
    (void)snprintf(token, sizeof token, "token-%u", number);
    (void)snprintf(id, sizeof id, "%32s", tx);
    const struct episode_opening opening = {number,      text_of(token), text_of("BIC"),
                                            text_of(tx), text_of(id),    due_s};
    return episodes_add(episodes, &opening);
}

static const char some_id[] = "0123456789abcdef0123456789abcdef";

static void test_an_episode_is_found_by_its_account(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(8);
    struct episode *a = add(episodes, 7, "a", 10), *b = add(episodes, 9, "b", 20);
    assert_ptr_equal(episodes_find(episodes, 7), a);
    assert_ptr_equal(episodes_find(episodes, 9), b);
    assert_null(episodes_find(episodes, 8));
    episodes_remove(episodes, a);
    assert_null(episodes_find(episodes, 7));
    assert_int_equal(episodes_open_count(episodes), 1);
    episodes_close(episodes);
    episodes_close(NULL);
}

static void test_texts_are_copies(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(8);
    char token[] = "token", bic[] = "BIC", tx[] = "tx";
    const struct episode_opening opening = {1,           text_of(token),   text_of(bic),
                                            text_of(tx), text_of(some_id), 5};
    struct episode *episode = episodes_add(episodes, &opening);
    token[0] = bic[0] = tx[0] = '#';
    assert_true(text_equal(episode->account_token, text_of("token")));
    assert_true(text_equal(episode->bic, text_of("BIC")));
    assert_true(text_equal(episode->tx_ids[0], text_of("tx")));
    episodes_close(episodes);
}

static void test_an_unknown_bank_stays_null(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(8);
    const struct episode_opening opening = {.account_number = 1,
                                            .account_token = text_of("t"),
                                            .tx_id = text_of("x"),
                                            .id = text_of(some_id)};
    assert_null(episodes_add(episodes, &opening)->bic.data);
    episodes_close(episodes);
}

static void test_no_more_than_the_limit(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(2);
    struct episode *first = add(episodes, 1, "a", 1);
    assert_non_null(add(episodes, 2, "b", 1));
    episodes_start_cooling(episodes, first, 9);
    assert_null(add(episodes, 3, "c", 1));
    episodes_remove(episodes, first);
    assert_non_null(add(episodes, 3, "c", 1));
    episodes_close(episodes);
}

static void test_the_first_that_is_due_comes_first_then_by_id(void **unused) {
    (void)unused;
    enum { COUNT = 500 };
    struct episodes *episodes = episodes_open(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        char tx[16];
        (void)snprintf(tx, sizeof tx, "%u", i);
        assert_non_null(add(episodes, i, tx, (int64_t)(i * 7919 % 23)));
    }
    for (uint32_t i = 0; i < COUNT; i += 3)
        episodes_start_cooling(episodes, episodes_find(episodes, i), (int64_t)(i * 31 % 23));
    for (uint32_t i = 1; i < COUNT; i += 3)
        episodes_remove(episodes, episodes_find(episodes, i));
    assert_null(episodes_due(episodes, -1));
    int64_t due_s = -1;
    char id[RECOMMENDATION_ID_SIZE + 1] = "";
    uint32_t count = 0;
    const struct episode *episode;
    while ((episode = episodes_due(episodes, 22)) != NULL) {
        assert_true(episode->due_s > due_s || strcmp(episode->id, id) > 0);
        assert_true(episode->due_s >= due_s);
        due_s = episode->due_s;
        memcpy(id, episode->id, sizeof id);
        episodes_remove(episodes, episode);
        count++;
    }
    assert_int_equal(count, COUNT - (COUNT + 1) / 3);
    assert_int_equal(episodes_open_count(episodes), 0);
    episodes_close(episodes);
}

static void test_an_episode_is_due_at_its_second(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(2);
    struct episode *episode = add(episodes, 1, "a", 100);
    assert_null(episodes_due(episodes, 99));
    assert_ptr_equal(episodes_due(episodes, 100), episode);
    episodes_close(episodes);
}

static void test_an_episode_is_found_by_its_id(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(8);
    struct episode *a = add(episodes, 7, "a", 10), *b = add(episodes, 9, "b", 20);
    char id[RECOMMENDATION_ID_SIZE + 1];
    memcpy(id, a->id, sizeof id);
    assert_ptr_equal(episodes_find_id(episodes, text_of(id)), a);
    assert_ptr_equal(episodes_find_id(episodes, text_of(b->id)), b);
    episodes_remove(episodes, a);
    assert_null(episodes_find_id(episodes, text_of(id)));
    assert_null(episodes_find_id(episodes, text_of("")));
    assert_null(episodes_find_id(episodes, (struct text){b->id, RECOMMENDATION_ID_SIZE - 1}));
    episodes_close(episodes);
}

static void test_one_that_is_confirmed_is_flagged_while_it_cools(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(8);
    struct episode *a = add(episodes, 1, "a", 10), *b = add(episodes, 2, "b", 10);
    assert_ptr_equal(episodes_find_flagged(episodes, text_of("token-1")), a);
    a->confirmed = true;
    episodes_start_cooling(episodes, a, 50);
    episodes_start_cooling(episodes, b, 50);
    assert_int_equal(episodes_open_count(episodes), 0);
    assert_ptr_equal(episodes_find_flagged(episodes, text_of("token-1")), a);
    assert_null(episodes_find_flagged(episodes, text_of("token-2")));
    episodes_remove(episodes, a);
    assert_null(episodes_find_flagged(episodes, text_of("token-1")));
    episodes_close(episodes);
}

/* An account that was dropped and came back has another number. */
static void test_a_new_one_takes_the_place_of_a_confirmed_one(void **unused) {
    (void)unused;
    struct episodes *episodes = episodes_open(1);
    struct episode *first = add(episodes, 1, "a", 10);
    first->confirmed = true;
    episodes_start_cooling(episodes, first, 50);
    const struct episode_opening opening = {
        2, text_of("token-1"), {0}, text_of("b"), text_of(some_id), 20};
    struct episode *second = episodes_add(episodes, &opening);
    assert_non_null(second);
    assert_null(episodes_find(episodes, 1));
    assert_ptr_equal(episodes_find_flagged(episodes, text_of("token-1")), second);
    assert_int_equal(episodes_open_count(episodes), 1);
    episodes_close(episodes);
}

/* To their bytes and back. */
static struct episodes *restarted(struct episodes *before) {
    struct advice_tables from = advice_tables_of(1, 1, 1), to = advice_tables_of(8, 1, 1);
    struct pack saved = {0}, again = {0};
    episodes_close(from.episodes);
    from.episodes = before;
    advice_save(&from, &saved);
    struct unpack unpack = {.at = saved.data, .end = saved.data + saved.size};
    assert_true(advice_load(&to, &unpack));
    advice_save(&to, &again);
    assert_int_equal(again.size, saved.size);
    assert_memory_equal(again.data, saved.data, saved.size);
    struct episodes *after = to.episodes;
    to.episodes = NULL;
    advice_tables_close(&from);
    advice_tables_close(&to);
    free(saved.data);
    free(again.data);
    return after;
}

/* Both open; the one of the lower number is flagged, then the other. */
static void test_under_two_numbers_one_after_the_other_is_flagged(void **unused) {
    (void)unused;
    const struct text token = text_of("token-1");
    struct episodes *episodes = episodes_open(1 + 1);
    struct episode *first = add(episodes, 1, "a", 10);
    const struct episode_opening opening = {2, token, {0}, text_of("b"), text_of(some_id), 20};
    struct episode *second = episodes_add(episodes, &opening);
    assert_ptr_equal(episodes_find_flagged(episodes, token), first);
    episodes_start_cooling(episodes, first, 50);
    assert_ptr_equal(episodes_find_flagged(episodes, token), second);
    episodes_start_cooling(episodes, second, 50);
    assert_null(episodes_find_flagged(episodes, token));
    episodes_close(episodes);
    episodes = episodes_open(1 + 1);
    add(episodes, 1, "a", 10);
    episodes_add(episodes, &opening);
    episodes = restarted(episodes);
    assert_int_equal(episodes_find_flagged(episodes, token)->account_number, 1);
    episodes_remove(episodes, episodes_find(episodes, 1));
    assert_int_equal(episodes_find_flagged(episodes, token)->account_number, 2);
    episodes_close(episodes);
}

static void test_episodes_come_back_as_they_were_saved(void **unused) {
    (void)unused;
    struct episodes *before = episodes_open(8);
    struct episode *a = add(before, 7, "a", 10), *b = add(before, 9, "b", 20);
    char id[RECOMMENDATION_ID_SIZE + 1];
    memcpy(id, a->id, sizeof id);
    a->emptied = true;
    a->revision = 2;
    a->action = ACTION_HOLD_AMOUNT;
    a->at_risk_tiyn = 77;
    b->confirmed = true;
    episodes_start_cooling(before, b, 30);
    struct episodes *after = restarted(before);
    const struct episode *loaded = episodes_find_id(after, text_of(id));
    assert_non_null(loaded);
    assert_true(loaded->emptied);
    assert_int_equal(loaded->at_risk_tiyn, 77);
    assert_int_equal(episodes_find(after, 9)->state, EPISODE_COOLING);
    assert_non_null(episodes_find_flagged(after, text_of("token-9")));
    episodes_close(after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_episode_is_found_by_its_account),
        cmocka_unit_test(test_texts_are_copies),
        cmocka_unit_test(test_an_unknown_bank_stays_null),
        cmocka_unit_test(test_no_more_than_the_limit),
        cmocka_unit_test(test_the_first_that_is_due_comes_first_then_by_id),
        cmocka_unit_test(test_an_episode_is_due_at_its_second),
        cmocka_unit_test(test_an_episode_is_found_by_its_id),
        cmocka_unit_test(test_one_that_is_confirmed_is_flagged_while_it_cools),
        cmocka_unit_test(test_a_new_one_takes_the_place_of_a_confirmed_one),
        cmocka_unit_test(test_under_two_numbers_one_after_the_other_is_flagged),
        cmocka_unit_test(test_episodes_come_back_as_they_were_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
