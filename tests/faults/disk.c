/* What a process asks of the disk, written down or refused: preloaded, it stands before libc for the files under one name.

   The file that SUYUAN_DISK names says what to do. It is read when the library is loaded and again in each forked child:

       watch PREFIX              files whose whole name begins so, and the folder they lie in
       log FILE                  write every change of them down, and every line "ack …" said on standard output
       fail CALL FIRST EVERY N   from "ready" on, the FIRST such call (write, sync, truncate, open) and then every EVERY-th
                                 (0: no other) fails with errno N; with N 0 it says that it was done, and was not

   A record is 16 bytes (call, 0, length of the name, length of the data, offset; little-endian), the name, the data. One lock is held
   while a call is done and written down, so the order of the records is the order of the calls, and a sync covers what stands before it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define RULES_MAX 4

struct record {
    char call;
    char zero;
    uint16_t name_size;
    uint32_t data_size;
    uint64_t offset;
};

static char watched[PATH_MAX], folder[PATH_MAX];
static int book = -1;
static struct rule {
    char call[16];
    long first, every, number, seen;
} rules[RULES_MAX];
static int rule_count;
static int armed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);
static int (*real_rename)(const char *, const char *);
static int (*real_open)(const char *, int, ...);

static void take_orders(void)
{
    char line[PATH_MAX + 16], log[PATH_MAX] = "";
    const char *path = getenv("SUYUAN_DISK");
    FILE *orders = path ? fopen(path, "re") : NULL;

    watched[0] = folder[0] = '\0';
    armed = rule_count = 0;
    if (book >= 0)
        close(book);
    book = -1;
    while (orders && fgets(line, sizeof line, orders)) {
        line[strcspn(line, "\n")] = '\0';
        sscanf(line, "watch %4095s", watched);
        sscanf(line, "log %4095s", log);
        if (rule_count < RULES_MAX) {
            struct rule *rule = &rules[rule_count];
            rule->seen = 0;
            rule_count += sscanf(line, "fail %15s %ld %ld %ld", rule->call, &rule->first, &rule->every, &rule->number) == 4;
        }
    }
    if (orders)
        fclose(orders);
    if (watched[0]) {
        strcpy(folder, watched);
        *strrchr(folder, '/') = '\0';
    }
    if (log[0])
        book = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void begin_child(void)
{
    pthread_mutex_init(&lock, NULL);
    take_orders();
}

__attribute__((constructor)) static void begin(void)
{
    real_write = REAL(write);
    real_pwrite = REAL(pwrite);
    real_fsync = REAL(fsync);
    real_fdatasync = REAL(fdatasync);
    real_ftruncate = REAL(ftruncate);
    real_unlink = REAL(unlink);
    real_rename = REAL(rename);
    real_open = REAL(open);
    take_orders();
    pthread_atfork(NULL, NULL, begin_child);
}

static int watches(const char *name)
{
    size_t size = strlen(name);

    /* The shared memory of the write-ahead log is not kept on disk: it is made anew after a crash. */
    if (size > 4 && strcmp(name + size - 4, "-shm") == 0)
        return 0;
    return watched[0] && (strncmp(name, watched, strlen(watched)) == 0 || strcmp(name, folder) == 0);
}

static int named(int fd, char *name)
{
    char link[32];
    ssize_t size;

    if (!watched[0])
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, name, PATH_MAX - 1);
    if (size < 0)
        return 0;
    name[size] = '\0';
    return watches(name);
}

static void all_of(const void *data, size_t size)
{
    if (size && real_write(book, data, size) != (ssize_t)size)
        abort();
}

static void note(char call, const char *name, uint64_t offset, const void *data, size_t size)
{
    struct record record = {call, 0, (uint16_t)strlen(name), (uint32_t)size, offset};
    int kept = errno;

    if (book < 0)
        return;
    all_of(&record, sizeof record);
    all_of(name, record.name_size);
    all_of(data, size);
    errno = kept;
}

