/*
 * What a packet, a request or a connection costs a host end to end, by how it routes.
 *
 * One process, pinned to one CPU, holds the sockets of all hosts, in their namespaces, and works on each in turns,
 * round after round. A veth pair delivers in the sender's context, so the CPU time of this one thread is all the
 * work that is done for a packet: sending, both routing decisions, receiving. Time of other processes is not in it.
 *
 *   traffic ROUNDS < JOBS
 *
 * A job is a line "MODE NETNS SOURCE PEER TARGET", with namespaces by name and addresses of one family:
 *   udp        datagrams from an unconnected socket bound to SOURCE
 *   unset      datagrams from an unconnected socket that is not bound
 *   connected  datagrams from a connected socket
 *   request    a byte there and a byte back on a TCP connection
 *   bulk       64 KiB on a TCP connection
 *   connect    a TCP connection, a byte there and back, and its end
 *   inbound    datagrams from TARGET in PEER to an unconnected socket on SOURCE in NETNS
 *   forward    as udp; NETNS is a client whose packets the host forwards
 * TARGET must drop datagrams to port 9 early, so that they cost nothing more.
 *
 * Prints for each job "MEDIAN_NS RATIO", per unit of work, where RATIO is the median of the ratios, round by round,
 * to the first job of the same mode.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_JOBS 512
#define DISCARD_PORT 9
#define BATCH 32

struct endpoint {
  struct sockaddr_storage address;
  socklen_t length;
};

struct job {
  const char *mode;
  int netns, peer;
  struct endpoint source, target;
  int near, far, listener;
  double *times;
  int reference;
};

static char buffer[1 << 16], sink[1 << 20];

static void fail(const struct job *job, const char *what) {
  fprintf(stderr, "%s: %s: %s\n", job ? job->mode : "traffic", what, strerror(errno));
  exit(1);
}

static void enter(const struct job *job, int netns) {
  if (setns(netns, CLONE_NEWNET)) fail(job, "setns");
}

static int open_netns(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(NULL, path);
  return fd;
}

static struct endpoint endpoint(const char *text) {
  struct endpoint e = {0};
  struct sockaddr_in *v4 = (void *)&e.address;
  struct sockaddr_in6 *v6 = (void *)&e.address;
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    e.length = sizeof *v4;
  } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    e.length = sizeof *v6;
  } else {
    errno = EINVAL;
    fail(NULL, text);
  }
  return e;
}

static struct endpoint with_port(struct endpoint e, int port) {
  /* The port is at the same place in both families. */
  ((struct sockaddr_in *)&e.address)->sin_port = htons(port);
  return e;
}

