/* SPDX-License-Identifier: Apache-2.0 */
/* scores.csv row by row against rows put together by printf. */
#include "tests/support.h"

#include "detector/commands/backtest_scores.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOKEN_MAX = 100000 };

static struct model *model;
static struct batch *batch;
static char token[TOKEN_MAX + 1];
static char *text; /* what was written last */
static size_t text_size;

static int begin(void **state) {
    (void)state;
    struct error error;
    model = model_shipped(&error);
    batch = batch_new();
    memset(token, 'a', TOKEN_MAX);
    return model == NULL || batch == NULL;
}

static int end(void **state) {
    (void)state;
    free(text);
    batch_free(batch);
    model_free(model);
    return 0;
}

/* Both sides of one event. */
static void set_event(uint32_t event, struct text payer, struct text payee,
                      const double logits[2]) {
    batch->tx[event] = (struct transaction){.payer.account_token = payer,
                                            .payee.account_token = payee,
                                            .event_time_s = 1767225600 + event};
    batch->input[event] = (struct input){.record.offset = 10 * (int64_t)event, .partition = 3};
    for (uint32_t role = 0; role < 2; role++) {
        batch->side[2 * event + role] =
            (struct side){.event = event, .role = role == 0 ? SIDE_PAYER : SIDE_PAYEE};
        batch->logit[2 * event + role] = logits[role];
    }
    batch->count = event + 1;
    batch->sides = 2 * (event + 1);
}

static void write_rows(uint32_t batches) {
    free(text);
    FILE *file = open_memstream(&text, &text_size);
    struct backtest_scores *scores = backtest_scores_open(file, model, NULL);
    for (uint32_t i = 0; i < batches; i++)
        backtest_scores_rows(scores, batch);
    backtest_scores_close(scores);
    fclose(file);
}

static void a_row_has_place_account_time_side_and_score(void **state) {
    (void)state;
    set_event(0, text_of("ann"), text_of("bob"), (const double[]){0, -2.25});
    char due[400];
    write_rows(1);
    snprintf(due, sizeof due,
             "position,account,time,side,logit,probability\n"
             "3/0,ann,1767225600,payer,0,%.17g\n3/0,bob,1767225600,payee,-2.25,",
             model_probability(model, 0));
    assert_memory_equal(text, due, strlen(due));
    const double probability = strtod(text + strlen(due), NULL);
    assert_true(probability == model_probability(model, -2.25));
}

static void an_account_is_quoted_where_it_must_be(void **state) {
    (void)state;
    set_event(0, text_of("a,\"b"), text_of("c\nd"), (const double[]){0, 0});
    write_rows(1);
    assert_non_null(strstr(text, "3/0,\"a,\"\"b\",1767225600,payer,0,"));
    assert_non_null(strstr(text, "\n3/0,\"c\nd\",1767225600,payee,0,"));
}

static size_t lines_written(void) {
    size_t lines = 0;
    for (size_t i = 0; i < text_size; i++)
        lines += text[i] == '\n';
    return lines;
}

/* Past the buffer's end, with accounts that fit it, barely do not, and never would. */
static void rows_are_whole_whatever_the_buffer_holds(void **state) {
    (void)state;
    for (uint32_t size = 65000; size < 66000; size += 37) {
        set_event(0, (struct text){token, size}, text_of("b"), (const double[]){1.5, 1.5});
        set_event(1, (struct text){token, TOKEN_MAX}, text_of("b"), (const double[]){2.5, -1});
        write_rows(3);
        assert_int_equal(lines_written(), 1 + 3 * 4);
        const char *second = strstr(text, "\n3/10,a");
        assert_non_null(second);
        assert_memory_equal(second + strlen("\n3/10,"), token, TOKEN_MAX);
        assert_memory_equal(second + strlen("\n3/10,") + TOKEN_MAX, ",1767225601,payer,2.5,", 22);
    }
}

/* More scores than are remembered, each twice. */
static void a_score_that_comes_again_has_the_same_text(void **state) {
    (void)state;
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t i = 0; i < BATCH_EVENTS; i++) {
            const double logit = (double)(round * BATCH_EVENTS + i) * 0x1p-9 - 5;
            set_event(i, text_of("a"), text_of("b"), (const double[]){logit, logit});
        }
        write_rows(1);
        const char *line = strchr(text, '\n') + 1;
        for (uint32_t i = 0; i < batch->sides; i++) {
            const char *score = strstr(line, i % 2 == 0 ? "payer," : "payee,") + 6;
            char *rest = NULL;
            assert_true(strtod(score, &rest) == batch->logit[i]);
            assert_true(strtod(rest + 1, NULL) == model_probability(model, batch->logit[i]));
            line = strchr(line, '\n') + 1;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_has_place_account_time_side_and_score),
        cmocka_unit_test(an_account_is_quoted_where_it_must_be),
        cmocka_unit_test(rows_are_whole_whatever_the_buffer_holds),
        cmocka_unit_test(a_score_that_comes_again_has_the_same_text),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
