/*
 * The reference that nixlbench holds the agent against: a client of an agent's memory that makes the same libucp calls as the UCX backend, with the same
 * settings, features, thread mode, error handling and kind of memory, and nothing else. Written from libucp's public API. Compiled by nixlbench at run time.
 *
 * Arguments: --mode peer|none  --wakeup 0|1  --bytes N  --processor N  --remote ADDRESS  --address HEX  --key HEX  [--set NAME=VALUE]...
 *   address is the worker address and key the packed remote key, both as the target agent exports them; remote is where its memory begins; processor -1 is any.
 * It answers on stdout, each answer a line that begins with "= ":
 *   (at the start)                     = ready <libucp version>           preceded by libucp's description of the endpoint, lines with '#'
 *   verify SIZE BLOCKS                 = verified
 *   run put|get SIZE BLOCKS COUNT WARM = done <wall ns> <median ns> <cpu ns>   of COUNT operations, one at a time, after WARM unmeasured ones;
 *                                        the wall and processor time of all, the median time of one. An operation moves BLOCKS blocks of SIZE bytes,
 *                                        which begin two sizes apart on either side
 *   create COUNT                       = done ...   the same of COUNT contexts with a worker each; destroying them is not measured
 * A failure ends it with a line on stderr and exit status 1; the end of stdin with 0. Between commands it blocks and uses no processor.
 */
#define NAME "ucx_reference"
#include "reference.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

enum operation { PUT, GET };

static struct {
    int peer_errors;
    int wakeup;
    size_t bytes;
    uint64_t remote;
    void *address;
    void *key;
} arguments;

static ucp_context_h context;
static ucp_worker_h worker;
static ucp_ep_h endpoint;
static ucp_rkey_h remote_key;
static ucp_mem_h local_handle;
static unsigned char *local;

static int outstanding;
static ucs_status_t failure = UCS_OK;

static void *parse_hex(const char *text)
{
    size_t length = strlen(text) / 2;
    unsigned char *bytes = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        unsigned value;
        if (bytes == NULL || sscanf(text + 2 * i, "%2x", &value) != 1) {
            fail("not hexadecimal");
        }
        bytes[i] = (unsigned char)value;
    }
    return bytes;
}

static void parse_arguments(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (strcmp(name, "--mode") == 0) {
            arguments.peer_errors = strcmp(value, "peer") == 0;
        } else if (strcmp(name, "--wakeup") == 0) {
            arguments.wakeup = atoi(value);
        } else if (strcmp(name, "--bytes") == 0) {
            arguments.bytes = strtoull(value, NULL, 0);
        } else if (strcmp(name, "--processor") == 0) {
            bind_to_processor(atoi(value));
        } else if (strcmp(name, "--remote") == 0) {
            arguments.remote = strtoull(value, NULL, 0);
        } else if (strcmp(name, "--address") == 0) {
            arguments.address = parse_hex(value);
        } else if (strcmp(name, "--key") == 0) {
            arguments.key = parse_hex(value);
        } else if (strcmp(name, "--set") == 0) {
            keep_setting(value);
        } else {
            fail("unknown argument");
        }
    }
    if (arguments.address == NULL || arguments.key == NULL || arguments.bytes == 0) {
        fail("missing argument");
    }
}