static int new_socket(const struct job *job, int type) {
  int fd = socket(job->target.address.ss_family, type, 0), one = 1;
  if (fd < 0) fail(job, "socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void bind_to(const struct job *job, int fd, struct endpoint e) {
  if (bind(fd, (void *)&e.address, e.length)) fail(job, "bind");
}

static void connect_to(const struct job *job, int fd, struct endpoint e) {
  if (connect(fd, (void *)&e.address, e.length)) fail(job, "connect");
}

static int is(const struct job *job, const char *mode) { return !strcmp(job->mode, mode); }
static int is_tcp(const struct job *job) { return is(job, "request") || is(job, "bulk") || is(job, "connect"); }

static void set_up(struct job *job, int number) {
  int port = 20000 + number;
  if (is_tcp(job)) {
    enter(job, job->peer);
    job->listener = new_socket(job, SOCK_STREAM);
    bind_to(job, job->listener, with_port(job->target, port));
    if (listen(job->listener, 64)) fail(job, "listen");
    job->target = with_port(job->target, port);
    if (is(job, "connect")) return;
    enter(job, job->netns);
    job->near = new_socket(job, SOCK_STREAM);
    bind_to(job, job->near, job->source);
    connect_to(job, job->near, job->target);
    job->far = accept(job->listener, NULL, NULL);
    if (job->far < 0) fail(job, "accept");
    return;
  }
  if (is(job, "inbound")) {
    /* The receiver's buffer is the smallest there is: what does not fit is dropped after all routing is done. */
    int smallest = 1;
    struct endpoint any = job->source;
    if (any.address.ss_family == AF_INET) ((struct sockaddr_in *)&any.address)->sin_addr.s_addr = INADDR_ANY;
    else ((struct sockaddr_in6 *)&any.address)->sin6_addr = in6addr_any;
    enter(job, job->netns);
    job->far = new_socket(job, SOCK_DGRAM);
    setsockopt(job->far, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    bind_to(job, job->far, with_port(any, port));
    enter(job, job->peer);
    job->near = new_socket(job, SOCK_DGRAM);
    bind_to(job, job->near, job->target);
    connect_to(job, job->near, with_port(job->source, port));
    return;
  }
  enter(job, job->netns);
  job->near = new_socket(job, SOCK_DGRAM);
  job->target = with_port(job->target, DISCARD_PORT);
  if (!is(job, "unset")) bind_to(job, job->near, job->source);
  if (is(job, "connected")) connect_to(job, job->near, job->target);
}

static void pass(const struct job *job, int from, int to) {
  char byte = 1;
  if (send(from, &byte, 1, 0) != 1 || recv(to, &byte, 1, 0) != 1) fail(job, "a byte was lost");
}

static int do_requests(struct job *job) {
  for (int i = 0; i < 64; i++) {
    pass(job, job->near, job->far);
    pass(job, job->far, job->near);
  }
  return 64;
}

static int do_bulk(struct job *job) {
  for (int i = 0; i < 24; i++) {
    for (size_t sent = 0; sent < sizeof buffer;) {
      ssize_t n = send(job->near, buffer + sent, sizeof buffer - sent, MSG_DONTWAIT);
      if (n > 0) sent += n;
      else if (errno != EAGAIN) fail(job, "send");
      while (recv(job->far, sink, sizeof sink, MSG_DONTWAIT) > 0) continue;
    }
  }
  return 24;
}

static int do_connects(struct job *job) {
  for (int i = 0; i < 12; i++) {
    int fd = new_socket(job, SOCK_STREAM), one = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    bind_to(job, fd, job->source);
    connect_to(job, fd, job->target);
    int far = accept(job->listener, NULL, NULL);
    if (far < 0) fail(job, "accept");
    pass(job, fd, far);
    pass(job, far, fd);
    /* Ends by a reset, so that no port stays in TIME_WAIT. */
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    close(far);
  }
  return 12;
}

static int do_datagrams(struct job *job) {
  struct iovec data = {buffer, 18};
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  int unconnected = !is(job, "connected") && !is(job, "inbound");
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr.msg_iov = &data;
    messages[i].msg_hdr.msg_iovlen = 1;
    if (!unconnected) continue;
    messages[i].msg_hdr.msg_name = &job->target.address;
    messages[i].msg_hdr.msg_namelen = job->target.length;
  }
  for (int i = 0; i < 512; i += BATCH)
    if (sendmmsg(job->near, messages, BATCH, 0) != BATCH) fail(job, "sendmmsg");
  return 512;
}

static double cpu_time(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static double turn(struct job *job) {
  enter(job, job->netns);
  double start = cpu_time();
  int units = is(job, "request") ? do_requests(job)
              : is(job, "bulk")  ? do_bulk(job)
              : is(job, "connect") ? do_connects(job)
                                   : do_datagrams(job);
  return (cpu_time() - start) / units;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const double *values, int count) {
  double *sorted = malloc(count * sizeof *sorted);
  memcpy(sorted, values, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, ascending);
  double middle = sorted[count / 2];
  free(sorted);
  return middle;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: traffic ROUNDS < JOBS\n");
    return 2;
  }
  int rounds = atoi(argv[1]), count = 0;
  static struct job jobs[MAX_JOBS];
  char mode[16], netns[64], source[64], peer[64], target[64];
  while (count < MAX_JOBS && scanf("%15s %63s %63s %63s %63s", mode, netns, source, peer, target) == 5) {
    struct job *job = &jobs[count];
    job->mode = strdup(mode);
    job->netns = open_netns(netns);
    job->peer = open_netns(peer);
    job->source = endpoint(source);
    job->target = endpoint(target);
    job->times = calloc(rounds, sizeof *job->times);
    for (job->reference = 0; strcmp(jobs[job->reference].mode, job->mode); job->reference++) continue;
    count++;
  }
  cpu_set_t cpu;
  CPU_ZERO(&cpu);
  CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &cpu);
  sched_setaffinity(0, sizeof cpu, &cpu);
  for (int i = 0; i < count; i++) set_up(&jobs[i], i);
  for (int round = -2; round < rounds; round++) {
    for (int i = 0; i < count; i++) {
      double time = turn(&jobs[i]);
      if (round >= 0) jobs[i].times[round] = time; /* the first two warm caches */
    }
  }
  double *ratios = calloc(rounds, sizeof *ratios);
  for (int i = 0; i < count; i++) {
    for (int r = 0; r < rounds; r++) ratios[r] = jobs[i].times[r] / jobs[jobs[i].reference].times[r];
    printf("%.0f %.4f\n", median(jobs[i].times, rounds), median(ratios, rounds));
  }
  return 0;
}
