/*
 * An agent that knows NIXL's formats and libucp, and nothing of the code under test: written from the description of the wire format, linked with libucp only.
 * It does what lines on its standard input say, so that tests can exchange metadata, transfers and notifications with it. One thread: it makes progress while
 * it waits for a line.
 *
 * Arguments: NAME BYTES peer|none [NAME=VALUE]...      the agent's name, the bytes of its one registered buffer, error handling, libucp settings without UCX_
 * Each answer is a line that begins with "= ":
 *   (at the start)                    = ready <address of the buffer> <libucp release>
 *   metadata                          = <hex of the full metadata blob>
 *   load HEX                          = <status> <agent>
 *   forget AGENT                      = 0
 *   fill OFFSET LENGTH SEED           = 0            byte i becomes i * 31 + SEED
 *   find OFFSET LENGTH SEED           = <first offset that differs from what fill writes, or -1>
 *   transfer write|read AGENT OFFSET REMOTE LENGTH COUNT MESSAGE
 *                                     = <status>     COUNT blocks of LENGTH; MESSAGE is its length, filled with i * 31 + 5, or - for none
 *   notify AGENT LENGTH               = <status>
 *   raw eager|rndv AGENT HEADER HEX   = <status>     an active message with the notifications' number and any bytes, - for none; HEADER is the length of its header
 *   notifications                     = <agent>:<length>:<first byte that differs from i * 31 + 5, or -1> ...
 * A status is NIXL's number. It ends when its standard input does.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ucp/api/ucp.h>

#define PEERS_MAX 8
#define REGIONS_MAX 8
#define RECEIVED_MAX 64
#define NAME_MAX_BYTES 128
#define MESSAGE_SEED 5
#define TRANSFER_SECONDS 30
#define LIFE_SECONDS 600

#define SUCCESS 0
#define INVALID_PARAM (-2)
#define BACKEND (-3)
#define NOT_FOUND (-4)
#define MISMATCH (-5)
#define REMOTE_DISCONNECT (-10)
#define TIMED_OUT (-100)

struct bytes {
    unsigned char *data;
    size_t length;
    size_t at;
};

struct peer {
    char name[NAME_MAX_BYTES];
    ucp_ep_h endpoint;
    int failed;
    int regions;
    struct {
        uint64_t address;
        uint64_t length;
        ucp_rkey_h key;
    } region[REGIONS_MAX];
};

static struct {
    char agent[NAME_MAX_BYTES];
    size_t length;
    long difference;
} received[RECEIVED_MAX];

static const char *name;
static int peer_errors;
static ucp_context_h context;
static ucp_worker_h worker;
static ucp_mem_h registered;
static unsigned char *buffer;
static size_t buffer_bytes;
static struct peer peers[PEERS_MAX];
static int received_count;

static void fail(const char *what)
{
    fprintf(stderr, "golden_peer: %s\n", what);
    exit(1);
}

static void check(ucs_status_t status, const char *what)
{
    if (status != UCS_OK) {
        fprintf(stderr, "golden_peer: %s: %s\n", what, ucs_status_string(status));
        exit(1);
    }
}

static int to_nixl(ucs_status_t status)
{
    switch (status) {
    case UCS_OK:
        return SUCCESS;
    case UCS_ERR_NOT_CONNECTED:
    case UCS_ERR_CONNECTION_RESET:
    case UCS_ERR_ENDPOINT_TIMEOUT:
    case UCS_ERR_CANCELED:
        return REMOTE_DISCONNECT;
    case UCS_ERR_INVALID_PARAM:
        return INVALID_PARAM;
    default:
        return BACKEND;
    }
}

static unsigned char pattern(size_t index, unsigned seed)
{
    return (unsigned char)(index * 31 + seed);
}

static long difference(const unsigned char *bytes, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != pattern(i, seed)) {
            return (long)i;
        }
    }
    return -1;
}

/* The container: records of tag, 64-bit length, payload and a bar. */