/* Memory as the agent allocates it: a sealed anonymous file, mapped shared at a multiple of 2 MiB, every page present. */
static void allocate_memory(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t length = (arguments.bytes + page - 1) & ~(page - 1);
    int file = memfd_create("ucx_reference", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0 || ftruncate(file, (off_t)length) != 0 || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        fail("no anonymous file");
    }

    char *reserved = mmap(NULL, length + HUGE_PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        fail("no address space");
    }

    void *aligned = (void *)(((uintptr_t)reserved + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1));
    local = mmap(aligned, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    if (local == MAP_FAILED) {
        fail("no mapping");
    }
    memset(local, 0, length);
}

static ucp_worker_h open_worker(ucp_context_h owner)
{
    ucp_worker_h opened;
    ucp_worker_params_t worker_parameters = {
        .field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE,
        .thread_mode = UCS_THREAD_MODE_SERIALIZED,
    };
    check(ucp_worker_create(owner, &worker_parameters, &opened), "ucp_worker_create");
    if (arguments.wakeup) {
        int descriptor;
        check(ucp_worker_get_efd(opened, &descriptor), "ucp_worker_get_efd");
    }
    return opened;
}

static void on_endpoint_error(void *argument, ucp_ep_h failed, ucs_status_t status)
{
    (void)argument;
    (void)failed;
    failure = status;
}

static void connect_endpoint(void)
{
    ucp_ep_params_t parameters = {
        .field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UCP_EP_PARAM_FIELD_ERR_HANDLER | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE,
        .address = arguments.address,
        .err_mode = arguments.peer_errors ? UCP_ERR_HANDLING_MODE_PEER : UCP_ERR_HANDLING_MODE_NONE,
        .err_handler = { .cb = on_endpoint_error },
    };
    check(ucp_ep_create(worker, &parameters, &endpoint), "ucp_ep_create");
    check(ucp_ep_rkey_unpack(endpoint, arguments.key, &remote_key), "ucp_ep_rkey_unpack");
}

static void map_memory(void)
{
    ucp_mem_map_params_t parameters = {
        .field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH | UCP_MEM_MAP_PARAM_FIELD_FLAGS,
        .address = local,
        .length = arguments.bytes,
    };
    check(ucp_mem_map(context, &parameters, &local_handle), "ucp_mem_map");
}

static void on_completed(void *request, ucs_status_t status, void *user_data)
{
    (void)user_data;
    ucp_request_free(request);
    outstanding--;
    if (status != UCS_OK) {
        failure = status;
    }
}

/* Takes what a call returned whose operation was counted before it: the callback may come before the call returns. */
static void track(ucs_status_ptr_t result)
{
    if (!UCS_PTR_IS_PTR(result)) {
        outstanding--;
        if (UCS_PTR_STATUS(result) != UCS_OK) {
            failure = UCS_PTR_STATUS(result);
        }
    }
}

/* Where the last block ends. */
static size_t reach(size_t size, size_t blocks)
{
    return size * (2 * blocks - 1);
}

/* One operation to its end: the calls of one post and its checks. */
static void transfer(enum operation operation, size_t size, size_t blocks)
{
    ucp_request_param_t parameters = {
        .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA | UCP_OP_ATTR_FIELD_MEMH | UCP_OP_ATTR_FLAG_MULTI_SEND,
        .cb.send = on_completed,
        .user_data = &outstanding,
        .memh = local_handle,
    };
    for (size_t at = 0; at < 2 * size * blocks; at += 2 * size) {
        outstanding++;
        track(operation == PUT ? ucp_put_nbx(endpoint, local + at, size, arguments.remote + at, remote_key, &parameters)
                               : ucp_get_nbx(endpoint, local + at, size, arguments.remote + at, remote_key, &parameters));
    }
    if (operation == PUT) {
        parameters.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA;
        outstanding++;
        track(ucp_ep_flush_nbx(endpoint, &parameters));
    }

    while (outstanding > 0 && failure == UCS_OK) {
        ucp_worker_progress(worker);
    }
    check(failure, operation == PUT ? "put" : "get");
}

/* Bytes written to the target must come back: proof that the measured calls move them. */
static void verify(size_t size, size_t blocks)
{
    size_t span = reach(size, blocks);
    for (size_t i = 0; i < span; i++) {
        local[i] = (unsigned char)(i * 31 + 7);
    }
    transfer(PUT, size, blocks);
    memset(local, 0, span);
    transfer(GET, size, blocks);
    for (size_t i = 0; i < span; i++) {
        if (local[i] != (i / size % 2 == 0 ? (unsigned char)(i * 31 + 7) : 0)) {
            fail("the bytes that came back are not those that went out");
        }
    }
    printf("= verified\n");
}

static int64_t processor_time(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * (int64_t)1000000000 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static void report(int64_t *times, long count, int64_t wall, int64_t processor)
{
    qsort(times, (size_t)count, sizeof *times, compare_times);
    printf("= done %lld %lld %lld\n", (long long)wall, (long long)times[count / 2], (long long)processor);
    free(times);
}

static void run(enum operation operation, size_t size, size_t blocks, long count, long warm)
{
    int64_t *times = allocate_times(count);
    for (long i = 0; i < warm; i++) {
        transfer(operation, size, blocks);
    }

    int64_t processor = processor_time();
    int64_t start = wall_time(), last = start;
    for (long i = 0; i < count; i++) {
        transfer(operation, size, blocks);
        int64_t now = wall_time();
        times[i] = now - last;
        last = now;
    }
    report(times, count, last - start, processor_time() - processor);
}

/* What the creation of a backend cannot do without. */
static void create(long count)
{
    int64_t *times = allocate_times(count);
    int64_t processor = processor_time(), wall = 0;
    for (long i = 0; i < count; i++) {
        int64_t start = wall_time();
        ucp_context_h created = open_context(arguments.wakeup);
        ucp_worker_h opened = open_worker(created);
        times[i] = wall_time() - start;
        wall += times[i];
        ucp_worker_destroy(opened);
        ucp_cleanup(created);
    }
    report(times, count, wall, processor_time() - processor);
}

static void serve(void)
{
    char line[256], name[16];
    size_t size, blocks;
    long count, warm;
    while (fgets(line, sizeof line, stdin) != NULL) {
        alarm(ANSWER_SECONDS_MAX);
        if (sscanf(line, "run %15s %zu %zu %ld %ld", name, &size, &blocks, &count, &warm) == 5 && reach(size, blocks) <= arguments.bytes && count > 0) {
            run(strcmp(name, "put") == 0 ? PUT : GET, size, blocks, count, warm);
        } else if (sscanf(line, "verify %zu %zu", &size, &blocks) == 2 && reach(size, blocks) <= arguments.bytes) {
            verify(size, blocks);
        } else if (sscanf(line, "create %ld", &count) == 1 && count > 0) {
            create(count);
        } else {
            fail("unknown command");
        }
        alarm(0);
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    parse_arguments(argc, argv);
    allocate_memory();
    alarm(ANSWER_SECONDS_MAX);
    context = open_context(arguments.wakeup);
    worker = open_worker(context);
    map_memory();
    connect_endpoint();
    transfer(GET, 1, 1);
    alarm(0);
    ucp_ep_print_info(endpoint, stdout);
    print_ready();
    serve();
    return 0;
}
