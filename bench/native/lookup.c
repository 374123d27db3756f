/*
 * What one route lookup costs inside the kernel, without system calls, sockets and packets around it.
 *
 * A BPF program that calls bpf_fib_lookup() once is run many times in a row by BPF_PROG_TEST_RUN, in the network
 * namespace that is to be measured; the kernel reports the mean time of a run. The same program without the call is
 * measured beside it, to be subtracted. All jobs take turns, round after round, so that drift of the machine's
 * speed meets all of them alike.
 *
 *   lookup ROUNDS REPEAT < JOBS
 *
 * A job is a line "NETNS IIF DESTINATION SOURCE[,SOURCE...]": lookups rotate through the sources, of which the
 * unspecified address stands for "none yet". IIF is an interface index; 1 (lo) is traffic of the host itself.
 * Prints for each job "MEDIAN_NS EMPTY_MEDIAN_NS RESULT", where RESULT is that of the last lookup (0: found).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_JOBS 4096
#define MAX_SOURCES 1024
#define SKIP_NEIGH 4

struct job {
  int netns;
  int with_lookup, without_lookup;
  double *times, *empty;
  int result;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int bpf(int command, union bpf_attr *attr) { return syscall(SYS_bpf, command, attr, sizeof *attr); }

static int new_map(unsigned value_size, unsigned entries) {
  union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = value_size, .max_entries = entries};
  int fd = bpf(BPF_MAP_CREATE, &attr);
  if (fd < 0) fail("BPF_MAP_CREATE");
  return fd;
}

static void set_entry(int map, unsigned key, const void *value) {
  union bpf_attr attr = {.map_fd = map, .key = (unsigned long)&key, .value = (unsigned long)value};
  if (bpf(BPF_MAP_UPDATE_ELEM, &attr)) fail("BPF_MAP_UPDATE_ELEM");
}

/* The program, instruction by instruction. R10 is the frame; the lookup's parameters lie in its last 64 bytes. */
static struct bpf_insn program[128];
static int length;