static void put(struct bytes *to, const void *data, size_t length)
{
    to->data = realloc(to->data, to->length + length + 1);
    if (to->data == NULL) {
        fail("out of memory");
    }
    memcpy(to->data + to->length, data, length);
    to->length += length;
}

static void put_record(struct bytes *to, const char *tag, const void *data, uint64_t length)
{
    put(to, tag, strlen(tag));
    put(to, &length, sizeof length);
    put(to, data, length);
    put(to, "|", 1);
}

static struct bytes begin(void)
{
    struct bytes blob = {0};
    put(&blob, "nixlSerDes|", 11);
    return blob;
}

/* The payload of the record that comes next; NULL when it has another tag or is cut. */
static const unsigned char *take(struct bytes *from, const char *tag, uint64_t *length)
{
    size_t tag_length = strlen(tag), left = from->length - from->at;
    const unsigned char *at = from->data + from->at;
    if (left < tag_length + sizeof *length || memcmp(at, tag, tag_length) != 0) {
        return NULL;
    }
    memcpy(length, at + tag_length, sizeof *length);
    left -= tag_length + sizeof *length;
    if (*length >= left || at[tag_length + sizeof *length + *length] != '|') {
        return NULL;
    }
    from->at += tag_length + sizeof *length + *length + 1;
    return at + tag_length + sizeof *length;
}

static int take_text(struct bytes *from, const char *tag, char *text)
{
    uint64_t length;
    const unsigned char *data = take(from, tag, &length);
    if (data == NULL || length == 0 || length >= NAME_MAX_BYTES) {
        return 0;
    }
    memcpy(text, data, length);
    text[length] = '\0';
    return 1;
}

static int take_number(struct bytes *from, const char *tag, uint64_t *value)
{
    uint64_t length;
    const unsigned char *data = take(from, tag, &length);
    if (data == NULL || length != sizeof *value) {
        return 0;
    }
    memcpy(value, data, sizeof *value);
    return 1;
}

static struct bytes parse_hex(const char *text)
{
    struct bytes parsed = {0};
    for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
        unsigned value;
        if (sscanf(text, "%2x", &value) != 1) {
            fail("not hexadecimal");
        }
        unsigned char byte = (unsigned char)value;
        put(&parsed, &byte, 1);
    }
    return parsed;
}

/* libucp */

static ucs_status_t on_notification(
    void *argument, const void *header, size_t header_length, void *data, size_t length, const ucp_am_recv_param_t *parameters)
{
    (void)argument;
    (void)header;
    if (header_length != 0 || (parameters->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) != 0) {
        fail("a notification has no header and is no rendezvous");
    }

    struct bytes blob = {.data = data, .length = length, .at = 11};
    uint64_t message_length;
    if (received_count == RECEIVED_MAX || length < 11 || memcmp(data, "nixlSerDes|", 11) != 0
        || !take_text(&blob, "name", received[received_count].agent)) {
        fail("a notification that is none");
    }
    const unsigned char *message = take(&blob, "msg", &message_length);
    if (message == NULL || blob.at != blob.length) {
        fail("a notification without its text");
    }
    received[received_count].length = message_length;
    received[received_count++].difference = difference(message, message_length, MESSAGE_SEED);
    return UCS_OK;
}

static void on_failure(void *argument, ucp_ep_h endpoint, ucs_status_t status)
{
    (void)endpoint;
    (void)status;
    ((struct peer *)argument)->failed = 1;
}

