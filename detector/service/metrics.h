/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics table: one row a metric; /metrics and docs/METRICS.md come from it. Counters and
 * gauges are relaxed atomics: any thread may add or set. No account labels. */
#pragma once

#include "detector/recommendation.h"
#include "detector/signal.h"
#include "detector/signal_effect.h"
#include "detector/verdict.h"
#include "models/score.h"

#include <stdint.h>
#include <stdio.h>

/* COUNTER(id, name without saqshy_, help) GAUGE(id, name, help) SECONDS(id, name, help): a gauge
 * that is set in microseconds and printed in seconds. */
#define METRICS_TABLE(COUNTER, GAUGE, SECONDS)                                                     \
    COUNTER(RECORDS, "records_total", "input records taken in")                                    \
    COUNTER(BYTES, "input_bytes_total", "bytes of input values taken in")                          \
    COUNTER(SIDES, "scored_sides_total", "account sides scored")                                   \
    COUNTER(RECOMMENDATIONS, "recommendations_total",                                              \
            "recommendations handed to a commit, all states")                                      \
    COUNTER(DEAD_LETTERS, "dead_letters_total", "dead letters handed to a commit")                 \
    COUNTER(CAPPED, "recommendations_capped_total",                                                \
            "crossings that a cap of the policy, episodes.max or issued.max held back or made "    \
            "milder")                                                                              \
    COUNTER(CAPPED_BANK, "recommendations_capped_bank_total",                                      \
            "of them, those that met the cap of a bank first")                                     \
    COUNTER(HELD_BACK, "recommendations_held_back_total",                                          \
            "of them, those for which no milder action had room either")                           \
    COUNTER(ALLOWED, "recommendations_allowed_total",                                              \
            "crossings and payments held back by the allow-list")                                  \
    COUNTER(OVERDUE, "recommendations_overdue_total",                                              \
            "crossings on records so old that the term of the advice is over already")             \
    COUNTER(PAYER_SIDE, "payer_side_issued_total",                                                 \
            "recommendations issued to the paying side of an instruction")                         \
    COUNTER(PAYER_SIDE_CAPPED, "payer_side_capped_total",                                          \
            "instructions for which a cap of the policy's payer_side held advice back or made it " \
            "milder")                                                                              \
    COUNTER(PAYER_SIDE_HELD_BACK, "payer_side_held_back_total",                                    \
            "of them, those for which nothing was advised")                                        \
    COUNTER(PAYER_SIDE_CROWDED, "payer_side_crowded_total",                                        \
            "instructions that were not advised on for instructions.max or issued.max")            \
    COUNTER(COMMITS, "commits_total", "commit units committed")                                    \
    COUNTER(COMMIT_FAILURES, "commit_failures_total", "commit units that had to be aborted")       \
    COUNTER(RELOADS, "reloads_total", "times the state was rebuilt from the logs in this process") \
    COUNTER(REPLAYED, "replayed_records_total", "records replayed with output muted")              \
    GAUGE(ACCOUNTS, "accounts", "accounts in the table")                                           \
    GAUGE(ACCOUNT_BYTES, "account_table_bytes", "bytes held by the account table")                 \
    GAUGE(ACCOUNT_INDEX_BYTES, "account_index_bytes", "of them, its index")                        \
    GAUGE(MEMORY_LIMIT, "memory_limit_bytes", "what the account table may hold")                   \
    COUNTER(ACCOUNTS_DROPPED, "accounts_dropped_total", "accounts dropped for want of memory")     \
    COUNTER(ACCOUNTS_FORGOTTEN, "accounts_forgotten_total",                                        \
            "accounts forgotten after their dormancy")                                             \
    GAUGE(EPISODES, "open_episodes", "episodes open")                                              \
    GAUGE(INSTRUCTIONS, "open_instructions", "instructions whose paying side is advised")          \
    GAUGE(LAG, "input_lag_records",                                                                \
          "records behind the known end of the transactions, all partitions")                      \
    GAUGE(SIGNALS, "signals",                                                                      \
          "signals in their table, withdrawn ones that are remembered among them")                 \
    GAUGE(SIGNAL_BYTES, "signal_table_bytes", "bytes held by the table of signals")                \
    GAUGE(SIGNALS_LAG, "signals_lag_records",                                                      \
          "records behind the known end of the signals, all partitions")                           \
    COUNTER(POLICY_ACTIVATIONS, "policy_activations_total",                                        \
            "changes of policy or model that came into force by the policy topic")                 \
    COUNTER(POLICY_REFUSED, "policy_refused_total",                                                \
            "changes in the policy topic that were refused; the documents in force stayed")        \
    GAUGE(POLICY_LAG, "policy_lag_records",                                                        \
          "records behind the known end of the policy topic, all partitions")                      \
    GAUGE(TAINT_ACCOUNTS, "tainted_accounts", "accounts that reported money came to")              \
    GAUGE(TAINT_SOURCES, "taint_sources", "reported transfers whose money is followed")            \
    GAUGE(TAINT_MARKS, "taint_marks", "parts of credits that are reported money")                  \
    COUNTER(TAINT_WALKED, "taint_walked_total",                                                    \
            "events that reports of past transfers were traced through")                           \
    COUNTER(TAINT_BOUNDED, "taint_bounded_total",                                                  \
            "times a bound cut off what is known of reported money (taint.walk.limit, "            \
            "taint.accounts.max, 256 parts an account, 8 a credit, a ring that no longer says)")   \
    COUNTER(INCIDENTS_UNTRACED, "incidents_untraced_total",                                        \
            "INCIDENTs in force that name a transfer which is not there, or not yet: what it "     \
            "brought is not followed before their next revision")                                  \
    GAUGE(CLOCK, "engine_clock_seconds", "engine clock, seconds since 1970")                       \
    COUNTER(SNAPSHOTS, "snapshots_total", "snapshots published")                                   \
    COUNTER(SNAPSHOT_FAILURES, "snapshot_failures_total", "snapshots given up")                    \
    COUNTER(SNAPSHOT_COPY_FAILURES, "snapshot_copy_failures_total",                                \
            "snapshots of which snapshot.copy.dir got no copy")                                    \
    GAUGE(SNAPSHOT_BYTES, "snapshot_bytes", "bytes of the newest snapshot")                        \
    GAUGE(SNAPSHOT_SECOND, "snapshot_time_seconds",                                                \
          "when the newest snapshot was begun, seconds since 1970")                                \
    SECONDS(SNAPSHOT_PAUSE, "snapshot_pause_seconds",                                              \
            "longest piece of the newest snapshot on the engine thread")                           \
    SECONDS(COMMIT_MICROSECONDS_LAST, "commit_last_seconds", "how long the latest commit took")    \
    GAUGE(READY, "ready", "1 when live")

