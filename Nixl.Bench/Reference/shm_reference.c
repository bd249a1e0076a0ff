/*
 * The reference that nixlbench holds the SHM backend against: one thread that copies, calls the kernel or plays ping-pong, and nothing else.
 *
 * Arguments: --processor N  --other N  --bytes N  --pid PID  --address ADDRESS
 *   other is the processor of the partner in ping-pong; -1 is any. pid and address are the target's, whose memory process_vm_writev fills.
 * It answers on stdout, each answer a line that begins with "= ":
 *   (at the start)              = ready
 *   NAME SIZE COUNT WARM        = done <wall ns> <median ns> <cpu ns>
 *     of COUNT operations after WARM unmeasured ones; the wall and processor time of all, the median time of one. NAME is
 *     copy     memcpy of SIZE bytes into a shared anonymous file        blocks    memcpy of SIZE blocks of 4 KiB, scattered, into it
 *     vm       process_vm_writev of SIZE bytes into the target          vmblocks  process_vm_writev of SIZE blocks, as many a call as it takes
 *     store    store, full fence, store of a flag                       pingpong  a byte to a partner that sleeps on an eventfd, and one back
 * A failure ends it with a line on stderr and exit status 1; the end of stdin with 0.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)
#define BLOCK_BYTES 4096
#define PIECES_MAX 1024

static size_t bytes;
static pid_t target;
static unsigned char *remote, *local, *shared;
static int other = -1, to_partner, from_partner;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void bind_to(int processor)
{
    cpu_set_t set;
    if (processor >= 0) {
        CPU_ZERO(&set);
        CPU_SET(processor, &set);
        if (sched_setaffinity(0, sizeof set, &set) != 0) {
            fail("sched_setaffinity");
        }
    }
}

/* As the agent allocates: an anonymous file, mapped shared at a multiple of 2 MiB, populated. */
static unsigned char *allocate(void)
{
    int file = memfd_create("reference", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)bytes) != 0) {
        fail("memfd");
    }
    unsigned char *reserved = mmap(NULL, bytes + HUGE_PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        fail("mmap");
    }
    void *place = (void *)(((uintptr_t)reserved + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1));
    unsigned char *memory = mmap(place, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, 0);
    if (memory == MAP_FAILED) {
        fail("mmap");
    }
    memset(memory, 1, bytes);
    return memory;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int64_t cpu(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* The same places as the agent's descriptors: distinct, because the factors are primes above the number of blocks. */
static size_t place_of(size_t block, size_t factor) { return block * factor % (bytes / BLOCK_BYTES) * BLOCK_BYTES; }

static void write_remote(const struct iovec *from, const struct iovec *to, size_t count, size_t expected)
{
    if (process_vm_writev(target, from, count, to, count, 0) != (ssize_t)expected) {
        fail("process_vm_writev");
    }
}

static void operate(const char *name, size_t size)
{
    static struct iovec from[PIECES_MAX], to[PIECES_MAX];
    if (strcmp(name, "copy") == 0) {
        memcpy(shared, local, size);
    } else if (strcmp(name, "blocks") == 0) {
        for (size_t i = 0; i < size; i++) {
            memcpy(shared + place_of(i, 104729), local + place_of(i, 7919), BLOCK_BYTES);
        }
    } else if (strcmp(name, "vm") == 0) {
        from[0] = (struct iovec){ local, size };
        to[0] = (struct iovec){ remote, size };
        write_remote(from, to, 1, size);
    } else if (strcmp(name, "vmblocks") == 0) {
        for (size_t done = 0; done < size;) {
            size_t count = size - done < PIECES_MAX ? size - done : PIECES_MAX;
            for (size_t i = 0; i < count; i++) {
                from[i] = (struct iovec){ local + place_of(done + i, 7919), BLOCK_BYTES };
                to[i] = (struct iovec){ remote + place_of(done + i, 104729), BLOCK_BYTES };
            }
            write_remote(from, to, count, count * BLOCK_BYTES);
            done += count;
        }
    } else if (strcmp(name, "store") == 0) {
        ((volatile uint64_t *)shared)[0] = (uintptr_t)local;
        atomic_thread_fence(memory_order_seq_cst);
        ((volatile uint64_t *)shared)[64]++;
    } else {
        uint64_t one = 1;
        if (write(to_partner, &one, sizeof one) != sizeof one || read(from_partner, &one, sizeof one) != sizeof one) {
            fail("eventfd");
        }
    }
}

static void start_partner(void)
{
    if ((to_partner = eventfd(0, EFD_CLOEXEC)) < 0 || (from_partner = eventfd(0, EFD_CLOEXEC)) < 0) {
        fail("eventfd");
    }
    pid_t parent = getpid(), child = fork();
    if (child < 0) {
        fail("fork");
    }
    if (child == 0) {
        uint64_t count;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bind_to(other);
        while (getppid() == parent && read(to_partner, &count, sizeof count) == sizeof count && write(from_partner, &count, sizeof count) == sizeof count) {
        }
        _exit(0);
    }
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void run(const char *name, size_t size, int count, int warm)
{
    /* A clock costs as much as a small operation: those are timed in groups. */
    int group = strcmp(name, "store") == 0 ? 100 : 1, samples = (count + group - 1) / group;
    int64_t *times = malloc(sizeof(int64_t) * (size_t)samples);
    if (times == NULL) {
        fail("malloc");
    }
    for (int i = 0; i < warm; i++) {
        operate(name, size);
    }
    int64_t cpu_start = cpu(), start = now(), last = start;
    for (int i = 0; i < samples; i++) {
        for (int j = 0; j < group; j++) {
            operate(name, size);
        }
        int64_t time = now();
        times[i] = (time - last) / group;
        last = time;
    }
    int64_t used = cpu() - cpu_start;
    qsort(times, (size_t)samples, sizeof *times, compare);
    printf("= done %lld %lld %lld\n", (long long)((last - start) * count / (samples * group)), (long long)times[samples / 2], (long long)used);
    fflush(stdout);
    free(times);
}

int main(int argc, char **argv)
{
    int processor = -1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--processor") == 0) {
            processor = atoi(argv[i + 1]);
        } else if (strcmp(argv[i], "--other") == 0) {
            other = atoi(argv[i + 1]);
        } else if (strcmp(argv[i], "--bytes") == 0) {
            bytes = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--pid") == 0) {
            target = atoi(argv[i + 1]);
        } else if (strcmp(argv[i], "--address") == 0) {
            remote = (unsigned char *)strtoull(argv[i + 1], NULL, 10);
        }
    }
    start_partner();
    bind_to(processor);
    local = allocate();
    shared = allocate();
    printf("= ready\n");
    fflush(stdout);

    char name[32];
    unsigned long long size;
    int count, warm;
    while (scanf("%31s %llu %d %d", name, &size, &count, &warm) == 4) {
        run(name, size, count, warm);
    }
    return 0;
}
