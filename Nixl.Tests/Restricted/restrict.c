/* Runs a command as a container with little would: uid 65534 without capabilities, a read-only root, 64 KiB of locked memory, 256 descriptors (beside those of the tests' own
 * assemblies), 1 MiB of /dev/shm, half a processor, and without io_uring, process_vm_* and pidfd_*.
 *
 * restrict SCRATCH COMMAND [ARGUMENT...]: SCRATCH, an existing folder, becomes uid 65534's and the only one that the command can write to. Needs root. What cannot be had (a
 * cgroup, say) is said on standard error, in one line beginning with "restrict: without". Ends as the command ends; 125 when it could not be started. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, CANNOT_START = 125 };

/* What a container gives a service, and what the test host has open for assemblies (some 180) beyond a service that uses every backend (80 to 100): .NET keeps a
 * descriptor for each. So what is tested here has as many left as it would have in that service. */
enum { DESCRIPTORS = 256, ASSEMBLIES_OF_TESTS = 96 };

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no seccomp filter for this architecture"
#endif

#define REFUSE(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static char group[128];
static pid_t child;

static void give_up(const char *what)
{
    fprintf(stderr, "restrict: %s: %s\n", what, strerror(errno));
    exit(CANNOT_START);
}

static int write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    ssize_t written = write(file, text, strlen(text));
    int error = errno;
    close(file);
    errno = error;
    return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* Half a processor for this process and its children, by either kind of cgroup. */
static void halve_processor(void)
{
    static const struct { const char *root, *file, *value; } kinds[] = {
        { "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "50000" },
        { "/sys/fs/cgroup", "cpu.max", "50000 100000" },
    };
    char path[256], self[32];
    snprintf(self, sizeof self, "%d", getpid());
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        snprintf(group, sizeof group, "%s/nixl-restricted-%s", kinds[i].root, self);
        if (mkdir(group, 0755) != 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", group, kinds[i].file);
        int limited = write_file(path, kinds[i].value);
        snprintf(path, sizeof path, "%s/cgroup.procs", group);
        if (limited == 0 && write_file(path, self) == 0) {
            return;
        }
        rmdir(group);
    }
    group[0] = '\0';
    fprintf(stderr, "restrict: without half a processor: no cgroup could be made (%s)\n", strerror(errno));
}

static void limit_mounts(const char *scratch)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        give_up("a mount namespace");
    }
    if (mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=1777") != 0) {
        give_up("a small /dev/shm");
    }
    if (chown(scratch, NOBODY, NOBODY) != 0 || mount(scratch, scratch, NULL, MS_BIND, NULL) != 0) {
        give_up(scratch);
    }
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0) {
        give_up("a read-only root");
    }
}

static void limit_resource(int resource, rlim_t value)
{
    struct rlimit limit = { value, value };
    if (setrlimit(resource, &limit) != 0) {
        give_up("a limit");
    }
}

static void refuse_calls(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(__NR_io_uring_setup),
        REFUSE(__NR_io_uring_enter),
        REFUSE(__NR_io_uring_register),
        REFUSE(__NR_process_vm_readv),
        REFUSE(__NR_process_vm_writev),
        REFUSE(__NR_pidfd_open),
        REFUSE(__NR_pidfd_send_signal),
        REFUSE(__NR_pidfd_getfd),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        give_up("a seccomp filter");
    }
}

static void become_nobody(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            give_up("dropping capabilities");
        }
    }
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0) {
        give_up("becoming uid 65534");
    }
}

static void pass_on(int signal_number)
{
    if (child > 0) {
        kill(-child, signal_number);
    }
}

int main(int count, char **arguments)
{
    if (count < 3) {
        fprintf(stderr, "usage: restrict SCRATCH COMMAND [ARGUMENT...]\n");
        return CANNOT_START;
    }
    child = fork();
    if (child < 0) {
        give_up("a process");
    }
    if (child == 0) {
        setpgid(0, 0);
        halve_processor();
        limit_mounts(arguments[1]);
        limit_resource(RLIMIT_MEMLOCK, 64 << 10);
        limit_resource(RLIMIT_NOFILE, DESCRIPTORS + ASSEMBLIES_OF_TESTS);
        limit_resource(RLIMIT_CORE, 0);
        become_nobody();
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of the user would undo it */
        refuse_calls();
        if (access(arguments[1], W_OK | X_OK) != 0) {
            give_up(arguments[1]); /* a checkout under a folder that is root's alone */
        }
        setenv("TMPDIR", arguments[1], 1);
        setenv("HOME", arguments[1], 1);
        fflush(NULL);
        execvp(arguments[2], arguments + 2);
        give_up(arguments[2]);
    }

    signal(SIGTERM, pass_on);
    signal(SIGINT, pass_on);
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            give_up("waiting");
        }
    }
    kill(-child, SIGKILL); /* what the command left behind */
    snprintf(group, sizeof group, "/sys/fs/cgroup/cpu/nixl-restricted-%d", child);
    for (int round = 0; round < 2; round++) {
        for (int attempt = 0; attempt < 100 && rmdir(group) != 0 && errno == EBUSY; attempt++) {
            usleep(10000);
        }
        snprintf(group, sizeof group, "/sys/fs/cgroup/nixl-restricted-%d", child);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
