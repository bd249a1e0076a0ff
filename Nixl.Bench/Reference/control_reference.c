/*
 * The reference that "nixlbench control" holds the agent's control path against: the same work on the same data, and nothing else. Planning is a binary
 * search over the sorted registered regions for each descriptor and one segment written; registering is a loop over libucp's calls. Compiled by nixlbench at
 * run time.
 *
 * Arguments: --processor N  [--set NAME=VALUE]...       processor -1 is any; settings are libucp's
 * It answers on stdout, each answer a line that begins with "= ":
 *   (at the start)                                = ready <libucp version>
 *   open WORK COUNT REGIONS ORDER SPACING         = opened <pieces> <bytes> <checksum>   what the work gave, done once; or = unsupported
 *   run COUNT WARM                                = done <wall ns> <median ns>   of COUNT repetitions after WARM unmeasured ones: all, and one
 * WORK is create, prepare, make, register or deregister; ORDER is ascending or shuffled; SPACING is contiguous, gaps or irregular: see Layout.cs.
 * A failure ends it with a line on stderr and exit status 1; the end of stdin with 0. Between commands it blocks and uses no processor.
 */
#define NAME "control_reference"
#include "reference.h"

#include <unistd.h>

#define LOCAL_BASE ((uint64_t)1 << 44)
#define REMOTE_BASE ((uint64_t)1 << 45)
#define BLOCK_BYTES 4096
#define GAP_BYTES 4096
#define JITTER_STEPS 1024
#define JITTER_BYTES 4
#define SIDES 2

enum spacing { CONTIGUOUS, GAPS, IRREGULAR };

struct descriptor {
    uint64_t address, length, device;
};

struct segment {
    uint64_t local, remote, length;
    uint32_t local_region, remote_region;
};

/* One descriptor of a prepared side. */
struct block {
    uint64_t address, length, region;
};

/* A prepared side; equally spaced blocks of one region are known by their first one and their distance, too. */
struct prepared {
    size_t count;
    int is_spaced;
    uint64_t pitch;
    struct block blocks[];
};

struct proof {
    uint64_t pieces, bytes, checksum;
};

struct registered {
    ucp_mem_h handle;
    void *key;
    size_t key_bytes;
};

struct work {
    const char *name;
    void (*open)(void);
    void (*set_up)(void);
    void (*run)(void);
    void (*tear_down)(void);
    void (*prove)(struct proof *);
};

static ucp_context_h context;
static size_t count, region_count;
static int is_shuffled;
static enum spacing spacing;

static struct descriptor *regions;                  /* both sides', sorted */
static struct descriptor *lists[SIDES];
static uint32_t *indices[SIDES];
static struct prepared *sides[SIDES];
static struct segment *segments;
static size_t segment_count;
static struct registered *registrations;
static char *arena;

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) {
        fail("no memory");
    }
    return memory;
}

/* SplitMix64: state in, number out. */
static uint64_t scramble(uint64_t state)
{
    state += 0x9e3779b97f4a7c15;
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
    return state ^ (state >> 31);
}

static uint32_t *make_order(uint64_t seed)
{
    uint32_t *order = allocate(count * sizeof *order);
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    for (size_t i = count - 1; is_shuffled && i > 0; i--) {
        size_t other = scramble(seed << 32 | i) % (i + 1);
        uint32_t moved = order[i];
        order[i] = order[other];
        order[other] = moved;
    }
    return order;
}

static uint64_t pitch(void)
{
    return BLOCK_BYTES + (spacing == CONTIGUOUS ? 0 : GAP_BYTES);
}

static size_t blocks_per_region(void)
{
    return (count + region_count - 1) / region_count;
}

static struct descriptor block_at(uint64_t base, size_t i)
{
    size_t per_region = blocks_per_region();
    uint64_t jitter = spacing == IRREGULAR ? scramble(i) % JITTER_STEPS * JITTER_BYTES : 0;
    struct descriptor block = { base + i / per_region * (per_region * pitch()) + i % per_region * pitch() + jitter, BLOCK_BYTES, 0 };
    return block;
}

static void lay_out_regions(void)
{
    uint64_t span = blocks_per_region() * pitch();
    regions = allocate(SIDES * region_count * sizeof *regions);
    for (size_t i = 0; i < SIDES * region_count; i++) {
        regions[i].address = (i < region_count ? LOCAL_BASE : REMOTE_BASE) + i % region_count * span;
        regions[i].length = span;
        regions[i].device = 0;
    }
}

static struct descriptor *make_list(uint64_t base, const uint32_t *order)
{
    struct descriptor *list = allocate(count * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = block_at(base, order == NULL ? i : order[i]);
    }
    return list;
}

/* The region that holds a descriptor. */
static uint32_t find_region(const struct descriptor *wanted)
{
    size_t low = 0, high = SIDES * region_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct descriptor *region = &regions[middle];
        int is_after = region->device != wanted->device ? region->device > wanted->device : region->address > wanted->address;
        low = is_after ? low : middle + 1;
        high = is_after ? middle : high;
    }

    const struct descriptor *region = &regions[low - 1];
    if (low == 0 || region->device != wanted->device || wanted->length > region->length
        || wanted->address - region->address > region->length - wanted->length) {
        fail("a descriptor lies in no region");
    }
    return (uint32_t)(low - 1);
}