enum { METRICS_MILLION = 1000000 };

/* Counters of each shadow model: X(id, name without saqshy_, help, units of the counter in 1) */
#define SHADOW_METRICS_TABLE(X)                                                                    \
    X(SIDES, "shadow_sides_total", "account sides scored by a shadow model too", 1)                \
    X(ADVISED, "shadow_advised_total", "of them, sides it would have advised on", 1)               \
    X(AGREED, "shadow_agreed_total", "of them, sides the live model advised on, too", 1)           \
    X(MISSED, "shadow_missed_total", "sides that only the live model advised on", 1)               \
    X(DIFFERENCE, "shadow_difference_total",                                                       \
      "sum over the sides of how far its logit is from the live model's", METRICS_MILLION)         \
    X(PUBLISHED, "shadow_published_total",                                                         \
      "of the advised sides, those handed to a commit for topic.shadow", 1)                        \
    X(WITHHELD, "shadow_withheld_total",                                                           \
      "of the advised sides, those beyond shadow.per.hour, which topic.shadow does not get", 1)

enum shadow_metric {
#define X(id, name, help, units) SHADOW_##id,
    SHADOW_METRICS_TABLE(X)
#undef X
        SHADOW_METRIC_COUNT
};

enum metric {
#define COUNTER(id, name, help) METRIC_##id,
#define GAUGE(id, name, help) METRIC_##id,
#define SECONDS(id, name, help) METRIC_##id,
    METRICS_TABLE(COUNTER, GAUGE, SECONDS)
#undef COUNTER
#undef GAUGE
#undef SECONDS
        METRIC_COUNT
};

void metrics_add(enum metric metric, uint64_t amount);
void metrics_set(enum metric metric, int64_t value);
int64_t metrics_get(enum metric metric);
/* saqshy_verdicts_total{verdict="…"} */
void metrics_add_verdict(enum verdict verdict, uint64_t amount);
uint64_t metrics_get_verdict(enum verdict verdict);
/* saqshy_signals_total{effect="…"} */
void metrics_add_signal(enum signal_effect effect, uint64_t amount);
uint64_t metrics_get_signal(enum signal_effect effect);
/* saqshy_outcomes_total{result="…",action="…"}: what was advised; ACTION_UNKNOWN: not known any
 * more. */
void metrics_add_outcome(enum outcome_result result, enum action action);
uint64_t metrics_get_outcome(enum outcome_result result, enum action action);
/* saqshy_outcomes_taken_back_total{result="…",action="…"}: likewise, of answers that count no more.
 */
void metrics_add_unsaid(enum outcome_result result, enum action action);
uint64_t metrics_get_unsaid(enum outcome_result result, enum action action);
/* saqshy_documents{model="…",policy="…",by="…"} 1: what is in force, by 16 digits of its SHA-256,
 * and who put it there, "files" or "topic"; a constant. */
void metrics_name_documents(uint64_t model, uint64_t policy, const char *by);
/* saqshy_shadow_…{model="…"}: the model is named by 16 digits of its document's SHA-256. */
void metrics_name_shadows(const uint64_t *models, uint32_t count);
void metrics_add_shadow(enum shadow_metric metric, uint32_t shadow, uint64_t amount);
uint64_t metrics_get_shadow(enum shadow_metric metric, uint32_t shadow);
/* Prometheus text format 0.0.4. */
void metrics_print(FILE *out);
void metrics_print_markdown(FILE *out);
/* Only tests and benchmarks, which run several pipelines in one process, begin anew. */
void metrics_reset(void);