static void open_worker(char **settings, int count)
{
    ucp_config_t *config;
    check(ucp_config_read(NULL, NULL, &config), "ucp_config_read");

    /* What every agent of NIXL applies. */
    (void)ucp_config_modify(config, "RNDV_THRESH", "inf");
    (void)ucp_config_modify(config, "MAX_RMA_RAILS", "2");
    (void)ucp_config_modify(config, "IB_PCI_RELAXED_ORDERING", "try");
    (void)ucp_config_modify(config, "RC_FENCE", "none");
    for (int i = 0; i < count; i++) {
        char *equals = strchr(settings[i], '=');
        if (equals == NULL) {
            fail("a setting is NAME=VALUE");
        }
        *equals = '\0';
        check(ucp_config_modify(config, settings[i], equals + 1), settings[i]);
    }

    ucp_params_t parameters = {
        .field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_NAME,
        .features = UCP_FEATURE_RMA | UCP_FEATURE_AMO32 | UCP_FEATURE_AMO64 | UCP_FEATURE_AM,
        .name = name,
    };
    check(ucp_init(&parameters, config, &context), "ucp_init");
    ucp_config_release(config);
    ucp_worker_params_t worker_parameters = {.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE, .thread_mode = UCS_THREAD_MODE_SERIALIZED};
    check(ucp_worker_create(context, &worker_parameters, &worker), "ucp_worker_create");
    ucp_am_handler_param_t handler = {
        .field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID | UCP_AM_HANDLER_PARAM_FIELD_FLAGS | UCP_AM_HANDLER_PARAM_FIELD_CB,
        .id = 0,
        .flags = UCP_AM_FLAG_WHOLE_MSG,
        .cb = on_notification,
    };
    check(ucp_worker_set_am_recv_handler(worker, &handler), "ucp_worker_set_am_recv_handler");
    buffer = calloc(1, buffer_bytes);
    ucp_mem_map_params_t memory = {
        .field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH | UCP_MEM_MAP_PARAM_FIELD_FLAGS,
        .address = buffer,
        .length = buffer_bytes,
    };
    check(ucp_mem_map(context, &memory, &registered), "ucp_mem_map");
}

static struct bytes metadata(void)
{
    ucp_address_t *address;
    size_t address_length, key_length;
    void *key;
    check(ucp_worker_get_address(worker, &address, &address_length), "ucp_worker_get_address");
    check(ucp_rkey_pack(context, registered, &key, &key_length), "ucp_rkey_pack");
    uint64_t one = 1, triple[3] = {(uintptr_t)buffer, buffer_bytes, 0};
    uint32_t dram = 0;
    struct bytes region = {0}, blob = begin();
    put(&region, triple, sizeof triple);
    put(&region, key, key_length);
    put_record(&blob, "Agent", name, strlen(name));
    put_record(&blob, "Conns", &one, sizeof one);
    put_record(&blob, "t", "UCX", 3);
    put_record(&blob, "c", address, address_length);
    put_record(&blob, "", "MemSection", 10);
    put_record(&blob, "nixlSecElms", &one, sizeof one);
    put_record(&blob, "bknd", "UCX", 3);
    put_record(&blob, "nixlDList", "nixlSDList", 10);
    put_record(&blob, "t", &dram, sizeof dram);
    put_record(&blob, "n", &one, sizeof one);
    put_record(&blob, "", region.data, region.length);
    free(region.data);
    ucp_rkey_buffer_release(key);
    ucp_worker_release_address(worker, address);
    return blob;
}

static struct peer *find_peer(const char *agent)
{
    for (int i = 0; i < PEERS_MAX; i++) {
        if (strcmp(peers[i].name, agent) == 0) {
            return &peers[i];
        }
    }
    return NULL;
}

static void forget(struct peer *peer)
{
    for (int i = 0; i < peer->regions; i++) {
        ucp_rkey_destroy(peer->region[i].key);
    }
    if (peer->endpoint != NULL) {
        ucp_request_param_t parameters = {.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS, .flags = peer->failed ? UCP_EP_CLOSE_FLAG_FORCE : 0};
        ucs_status_ptr_t request = ucp_ep_close_nbx(peer->endpoint, &parameters);
        if (UCS_PTR_IS_PTR(request)) {
            ucp_request_free(request);
        }
    }
    memset(peer, 0, sizeof *peer);
}