/* Adds a segment, or extends the last one when the new one follows it on both sides. */
static inline size_t add_segment(struct segment *list, size_t length, const struct segment *next)
{
    struct segment *last = list + length - 1;
    if (length > 0 && last->local + last->length == next->local && last->remote + last->length == next->remote
        && last->local_region == next->local_region && last->remote_region == next->remote_region) {
        last->length += next->length;
        return length;
    }
    list[length] = *next;
    return length + 1;
}

static void create(void)
{
    const struct descriptor *local = lists[0], *remote = lists[1];
    struct segment *made = allocate(count * sizeof *made);
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (local[i].length != remote[i].length) {
            fail("a pair differs in length");
        }
        struct segment next = { local[i].address, remote[i].address, local[i].length, find_region(&local[i]), find_region(&remote[i]) };
        length = add_segment(made, length, &next);
    }
    segments = made;
    segment_count = length;
}

static struct prepared *prepare_side(const struct descriptor *list)
{
    struct prepared *side = allocate(sizeof *side + count * sizeof side->blocks[0]);
    side->count = count;
    side->is_spaced = 1;
    side->pitch = count > 1 ? list[1].address - list[0].address : 0;
    for (size_t i = 0; i < count; i++) {
        struct block block = { list[i].address, list[i].length, find_region(&list[i]) };
        side->blocks[i] = block;
        side->is_spaced &= block.region == side->blocks[0].region && block.length == side->blocks[0].length
            && block.address == side->blocks[0].address + i * side->pitch;
    }
    return side;
}

static void prepare(void)
{
    sides[0] = prepare_side(lists[0]);
}

static size_t make_from_blocks(struct segment *made)
{
    const struct prepared *local = sides[0], *remote = sides[1];
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t l = indices[0][i], r = indices[1][i];
        if (l >= local->count || r >= remote->count) {
            fail("an index lies outside");
        }
        const struct block *from = &local->blocks[l], *to = &remote->blocks[r];
        if (from->length != to->length) {
            fail("a pair differs in length");
        }
        struct segment next = { from->address, to->address, from->length, (uint32_t)from->region, (uint32_t)to->region };
        length = add_segment(made, length, &next);
    }
    return length;
}

/* Both sides equally spaced: addresses are computed, and indices that count up by one on both sides are one segment where the blocks touch. */
static size_t make_from_spaced(struct segment *made)
{
    const struct prepared *local = sides[0], *remote = sides[1];
    const uint32_t *l = indices[0], *r = indices[1];
    const struct block from = local->blocks[0], to = remote->blocks[0];
    const int is_dense = local->pitch == from.length && remote->pitch == to.length;
    size_t length = 0;
    if (from.length != to.length) {
        fail("a pair differs in length");
    }
    for (size_t i = 0, run; i < count; i += run) {
        run = 1;
        while (is_dense && i + run < count && l[i + run] == l[i] + run && r[i + run] == r[i] + run) {
            run++;
        }
        if (l[i] + run > local->count || r[i] + run > remote->count) {
            fail("an index lies outside");
        }
        struct segment next = {
            from.address + l[i] * local->pitch, to.address + r[i] * remote->pitch, from.length * run, (uint32_t)from.region, (uint32_t)to.region
        };
        made[length++] = next;
    }
    return length;
}

static void make(void)
{
    segments = allocate(count * sizeof *segments);
    segment_count = sides[0]->is_spaced && sides[1]->is_spaced ? make_from_spaced(segments) : make_from_blocks(segments);
}

static void open_lists(void)
{
    uint32_t *local = make_order(1), *remote = make_order(2);
    lay_out_regions();
    lists[0] = make_list(LOCAL_BASE, local);
    lists[1] = make_list(REMOTE_BASE, remote);
    free(local);
    free(remote);
}

static void open_sides(void)
{
    lay_out_regions();
    for (int side = 0; side < SIDES; side++) {
        lists[side] = make_list(side == 0 ? LOCAL_BASE : REMOTE_BASE, NULL);
        sides[side] = prepare_side(lists[side]);
        indices[side] = make_order((uint64_t)side + 1);
    }
}

static void open_arena(void)
{
    arena = aligned_alloc(BLOCK_BYTES, count * (BLOCK_BYTES + GAP_BYTES));
    registrations = allocate(count * sizeof *registrations);
    if (arena == NULL) {
        fail("no memory");
    }
}

static void nothing(void)
{
}

static void free_segments(void)
{
    free(segments);
    segments = NULL;
}

static void free_side(void)
{
    free(sides[0]);
    sides[0] = NULL;
}

/* A work's release is part of what is measured. */
static void create_and_free(void)
{
    create();
    free_segments();
}

static void prepare_and_free(void)
{
    prepare();
    free_side();
}

static void make_and_free(void)
{
    make();
    free_segments();
}

