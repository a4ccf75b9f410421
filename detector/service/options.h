/* SPDX-License-Identifier: Apache-2.0 */
/* The options table: file, environment, -X, --help, docs/CONFIGURATION.md and the sample file come
 * from it.
 *
 * Order: defaults < file < environment (SAQSHY_ + upper case, dots as underscores) < command line.
 * Unknown keys are errors with the nearest match. `kafka.*`, `kafka.consumer.*`, `kafka.producer.*`
 * pass through to librdkafka. A value may come from a file: KEY_FILE in the environment. */
#pragma once

#include "detector/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* TEXT(field, key, default, state-affecting, description)
 * NUMBER(field, key, default, min, max, unit, state-affecting, description)
 * FLAG(field, key, default, state-affecting, description)
 * CHOICE(field, key, default, "a|b|c", state-affecting, description)
 * State-affecting is true, false, or OPTION_STATE_LATER: of an option that order logs are older
 * than. What it had been at that time is its default, which therefore goes into no hash. */
enum { OPTION_STATE_LATER = 2 };

#define OPTIONS_TABLE(SECTION, TEXT, NUMBER, FLAG, CHOICE)                                         \
    SECTION("Input and output")                                                                    \
    TEXT(bootstrap_servers, "bootstrap.servers", "", false,                                        \
         "Kafka brokers, host:port, comma-separated")                                              \
    TEXT(shard_id, "shard.id", "saqshy-0", true,                                                   \
         "name of this engine's shard: its transactional id, its group id and the key of its "     \
         "order log")                                                                              \
    TEXT(topic_transactions, "topic.transactions", "antifrod.transactions", true, "input topic")   \
    TEXT(                                                                                          \
        topic_signals, "topic.signals", "antifrod.signals", false,                                 \
        "compacted topic of signals, read from its first record; it may come to be later; empty: " \
        "none are read")                                                                           \
    TEXT(topic_policy, "topic.policy", "antifrod.policy", false,                                   \
         "compacted topic of policies and models that come into force at their place in the "      \
         "order; it may come to be later; empty: none are read")                                   \
    TEXT(topic_recommendations, "topic.recommendations", "antifrod.freeze-recommendations", true,  \
         "output topic")                                                                           \
    TEXT(topic_dead_letters, "topic.dead.letters", "antifrod.transactions.dlq", false,             \
         "topic of records that cannot be used")                                                   \
    TEXT(topic_order, "topic.order", "antifrod.order", false, "topic of the order log")            \
    TEXT(topic_shadow, "topic.shadow", "", false,                                                  \
         "topic of what models of model.shadow would have advised, such as "                       \
         "antifrod.freeze-recommendations.shadow; empty: none is published")                       \
    CHOICE(start_from, "start.from", "", "|earliest|latest", false,                                \
           "where a shard without history starts reading; obligatory at the first start")          \
    CHOICE(delivery, "delivery", "exactly-once", "exactly-once|at-least-once", false,              \
           "at-least-once is for the embedded broker, which ignores transactions")                 \
    NUMBER(commit_interval_ms, "commit.interval.ms", 1000, 10, 60000, "ms", false,                 \
           "longest time between commits; a commit comes at once when there is output")            \
    NUMBER(commit_bytes_max, "commit.bytes.max", 67108864, 67108864, 1073741824, "bytes", false,   \
           "largest commit unit; a unit is closed when half of it is full, and what one batch of " \
           "records gives, were all of them poison, fits in the rest")                             \
    NUMBER(transaction_timeout_ms, "transaction.timeout.ms", 10000, 1000, 900000, "ms", false,     \
           "the broker aborts a transaction that stays open longer")                               \
    NUMBER(merge_slice_ms, "merge.slice.ms", 1000, 1, 3600000, "ms", false,                        \
           "partitions are drained in slices of this much record time")                            \
    NUMBER(merge_wait_ms, "merge.wait.ms", 500, 0, 60000, "ms", false,                             \
           "longest wait for a partition that is behind and has nothing here")                     \
    NUMBER(value_bytes_max, "value.bytes.max", 65536, 1024, 65536, "bytes", true,                  \
           "larger values are dead letters")                                                       \
    SECTION("Schemas, model and policy")                                                           \
    TEXT(schema_dir, "schema.dir", "", false,                                                      \
         "directory of ID.avsc files; ids 1-5 are the shipped contracts unless a file says "       \
         "otherwise")                                                                              \
    TEXT(model_path, "model.path", "", false, "model document; empty: the shipped model")          \
    TEXT(model_shadow, "model.shadow", "", false,                                                  \
         "model documents, comma-separated, 7 at most, that score beside the live one and decide " \
         "nothing: what they would have advised is in the metrics and, on wish, in topic.shadow; " \
         "empty: none")                                                                            \
    NUMBER(shadow_per_hour, "shadow.per.hour", 10000, 1, 1000000, "records", false,                \
           "records that topic.shadow gets of each model in an hour of the engine clock at most; " \
           "those beyond it are counted")                                                          \
    TEXT(policy_path, "policy.path", "", false, "policy document; empty: the shipped policy")      \
    FLAG(                                                                                          \
        policy_two_persons, "policy.two.persons", false, false,                                    \
        "a change that comes by topic.policy is refused unless two persons, author and approver, " \
        "are named in it")                                                                         \
    TEXT(state_dir, "state.dir", "", false,                                                        \
         "directory where models and policies are kept by their SHA-256, so that a restart can "   \
         "replay what was decided under earlier ones; empty: a shard keeps its first ones")        \
    TEXT(snapshot_dir, "snapshot.dir", "", false,                                                  \
         "directory of snapshots of the state, so that a restart need not replay all input; "      \
         "empty: none are taken")                                                                  \
    TEXT(snapshot_copy_dir, "snapshot.copy.dir", "", false,                                        \
         "a second directory that gets a copy of each, on another disk; empty: none")              \
    NUMBER(snapshot_interval_s, "snapshot.interval.s", 300, 1, 86400, "s", false,                  \
           "time from one snapshot to the next; a clean stop takes one, too")                      \
    NUMBER(snapshot_memory_mib, "snapshot.memory.mib", 64, 10, 4096, "MiB", false,                 \
           "buffers between the engine and the thread that writes a snapshot")                     \
    SECTION("Engine")                                                                              \
    NUMBER(memory_limit_mib, "memory.limit.mib", 4096, 512, 32768, "MiB", true,                    \
           "memory of the account table at most; before it is reached, accounts that rested "      \
           "longest are dropped and counted")                                                      \
    NUMBER(memory_prefault_mib, "memory.prefault.mib", 64, 0, 32768, "MiB", false,                 \
           "memory of the account table taken at start, half of the limit at most")                \
    NUMBER(accounts_dormancy_days, "accounts.dormancy.days", 180, 9, 3650, "days", true,           \
           "an account without an event for so long is forgotten")                                 \
    NUMBER(episodes_max, "episodes.max", 100000, 16, 10000000, "episodes", true,                   \
           "episodes at most, open or cooling down (policy, cool_down_hours): both take room; "    \
           "beyond it a crossing is counted and not recommended")                                  \
    NUMBER(                                                                                        \
        instructions_max, "instructions.max", 20000, 16, 1000000, "instructions",                  \
        OPTION_STATE_LATER,                                                                        \
        "instructions whose paying side is advised (policy, payer_side), closed ones that are "    \
        "remembered until their term among them; beyond it a payment is counted and not advised "  \
        "on")                                                                                      \
    NUMBER(issued_max, "issued.max", 1000000, 16, 100000000, "ids", OPTION_STATE_LATER,            \
           "ids of the recommendations issued within the last seven days and five minutes, none "  \
           "of which comes twice; beyond it what crosses is counted and not recommended")          \
    NUMBER(                                                                                        \
        signals_max, "signals.max", 100000, 100, 10000000, "signals", OPTION_STATE_LATER,          \
        "signals held at most, withdrawn ones that are remembered among them, citizens' half of "  \
        "them at most; beyond it one is "                                                          \
        "counted and not taken in")                                                                \
    NUMBER(taint_hops, "taint.hops", 10, 0, 32, "transfers", OPTION_STATE_LATER,                   \
           "reported money is followed so many transfers on from the first account")               \
    NUMBER(taint_hours, "taint.hours", 72, 1, 168, "h", OPTION_STATE_LATER,                        \
           "and so long after the reported transfer")                                              \
    NUMBER(taint_floor, "taint.floor.kzt", 1000, 0, 1000000000, "KZT", OPTION_STATE_LATER,         \
           "a transfer with less of reported money in it is not followed")                         \
    NUMBER(taint_walk, "taint.walk.limit", 4096, 16, 1048576, "events", OPTION_STATE_LATER,        \
           "events that one report of a past transfer is traced through at most")                  \
    NUMBER(                                                                                        \
        taint_accounts, "taint.accounts.max", 65536, 1024, 524288, "accounts", OPTION_STATE_LATER, \
        "accounts with reported money at a time, and transfers reported, at most; the memory for " \
        "them, some 330 bytes each, is part of memory.limit.mib")                                  \
    NUMBER(runs_max, "runs.max", 4194304, 1024, 1073741824, "runs", true,                          \
           "stretches of input the run table remembers, for evidence positions")                   \
    CHOICE(kernel_tier, "kernel.tier", "auto", "auto|scalar|avx2|avx512", false,                   \
           "may only take kernel tiers away")                                                      \
    SECTION("Service")                                                                             \
    TEXT(http_address, "http.address", "127.0.0.1", false,                                         \
         "address of /metrics, /healthz, /readyz; loopback only")                                  \
    NUMBER(http_port, "http.port", 9464, 0, 65535, "", false, "0: no HTTP server")                 \
    CHOICE(log_level, "log.level", "info", "error|warn|info|debug", false,                         \
           "how much is said on stderr")