static int load_regions(struct bytes *blob, struct peer *peer)
{
    char kind[NAME_MAX_BYTES];
    uint64_t count, length;
    const unsigned char *type;
    if (!take_text(blob, "nixlDList", kind) || strcmp(kind, "nixlSDList") != 0 || (type = take(blob, "t", &length)) == NULL || length != 4
        || !take_number(blob, "n", &count)) {
        return NOT_FOUND;
    }
    for (uint64_t i = 0; i < count; i++) {
        const unsigned char *element = take(blob, "", &length);
        if (element == NULL || length < 24 || peer->regions == REGIONS_MAX) {
            return NOT_FOUND;
        }
        if (peer->endpoint == NULL) {
            continue; /* of a backend that is not ours */
        }
        memcpy(&peer->region[peer->regions].address, element, 8);
        memcpy(&peer->region[peer->regions].length, element + 8, 8);
        ucs_status_t status = ucp_ep_rkey_unpack(peer->endpoint, element + 24, &peer->region[peer->regions].key);
        if (status != UCS_OK) {
            return BACKEND;
        }
        peer->regions++;
    }
    return SUCCESS;
}

static int load(struct bytes *blob, char *agent)
{
    uint64_t count, length, sections;
    char backend[NAME_MAX_BYTES], section[NAME_MAX_BYTES];
    blob->at = 11;
    if (blob->length < 11 || memcmp(blob->data, "nixlSerDes|", 11) != 0 || !take_text(blob, "Agent", agent) || !take_number(blob, "Conns", &count)) {
        return MISMATCH;
    }
    struct peer *peer = find_peer(agent);
    peer = peer != NULL ? peer : find_peer("");
    if (peer == NULL) {
        return BACKEND;
    }
    for (uint64_t i = 0; i < count; i++) {
        const unsigned char *info;
        if (!take_text(blob, "t", backend) || (info = take(blob, "c", &length)) == NULL) {
            return MISMATCH;
        }
        if (strcmp(backend, "UCX") == 0 && peer->endpoint == NULL) {
            ucp_ep_params_t parameters = {
                .field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UCP_EP_PARAM_FIELD_ERR_HANDLER | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE,
                .address = (const ucp_address_t *)info,
                .err_mode = peer_errors ? UCP_ERR_HANDLING_MODE_PEER : UCP_ERR_HANDLING_MODE_NONE,
                .err_handler = {.cb = on_failure, .arg = peer},
            };
            strcpy(peer->name, agent);
            if (ucp_ep_create(worker, &parameters, &peer->endpoint) != UCS_OK) {
                return BACKEND;
            }
        }
    }
    if (!take_text(blob, "", section) || strcmp(section, "MemSection") != 0 || !take_number(blob, "nixlSecElms", &sections)) {
        return MISMATCH;
    }
    for (uint64_t i = 0; i < sections; i++) {
        struct peer none = {0};
        if (!take_text(blob, "bknd", backend)) {
            return INVALID_PARAM;
        }
        int status = load_regions(blob, strcmp(backend, "UCX") == 0 ? peer : &none);
        if (status != SUCCESS) {
            return status;
        }
    }
    return SUCCESS;
}

/* Progresses until the request has ended; takes it. */
static int await(struct peer *peer, ucs_status_ptr_t request)
{
    ucs_status_t status = UCS_PTR_STATUS(request);
    if (UCS_PTR_IS_PTR(request)) {
        time_t limit = time(NULL) + TRANSFER_SECONDS;
        while ((status = ucp_request_check_status(request)) == UCS_INPROGRESS) {
            ucp_worker_progress(worker);
            if (time(NULL) > limit) {
                return TIMED_OUT;
            }
        }
        ucp_request_free(request);
    }
    return status != UCS_OK && peer->failed ? REMOTE_DISCONNECT : to_nixl(status);
}

