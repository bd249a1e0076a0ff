/*
 * What nixlbench's C programs have in common: failing, placing themselves, taking the time, and libucp with the settings that the UCX backend applied.
 * Each program is one source file, so everything here is static. NAME, the program's own, stands before its messages.
 */
#ifndef NIXLBENCH_REFERENCE_H
#define NIXLBENCH_REFERENCE_H

#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ucp/api/ucp.h>

/* Longer than any sane block; nixlbench has a deadline of its own, this one is for when nixlbench itself is gone. */
#define ANSWER_SECONDS_MAX 120

#define SETTINGS_MAX 64

/* libucp settings as NAME=VALUE, the name without UCX_. */
static struct {
    const char *pairs[SETTINGS_MAX];
    int count;
} settings;

static void fail(const char *what)
{
    fprintf(stderr, NAME ": %s\n", what);
    exit(1);
}

static void check(ucs_status_t status, const char *what)
{
    if (status != UCS_OK) {
        fprintf(stderr, NAME ": %s: %s\n", what, ucs_status_string(status));
        exit(1);
    }
}

/* -1 is any. */
static void bind_to_processor(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor >= 0) {
        CPU_SET(processor, &set);
        if (sched_setaffinity(0, sizeof set, &set) != 0) {
            fail("the processor cannot be used");
        }
    }
}

static void keep_setting(const char *pair)
{
    if (settings.count == SETTINGS_MAX) {
        fail("too many settings");
    }
    settings.pairs[settings.count++] = pair;
}

static void apply_settings(ucp_config_t *config)
{
    for (int i = 0; i < settings.count; i++) {
        char name[256];
        const char *pair = settings.pairs[i], *equals = strchr(pair, '=');
        if (equals == NULL || (size_t)(equals - pair) >= sizeof name) {
            fail("a setting is NAME=VALUE");
        }
        memcpy(name, pair, (size_t)(equals - pair));
        name[equals - pair] = '\0';

        /* Refusals are ignored as the backend ignores them: a release need not know every setting. */
        (void)ucp_config_modify(config, name, equals + 1);
    }
}

/* A context with the features of the UCX backend. */
static ucp_context_h open_context(int wakeup)
{
    ucp_context_h context;
    ucp_config_t *config;
    check(ucp_config_read(NULL, NULL, &config), "ucp_config_read");
    apply_settings(config);

    ucp_params_t parameters = {
        .field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_MT_WORKERS_SHARED | UCP_PARAM_FIELD_NAME,
        .features = UCP_FEATURE_RMA | UCP_FEATURE_AM | UCP_FEATURE_AMO32 | UCP_FEATURE_AMO64 | (wakeup ? UCP_FEATURE_WAKEUP : 0),
        .mt_workers_shared = 1,
        .name = NAME,
    };
    check(ucp_init(&parameters, config, &context), "ucp_init");
    ucp_config_release(config);
    return context;
}

static void print_ready(void)
{
    unsigned major, minor, release;
    ucp_get_version(&major, &minor, &release);
    printf("= ready %u.%u.%u\n", major, minor, release);
}

static int64_t wall_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

static int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Room for COUNT times, touched, so that no page is taken in the measurement. */
static int64_t *allocate_times(long count)
{
    int64_t *times = malloc((size_t)count * sizeof *times);
    if (times == NULL) {
        fail("no memory");
    }
    memset(times, 0, (size_t)count * sizeof *times);
    return times;
}

#endif