static void map_all(void)
{
    for (size_t i = 0; i < count; i++) {
        struct registered *one = &registrations[i];
        ucp_mem_map_params_t parameters = {
            .field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH | UCP_MEM_MAP_PARAM_FIELD_FLAGS,
            .address = arena + i * (BLOCK_BYTES + GAP_BYTES),
            .length = BLOCK_BYTES,
        };
        check(ucp_mem_map(context, &parameters, &one->handle), "ucp_mem_map");
        check(ucp_rkey_pack(context, one->handle, &one->key, &one->key_bytes), "ucp_rkey_pack");
    }
}

static void unmap_all(void)
{
    for (size_t i = 0; i < count; i++) {
        ucp_rkey_buffer_release(registrations[i].key);
        check(ucp_mem_unmap(context, registrations[i].handle), "ucp_mem_unmap");
    }
}

static void prove_segments(struct proof *proof)
{
    for (size_t i = 0; i < segment_count; i++) {
        proof->bytes += segments[i].length;
        proof->checksum = scramble(scramble(scramble(proof->checksum ^ segments[i].local) ^ segments[i].remote) ^ segments[i].length);
    }
    proof->pieces = segment_count;
}

static void prove_created(struct proof *proof)
{
    create();
    prove_segments(proof);
    free_segments();
}

static void prove_made(struct proof *proof)
{
    make();
    prove_segments(proof);
    free_segments();
}

static void prove_prepared(struct proof *proof)
{
    prepare();
    proof->pieces = sides[0]->count;
    for (size_t i = 0; i < sides[0]->count; i++) {
        proof->bytes += sides[0]->blocks[i].length;
    }
    free_side();
}

static void prove_registered(struct proof *proof)
{
    map_all();
    proof->pieces = count;
    for (size_t i = 0; i < count; i++) {
        proof->bytes += registrations[i].key_bytes;
    }
    unmap_all();
}

static const struct work works[] = {
    { "create", open_lists, nothing, create_and_free, nothing, prove_created },
    { "prepare", open_lists, nothing, prepare_and_free, nothing, prove_prepared },
    { "make", open_sides, nothing, make_and_free, nothing, prove_made },
    { "register", open_arena, nothing, map_all, unmap_all, prove_registered },
    { "deregister", open_arena, map_all, unmap_all, nothing, prove_registered },
};

static void release(void)
{
    free(regions);
    free(registrations);
    free(arena);
    regions = NULL;
    registrations = NULL;
    arena = NULL;
    for (int side = 0; side < SIDES; side++) {
        free(lists[side]);
        free(indices[side]);
        free(sides[side]);
        lists[side] = NULL;
        indices[side] = NULL;
        sides[side] = NULL;
    }
}

static const struct work *open_work(const char *name)
{
    release();
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        if (strcmp(works[i].name, name) == 0) {
            struct proof proof = { 0, 0, 0 };
            works[i].open();
            works[i].prove(&proof);
            printf("= opened %llu %llu %llu\n",
                   (unsigned long long)proof.pieces, (unsigned long long)proof.bytes, (unsigned long long)proof.checksum);
            return &works[i];
        }
    }
    printf("= unsupported\n");
    return NULL;
}

static void repeat(const struct work *work, long repetitions, long warm)
{
    int64_t *times = allocate_times(repetitions), total = 0;
    for (long i = -warm; i < repetitions; i++) {
        work->set_up();
        int64_t start = wall_time();
        work->run();
        int64_t time = wall_time() - start;
        work->tear_down();
        if (i >= 0) {
            times[i] = time;
            total += time;
        }
    }
    qsort(times, (size_t)repetitions, sizeof *times, compare_times);
    printf("= done %lld %lld\n", (long long)total, (long long)times[repetitions / 2]);
    free(times);
}

static void serve(void)
{
    char line[256], name[16], order[16], distance[16];
    long repetitions, warm;
    const struct work *work = NULL;
    while (fgets(line, sizeof line, stdin) != NULL) {
        alarm(ANSWER_SECONDS_MAX);
        if (sscanf(line, "open %15s %zu %zu %15s %15s", name, &count, &region_count, order, distance) == 5
            && count > 0 && count <= UINT32_MAX && region_count > 0) {
            is_shuffled = strcmp(order, "shuffled") == 0;
            spacing = strcmp(distance, "contiguous") == 0 ? CONTIGUOUS : strcmp(distance, "gaps") == 0 ? GAPS : IRREGULAR;
            work = open_work(name);
        } else if (work != NULL && sscanf(line, "run %ld %ld", &repetitions, &warm) == 2 && repetitions > 0) {
            repeat(work, repetitions, warm);
        } else {
            fail("unknown command");
        }
        alarm(0);
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--processor") == 0) {
            bind_to_processor(atoi(argv[i + 1]));
        } else if (strcmp(argv[i], "--set") == 0) {
            keep_setting(argv[i + 1]);
        } else {
            fail("unknown argument");
        }
    }
    alarm(ANSWER_SECONDS_MAX);
    context = open_context(1);
    alarm(0);
    print_ready();
    serve();
    return 0;
}