static int notify(struct peer *peer, size_t length)
{
    unsigned char *text = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        text[i] = pattern(i, MESSAGE_SEED);
    }
    struct bytes blob = begin();
    put_record(&blob, "name", name, strlen(name));
    put_record(&blob, "msg", text, length);
    ucp_request_param_t parameters = {
        .op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS | UCP_OP_ATTR_FIELD_MEMORY_TYPE,
        .flags = UCP_AM_SEND_FLAG_EAGER,
        .memory_type = UCS_MEMORY_TYPE_HOST,
    };
    int status = await(peer, ucp_am_send_nbx(peer->endpoint, 0, NULL, 0, blob.data, blob.length, &parameters));
    free(blob.data);
    free(text);
    return status;
}

static int send_raw(const char *line)
{
    static unsigned char header[NAME_MAX_BYTES];
    char kind[8], agent[NAME_MAX_BYTES];
    size_t header_length;
    int at;
    struct peer *peer;
    if (sscanf(line, "%7s %127s %zu %n", kind, agent, &header_length, &at) != 3 || header_length > sizeof header || (peer = find_peer(agent)) == NULL) {
        fail("an incomplete line");
    }
    struct bytes payload = line[at] == '-' ? (struct bytes){0} : parse_hex(line + at);
    ucp_request_param_t parameters = {
        .op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS | UCP_OP_ATTR_FIELD_MEMORY_TYPE,
        .flags = strcmp(kind, "rndv") == 0 ? UCP_AM_SEND_FLAG_RNDV : UCP_AM_SEND_FLAG_EAGER,
        .memory_type = UCS_MEMORY_TYPE_HOST,
    };
    int status = await(peer, ucp_am_send_nbx(peer->endpoint, 0, header, header_length, payload.data, payload.length, &parameters));
    free(payload.data);
    return status;
}

static ucp_rkey_h key_of(const struct peer *peer, uint64_t address, uint64_t length)
{
    for (int i = 0; i < peer->regions; i++) {
        if (address >= peer->region[i].address && address + length <= peer->region[i].address + peer->region[i].length) {
            return peer->region[i].key;
        }
    }
    return NULL;
}

static int transfer(const char *line)
{
    char operation[8], agent[NAME_MAX_BYTES], message[32];
    uint64_t offset, remote, length, count;
    if (sscanf(line, "%7s %127s %lu %lu %lu %lu %31s", operation, agent, &offset, &remote, &length, &count, message) != 7) {
        fail("an incomplete line");
    }
    struct peer *peer = find_peer(agent);
    ucp_rkey_h key = peer == NULL ? NULL : key_of(peer, remote, length * count);
    if (key == NULL || offset + length * count > buffer_bytes) {
        return NOT_FOUND;
    }

    int status = SUCCESS, is_write = strcmp(operation, "write") == 0;
    ucp_request_param_t parameters = {.op_attr_mask = UCP_OP_ATTR_FIELD_MEMH | UCP_OP_ATTR_FLAG_MULTI_SEND, .memh = registered};
    ucp_request_param_t none = {0};
    ucs_status_ptr_t last = NULL;
    for (uint64_t i = 0; i < count && status == SUCCESS; i++) {
        ucs_status_ptr_t request = is_write
            ? ucp_put_nbx(peer->endpoint, buffer + offset + i * length, length, remote + i * length, key, &parameters)
            : ucp_get_nbx(peer->endpoint, buffer + offset + i * length, length, remote + i * length, key, &parameters);
        status = UCS_PTR_IS_ERR(request) ? to_nixl(UCS_PTR_STATUS(request)) : SUCCESS;
        if (UCS_PTR_IS_PTR(last)) {
            ucp_request_free(last);
        }
        last = request;
    }
    if (status == SUCCESS) {
        ucs_status_ptr_t flush = ucp_ep_flush_nbx(peer->endpoint, &none);
        status = await(peer, last);
        int flushed = await(peer, flush);
        status = status == SUCCESS ? flushed : status;
    }
    return status == SUCCESS && message[0] != '-' ? notify(peer, strtoull(message, NULL, 0)) : status;
}

