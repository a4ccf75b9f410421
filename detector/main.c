/* SPDX-License-Identifier: Apache-2.0 */
#include "detector/base/build_info.h"
#include "detector/base/nearest.h"
#include "detector/base/printable.h"
#include "detector/broker/kafka_port.h"
#include "detector/commands/cli.h"
#include "detector/commands/commands.h"
#include "models/score.h"
#include "schemas/ocf.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *help;
    int (*run)(int argc, char **argv);
} commands[] = {
#define X(name, help) {#name, help, cmd_##name},
    COMMANDS_TABLE(X)
#undef X
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int help(void) {
    printf("Saqshy watches a transaction feed, finds accounts that behave like droppers and "
           "recommends "
           "freezes.\nA person at the bank decides.\n\nUsage: saqshy COMMAND [flags]; each knows "
           "--help\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    printf("  %-10s %s\n", "--version", "what this is and what it was built with");
    return 0;
}

static int version(void) {
    printf("saqshy %s\nlibrdkafka %s\n%s\navro-c %s\n", build_info_long(), kafka_port_library(),
           score_library(), ocf_library());
    return 0;
}

static int unknown(const char *word) {
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = nearest(word, names, COMMAND_COUNT);
    fputs("saqshy: USAGE: there is no command ", stderr);
    printable_put(word, stderr);
    if (near != NULL) fprintf(stderr, "; did you mean %s?", near);
    fputs("; see saqshy --help\n", stderr);
    return 2;
}

/* A file that is opened later must not become one of these, and take what is printed. What is
 * printed to a standard output that is closed is lost, and has to fail. */
static void hold_standard_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0)
            open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

/* What was printed must have arrived. */
static int ended(int status) {
    const bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (!lost) return status;
    const struct error error = {ERROR_IO, "standard output cannot be written"};
    const int failed = cli_fail(&error);
    return status == 0 ? failed : status;
}

static int run(int argc, char **argv) {
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) return help();
    if (strcmp(argv[1], "--version") == 0) return version();
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    return unknown(argv[1]);
}

int main(int argc, char **argv) {
    hold_standard_streams();
    return ended(run(argc, argv));
}