static void put(unsigned char code, unsigned char dst, unsigned char src, short off, int imm) {
  program[length++] = (struct bpf_insn){.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}
static void store(short off, int value) { put(BPF_ST | BPF_MEM | BPF_W, 10, 0, off, value); }
static void call(int helper) { put(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
static void set(int reg, int value) { put(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value); }
static void frame_address(int reg, int off) {
  put(BPF_ALU64 | BPF_MOV | BPF_X, reg, 10, 0, 0);
  put(BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, off);
}
/* R0 = the map's entry whose key lies at frame + off; ends the program if there is none (the verifier wants it). */
static void entry_of(int map, int off) {
  put(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map);
  put(0, 0, 0, 0, 0);
  frame_address(2, off);
  call(BPF_FUNC_map_lookup_elem);
  put(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 2, 0);
  set(0, 255);
  put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

enum { PARAMS = -64, KEY = -72 };

static int load(int sources, unsigned mask, int counter, int family, const unsigned char *to, int iif, int lookup) {
  length = 0;
  put(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
  store(KEY, 0);
  entry_of(counter, KEY);
  put(BPF_LDX | BPF_MEM | BPF_DW, 1, 0, 0, 0);
  put(BPF_ALU64 | BPF_MOV | BPF_X, 2, 1, 0, 0);
  put(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, 1);
  put(BPF_STX | BPF_MEM | BPF_DW, 0, 2, 0, 0);
  put(BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, mask);
  put(BPF_STX | BPF_MEM | BPF_W, 10, 1, KEY, 0);
  entry_of(sources, KEY);

  /* struct bpf_fib_lookup */
  store(PARAMS + 0, family | IPPROTO_UDP << 8);
  store(PARAMS + 4, 0);
  store(PARAMS + 8, iif);
  store(PARAMS + 12, 0);
  for (int i = 0; i < 16; i += 4) {
    put(BPF_LDX | BPF_MEM | BPF_W, 1, 0, i, 0);
    put(BPF_STX | BPF_MEM | BPF_W, 10, 1, PARAMS + 16 + i, 0);
    int word;
    memcpy(&word, to + i, 4);
    store(PARAMS + 32 + i, word);
    store(PARAMS + 48 + i, 0);
  }
  if (lookup) {
    put(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
    frame_address(2, PARAMS);
    set(3, 64);
    set(4, SKIP_NEIGH);
    call(BPF_FUNC_fib_lookup);
  } else {
    set(0, 0);
  }
  put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

  static char log[1 << 16];
  union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = (unsigned long)program, .insn_cnt = length,
                         .license = (unsigned long)"GPL", .log_buf = (unsigned long)log, .log_size = sizeof log, .log_level = 1};
  int fd = bpf(BPF_PROG_LOAD, &attr);
  if (fd < 0) {
    fprintf(stderr, "BPF_PROG_LOAD: %s\n%s\n", strerror(errno), log);
    exit(1);
  }
  return fd;
}

static double run(int fd, int repeat, int *result) {
  static unsigned char packet[64] = {[12] = 8}, out[256];
  union bpf_attr attr = {0};
  attr.test.prog_fd = fd;
  attr.test.repeat = repeat;
  attr.test.data_in = (unsigned long)packet;
  attr.test.data_size_in = sizeof packet;
  attr.test.data_out = (unsigned long)out;
  attr.test.data_size_out = sizeof out;
  if (bpf(BPF_PROG_TEST_RUN, &attr)) fail("BPF_PROG_TEST_RUN");
  *result = attr.test.retval;
  return attr.test.duration;
}

static void read_job(struct job *job, char *line, int rounds) {
  char *netns = strtok(line, " \n"), *iif = strtok(NULL, " \n"), *to = strtok(NULL, " \n"), *from = strtok(NULL, " \n");
  if (!from) {
    fprintf(stderr, "a job is NETNS IIF DESTINATION SOURCE[,SOURCE...]\n");
    exit(1);
  }
  int family = strchr(to, ':') ? AF_INET6 : AF_INET;
  unsigned char destination[16] = {0}, sources[MAX_SOURCES][16] = {{0}};
  if (inet_pton(family, to, destination) != 1) fail(to);
  unsigned count = 0;
  for (char *s = strtok(from, ","); s && count < MAX_SOURCES; s = strtok(NULL, ","), count++)
    if (inet_pton(family, s, sources[count]) != 1) fail(s);
  unsigned size = 1;
  while (size < count) size *= 2;
  int map = new_map(16, size), counter = new_map(8, 1);
  for (unsigned i = 0; i < size; i++) set_entry(map, i, sources[i % count]);
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", netns);
  job->netns = open(path, O_RDONLY | O_CLOEXEC);
  if (job->netns < 0) fail(path);
  job->with_lookup = load(map, size - 1, counter, family, destination, atoi(iif), 1);
  job->without_lookup = load(map, size - 1, counter, family, destination, atoi(iif), 0);
  job->times = calloc(rounds, sizeof *job->times);
  job->empty = calloc(rounds, sizeof *job->empty);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, count, sizeof *values, ascending);
  return values[count / 2];
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: lookup ROUNDS REPEAT < JOBS\n");
    return 2;
  }
  int rounds = atoi(argv[1]), repeat = atoi(argv[2]), count = 0;
  static struct job jobs[MAX_JOBS];
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    if (count == MAX_JOBS) {
      fprintf(stderr, "more than %d jobs\n", MAX_JOBS);
      return 2;
    }
    read_job(&jobs[count++], line, rounds);
  }
  for (int round = -1; round < rounds; round++) {
    for (int i = 0; i < count; i++) {
      struct job *job = &jobs[i];
      int ignored;
      if (setns(job->netns, CLONE_NEWNET)) fail("setns");
      double empty = run(job->without_lookup, repeat, &ignored);
      double time = run(job->with_lookup, repeat, &job->result);
      if (round < 0) continue; /* the first round warms caches */
      job->times[round] = time;
      job->empty[round] = empty;
    }
  }
  for (int i = 0; i < count; i++)
    printf("%.0f %.0f %d\n", median(jobs[i].times, rounds), median(jobs[i].empty, rounds), jobs[i].result);
  return 0;
}