struct options {
#define SECTION(title)
#define TEXT(field, key, value, state, text) char field[512];
#define NUMBER(field, key, value, low, high, unit, state, text) int64_t field;
#define FLAG(field, key, value, state, text) bool field;
#define CHOICE(field, key, value, choices, state, text) char field[32];
    OPTIONS_TABLE(SECTION, TEXT, NUMBER, FLAG, CHOICE)
#undef SECTION
#undef TEXT
#undef NUMBER
#undef FLAG
#undef CHOICE
    struct options_passthrough *passthrough; /* kafka.* in order of precedence; private */
    bool judged_offline; /* of a command: what the policy never reaches is not refused */
};

/* Fills the defaults. */
void options_init(struct options *options);
void options_free(struct options *options);
/* `origin` names where the pair stands ("saqshy.conf:12", "-X", "SAQSHY_HTTP_PORT"). ERROR_CONFIG.
 */
bool options_set(struct options *options, const char *key, const char *value, const char *origin,
                 struct error *error);
bool options_load_file(struct options *options, const char *path, struct error *error);
bool options_load_environment(struct options *options, char **environment, struct error *error);

/* What one option alone does not show: names, and topics that are not the same. ERROR_CONFIG. */
bool options_check(const struct options *options, struct error *error);

enum options_client { OPTIONS_CONSUMER, OPTIONS_PRODUCER };
/* Pass-through pairs of one client, general ones first, until false. Prefixes are taken off. */
bool options_passthrough(const struct options *options, enum options_client client, size_t index,
                         const char **key, const char **value);

/* SHA-256 over the state-affecting options, hexadecimal; for the order record. */
void options_state_sha256(const struct options *options, char out[65]);

/* The sample file; docs/CONFIGURATION.md; --help text. */
void options_print_sample(FILE *out);
void options_print_markdown(FILE *out);
void options_print_help(FILE *out);
