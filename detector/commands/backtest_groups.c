/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/commands/backtest_groups.h"

#include "detector/base/printable.h"
#include "detector/commands/account_set.h"
#include "detector/import/csv_walk.h"
#include "schemas/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The file. */

static struct backtest_group *find_group(struct backtest_groups *g, const char *name) {
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->groups[i].name, name) == 0) return &g->groups[i];
    return NULL;
}

static struct backtest_group *add_group(struct backtest_groups *g, const char *name) {
    struct backtest_group *group = &g->groups[g->count++];
    memcpy(group->name, name, strlen(name) + 1);
    group->members = account_set_new();
    assert(group->members != NULL && "out of memory");
    return group;
}

/* What would be shown otherwise than it is, so that two groups could look alike. */
static bool is_shown_as_it_is(const char *name) {
    char shown[BACKTEST_GROUP_NAME_MAX + 1] = "";
    FILE *out = fmemopen(shown, sizeof shown, "w");
    assert(out != NULL && "out of memory");
    printable_put(name, out);
    fclose(out);
    return utf8_valid(name, strlen(name)) && strcmp(shown, name) == 0;
}

static const char *take_member(struct backtest_groups *g, const char *account, const char *name) {
    if (account[0] == '\0') return "the account is empty";
    if (name[0] == '\0' || strlen(name) > BACKTEST_GROUP_NAME_MAX || strpbrk(name, "|\r\n") != NULL)
        return "a group has 1 to 64 bytes, without | and line breaks";
    struct backtest_group *group = find_group(g, name);
    if (group == NULL && !is_shown_as_it_is(name))
        return "a group is UTF-8 without control characters";
    if (group == NULL && g->count == BACKTEST_GROUPS_MAX) return "more than 256 groups";
    if (group == NULL) group = add_group(g, name);
    account_set_add(group->members, text_of(account), 0);
    account_set_add(g->accounts, text_of(account), 0);
    return NULL;
}

static const char *take_line(void *context, const struct csv *csv) {
    struct backtest_groups *g = context;
    if (csv == NULL) return g->count > 0 ? NULL : "no row follows; account_id,group is due";
    if (csv_count(csv) != 2) return "two fields are due: account_id,group";
    const bool is_head =
        strcmp(csv_field(csv, 0), "account_id") == 0 && strcmp(csv_field(csv, 1), "group") == 0;
    if (!g->has_head) {
        g->has_head = true;
        return is_head ? NULL : "the head line is not account_id,group";
    }
    return is_head ? "the head line stands here again"
                   : take_member(g, csv_field(csv, 0), csv_field(csv, 1));
}

struct backtest_groups *backtest_groups_open(const char *path, struct error *error) {
    struct backtest_groups *groups = calloc(1, sizeof *groups);
    assert(groups != NULL && "out of memory");
    groups->accounts = account_set_new();
    assert(groups->accounts != NULL && "out of memory");
    if (csv_walk(path, take_line, groups, error)) return groups;
    backtest_groups_close(groups);
    return NULL;
}

void backtest_groups_close(struct backtest_groups *groups) {
    if (groups == NULL) return;
    for (size_t i = 0; i < groups->count; i++)
        account_set_free(groups->groups[i].members);
    account_set_free(groups->accounts);
    free(groups);
}

/* The figures. */

/* Wilson's interval: within 0 to 1 also where nothing, or everything, was hit. */
static struct band share_band(int64_t hit, int64_t all) {
    if (all == 0) return (struct band){(double)NAN, (double)NAN};
    const double z = 1.959963984540054, z2 = z * z, n = (double)all, p = (double)hit / n;
    const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
    const double half = sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n);
    return (struct band){hit == 0 ? 0 : middle - half, hit == all ? 1 : middle + half};
}

static void tally(struct backtest_group *group, const struct backtest_standing *standing) {
    const bool recommended = standing->first_advice_s != INT64_MAX;
    if (backtest_is_bad(standing)) {
        group->bad++;
        group->found += recommended;
        return;
    }
    group->honest++;
    group->wrong += recommended;
    group->wrong_by_action[standing->action] += recommended;
}

static void take_account(struct backtest_groups *g, const struct backtest_account *account,
                         const struct backtest_standing *standing) {
    const struct text token = {account->token, account->token_size};
    int64_t unused;
    const bool named = account_set_find(g->accounts, token, &unused);
    g->known += named;
    if (!backtest_is_judged(standing)) return;
    g->accounts_in_none += !named;
    for (size_t i = 0; i < g->count; i++)
        if (account_set_find(g->groups[i].members, token, &unused)) tally(&g->groups[i], standing);
}

void backtest_groups_judge(struct backtest_groups *g, const struct backtest_pass *pass,
                           const struct labels *labels, struct backtest_period period) {
    struct backtest_standing *standings = backtest_standings(pass, labels, period);
    for (size_t i = 0; i < pass->account_count; i++)
        take_account(g, &pass->accounts[i], &standings[i]);
    free(standings);
    for (size_t i = 0; i < g->count; i++) {
        struct backtest_group *group = &g->groups[i];
        group->found_band = share_band(group->found, group->bad);
        group->wrong_band = share_band(group->wrong, group->honest);
    }
}