static void answer_notifications(void)
{
    printf("= ");
    for (int i = 0; i < received_count; i++) {
        printf("%s%s:%zu:%ld", i == 0 ? "" : " ", received[i].agent, received[i].length, received[i].difference);
    }
    printf("\n");
    received_count = 0;
}

static void answer(char *line)
{
    char agent[NAME_MAX_BYTES] = "";
    size_t offset, length;
    unsigned seed;
    if (strcmp(line, "metadata") == 0) {
        struct bytes blob = metadata();
        printf("= ");
        for (size_t i = 0; i < blob.length; i++) {
            printf("%02x", blob.data[i]);
        }
        printf("\n");
        free(blob.data);
    } else if (strncmp(line, "load ", 5) == 0) {
        struct bytes blob = parse_hex(line + 5);
        int status = load(&blob, agent);
        printf("= %d %s\n", status, agent);
        free(blob.data);
    } else if (sscanf(line, "forget %127s", agent) == 1) {
        struct peer *peer = find_peer(agent);
        if (peer != NULL) {
            forget(peer);
        }
        printf("= 0\n");
    } else if (sscanf(line, "fill %zu %zu %u", &offset, &length, &seed) == 3 && offset + length <= buffer_bytes) {
        for (size_t i = 0; i < length; i++) {
            buffer[offset + i] = pattern(i, seed);
        }
        printf("= 0\n");
    } else if (sscanf(line, "find %zu %zu %u", &offset, &length, &seed) == 3 && offset + length <= buffer_bytes) {
        printf("= %ld\n", difference(buffer + offset, length, seed));
    } else if (strncmp(line, "transfer ", 9) == 0) {
        printf("= %d\n", transfer(line + 9));
    } else if (sscanf(line, "notify %127s %zu", agent, &length) == 2) {
        struct peer *peer = find_peer(agent);
        printf("= %d\n", peer == NULL ? NOT_FOUND : notify(peer, length));
    } else if (strncmp(line, "raw ", 4) == 0) {
        printf("= %d\n", send_raw(line + 4));
    } else if (strcmp(line, "notifications") == 0) {
        answer_notifications();
    } else {
        fail("an unknown line");
    }
    fflush(stdout);
}

/* The next line; makes progress until it is there. NULL at the end of the input. */
static char *next_line(void)
{
    static struct bytes input;
    static size_t taken;
    if (taken > 0) {
        input.length -= taken;
        memmove(input.data, input.data + taken, input.length);
        taken = 0;
    }
    for (int idle = 0;;) {
        char *end = input.length == 0 ? NULL : memchr(input.data, '\n', input.length);
        if (end != NULL) {
            *end = '\0';
            taken = (size_t)(end - (char *)input.data) + 1;
            return (char *)input.data;
        }
        idle = ucp_worker_progress(worker) > 0 ? 0 : idle + 1;
        struct pollfd standard_input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&standard_input, 1, idle > 1000 ? 1 : 0) > 0) {
            char chunk[65536];
            ssize_t got = read(STDIN_FILENO, chunk, sizeof chunk);
            if (got <= 0) {
                return NULL;
            }
            put(&input, chunk, (size_t)got);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        return 2;
    }
    alarm(LIFE_SECONDS);
    name = argv[1];
    buffer_bytes = strtoull(argv[2], NULL, 0);
    peer_errors = strcmp(argv[3], "peer") == 0;
    open_worker(argv + 4, argc - 4);
    printf("= ready %lu %s\n", (unsigned long)(uintptr_t)buffer, ucp_get_version_string());
    fflush(stdout);
    for (char *line; (line = next_line()) != NULL;) {
        answer(line);
    }
    for (int i = 0; i < PEERS_MAX; i++) {
        forget(&peers[i]);
    }
    for (int i = 0; i < 1000; i++) {
        ucp_worker_progress(worker);
    }
    (void)ucp_mem_unmap(context, registered);
    ucp_worker_destroy(worker);
    ucp_cleanup(context);
    return 0;
}
