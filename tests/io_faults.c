// Preloaded into a server: one in N writes and syncs of its database fails with EIO. N and the count of failures stand in
// a file that the test shares with it (two unsigned integers); N = 0 is a disk that works.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile unsigned *shared(void) {
  static volatile unsigned *control;
  if (!control) {
    int fd = open(getenv("IO_FAULTS"), O_RDWR);
    control = mmap(0, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  return control;
}

static int fails(int fd) {
  static unsigned state = 12345;
  char link[64], path[4096];
  volatile unsigned *control = shared();
  if (control == MAP_FAILED || !control[0]) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  if (!strstr(path, "plaudit.db") || strstr(path, "-shm")) return 0;
  state = state * 1664525u + 1013904223u;
  if ((state >> 16) % control[0]) return 0;
  __sync_fetch_and_add(&control[1], 1);
  errno = EIO;
  return 1;
}

#define FAULTY(type, name, parameters, arguments)                     \
  type name parameters {                                              \
    static type (*real) parameters;                                   \
    if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);    \
    return fails(fd) ? -1 : real arguments;                           \
  }
FAULTY(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
FAULTY(ssize_t, pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at))
FAULTY(ssize_t, pwrite64, (int fd, const void *bytes, size_t n, off64_t at), (fd, bytes, n, at))
FAULTY(int, fdatasync, (int fd), (fd))
FAULTY(int, fsync, (int fd), (fd))
FAULTY(int, ftruncate, (int fd, off_t n), (fd, n))
FAULTY(int, ftruncate64, (int fd, off64_t n), (fd, n))
