/* SPDX-License-Identifier: Apache-2.0 */
/* Who is who, for judging a model; nothing of it reaches a record. */
#include "detector/generator/gen_internal.h"

static const char *const role_names[] = {[ROLE_SALARIED] = "employee",
                                         [ROLE_PENSIONER] = "pensioner",
                                         [ROLE_STUDENT] = "student",
                                         [ROLE_SELLER] = "market_seller",
                                         [ROLE_TAXI] = "taxi_driver",
                                         [ROLE_LANDLORD] = "landlord",
                                         [ROLE_MIGRANT] = "newcomer",
                                         [ROLE_CHARITY] = "charity",
                                         [ROLE_SPARE] = "second_account",
                                         [ROLE_EMPLOYER] = "employer",
                                         [ROLE_SHOP] = "shop",
                                         [ROLE_UTILITY] = "utility",
                                         [ROLE_FUND] = "pension_fund",
                                         [ROLE_LENDER] = "lender",
                                         [ROLE_EXCHANGE] = "crypto_exchange"};

static const struct {
    enum past past;
    const char *name;
} pasts[] = {
    {PAST_FEAST, "feast"},   {PAST_COLLECTION, "collection"}, {PAST_PURCHASE, "family_purchase"},
    {PAST_LOAN, "own_loan"}, {PAST_SALE, "car_sale"},         {PAST_REPAID, "repaid_debt"},
    {PAST_VICTIM, "victim"}};

uint32_t gen_account_count(const struct gen *g) {
    return g->count;
}

void gen_account_token(const struct gen *g, uint32_t account, char out[TOKEN_SIZE]) {
    gen_token(g, "account", account, out);
}

const char *gen_group(const struct gen *g, uint32_t account, uint32_t nth) {
    const struct person *p = &g->people[account];
    if (p->typology != GEN_HONEST) return nth == 0 ? gen_typology_name(p->typology) : NULL;
    if (nth == 0) return role_names[p->role];
    for (size_t i = 0; i < sizeof pasts / sizeof pasts[0]; i++)
        if ((p->past & pasts[i].past) != 0 && --nth == 0) return pasts[i].name;
    return NULL;
}