/* 0: do it; -1: it fails, with errno set; 1: it shall look done. */
static int refused(const char *call)
{
    for (int i = 0; armed && i < rule_count; i++) {
        struct rule *rule = &rules[i];
        long after;

        if (strcmp(call, rule->call) != 0)
            continue;
        after = ++rule->seen - rule->first;
        if (after != 0 && (after < 0 || rule->every == 0 || after % rule->every != 0))
            continue;
        note('f', call, (uint64_t)rule->seen, NULL, 0);
        errno = (int)rule->number;
        return rule->number ? -1 : 1;
    }
    return 0;
}

static ssize_t put(int fd, const char *name, const void *data, size_t size, off_t at)
{
    ssize_t done;
    int answer;

    pthread_mutex_lock(&lock);
    answer = refused("write");
    done = answer < 0 ? -1 : answer > 0 ? (ssize_t)size : real_pwrite(fd, data, size, at);
    if (answer == 0 && done > 0)
        note('w', name, (uint64_t)at, data, (size_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    char name[PATH_MAX];

    return named(fd, name) ? put(fd, name, data, size, at) : real_pwrite(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return pwrite(fd, data, size, at);
}

ssize_t write(int fd, const void *data, size_t size)
{
    char name[PATH_MAX];
    ssize_t done;

    if (fd == STDOUT_FILENO && watched[0] && size > 4 && memcmp(data, "ack ", 4) == 0) {
        /* Before it is said: from here on somebody may rely on it. */
        pthread_mutex_lock(&lock);
        note('a', "", 0, data, size);
        pthread_mutex_unlock(&lock);
    } else if (fd == STDOUT_FILENO && size == 6 && memcmp(data, "ready\n", 6) == 0) {
        armed = 1;
    } else if (fd != book && named(fd, name)) {
        off_t at = lseek(fd, 0, SEEK_CUR);
        done = put(fd, name, data, size, at);
        if (done > 0)
            lseek(fd, at + done, SEEK_SET);
        return done;
    }
    return real_write(fd, data, size);
}

static int sync_it(int fd, int (*really)(int))
{
    char name[PATH_MAX];
    int done;

    if (!named(fd, name))
        return really(fd);
    pthread_mutex_lock(&lock);
    done = refused("sync");
    if (done == 0) {
        done = really(fd);
        if (done == 0)
            note('s', name, 0, NULL, 0);
    } else if (done > 0) {
        done = 0;
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd)
{
    return sync_it(fd, real_fsync);
}

int fdatasync(int fd)
{
    return sync_it(fd, real_fdatasync);
}

int ftruncate(int fd, off_t size)
{
    char name[PATH_MAX];
    int done;

    if (!named(fd, name))
        return real_ftruncate(fd, size);
    pthread_mutex_lock(&lock);
    done = refused("truncate");
    if (done == 0) {
        done = real_ftruncate(fd, size);
        if (done == 0)
            note('t', name, (uint64_t)size, NULL, 0);
    } else if (done > 0) {
        done = 0;
    }
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int unlink(const char *name)
{
    int done;

    if (!watches(name))
        return real_unlink(name);
    pthread_mutex_lock(&lock);
    done = real_unlink(name);
    if (done == 0)
        note('u', name, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *from, const char *to)
{
    int done;

    if (!watches(from) && !watches(to))
        return real_rename(from, to);
    pthread_mutex_lock(&lock);
    done = real_rename(from, to);
    if (done == 0)
        note('r', from, 0, to, strlen(to));
    pthread_mutex_unlock(&lock);
    return done;
}

static int open_it(const char *name, int flags, mode_t mode)
{
    struct stat found;
    int done, fresh;

    if (!watches(name) || strcmp(name, folder) == 0)
        return real_open(name, flags, mode);
    pthread_mutex_lock(&lock);
    fresh = (flags & O_CREAT) && stat(name, &found) != 0;
    done = refused("open") < 0 ? -1 : real_open(name, flags, mode);
    if (done >= 0 && fresh)
        note('c', name, 0, NULL, 0);
    if (done >= 0 && (flags & O_TRUNC) && !fresh)
        note('t', name, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;

    if (flags & (O_CREAT | O_TMPFILE)) {
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    return open_it(name, flags, mode);
}

int open64(const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;

    if (flags & (O_CREAT | O_TMPFILE)) {
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    return open_it(name, flags, mode);
}
