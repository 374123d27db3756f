/*
 * The least that it takes to put addresses, routes and rules into the kernel, or to look at what is there: rtnetlink
 * messages, many in one packet, and nothing else. It is what tools are compared with.
 *
 *   netlink apply < LINES     the lines are commands of `ip`, of either family, in the forms that multihome uses
 *   netlink dump              reads all links, addresses, rules and routes of both families; prints how many
 *   netlink watch             prints a line for each address, route and rule that comes or goes, with a buffer that
 *                             holds them all: `ip monitor` loses what comes faster than it prints
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET (64 << 10)
#define MAX_WORDS 40

static int fd;
static char packet[PACKET + 4096];
static size_t used;
static unsigned sequence;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Sends what has been gathered; the kernel reports errors alone, and an acknowledgement of the last message. */
static void flush_packet(void) {
  if (!used) return;
  struct nlmsghdr *last = (void *)packet, *next = last;
  while ((char *)next < packet + used) {
    last = next;
    next = (void *)((char *)next + NLMSG_ALIGN(next->nlmsg_len));
  }
  last->nlmsg_flags |= NLM_F_ACK;
  if (send(fd, packet, used, 0) != (ssize_t)used) fail("send");
  for (int done = 0; !done;) {
    static char answer[1 << 16];
    ssize_t length = recv(fd, answer, sizeof answer, 0);
    if (length < 0) fail("recv");
    for (struct nlmsghdr *h = (void *)answer; NLMSG_OK(h, length); h = NLMSG_NEXT(h, length)) {
      int error = h->nlmsg_type == NLMSG_ERROR ? ((struct nlmsgerr *)NLMSG_DATA(h))->error : 0;
      if (error) {
        fprintf(stderr, "message %u: %s\n", h->nlmsg_seq, strerror(-error));
        exit(1);
      }
      if (h->nlmsg_seq == last->nlmsg_seq) done = 1;
    }
  }
  used = 0;
}

static struct nlmsghdr *begin(int type, const void *body, size_t size) {
  if (used > PACKET) flush_packet();
  struct nlmsghdr *h = (void *)(packet + used);
  memset(h, 0, 1024);
  h->nlmsg_type = type;
  h->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
  h->nlmsg_seq = ++sequence;
  h->nlmsg_len = NLMSG_LENGTH(size);
  memcpy(NLMSG_DATA(h), body, size);
  return h;
}

static void attribute(struct nlmsghdr *h, int type, const void *data, size_t size) {
  struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
  a->rta_type = type;
  a->rta_len = RTA_LENGTH(size);
  memcpy(RTA_DATA(a), data, size);
  h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static void number(struct nlmsghdr *h, int type, unsigned value) { attribute(h, type, &value, sizeof value); }

static void end(struct nlmsghdr *h) { used += NLMSG_ALIGN(h->nlmsg_len); }

struct prefix {
  int family, length;
  size_t size;
  unsigned char bytes[16];
};

static struct prefix prefix(char *text) {
  struct prefix p = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
  p.size = p.family == AF_INET ? 4 : 16;
  char *slash = strchr(text, '/');
  if (slash) *slash = 0;
  if (inet_pton(p.family, text, p.bytes) != 1) {
    errno = EINVAL;
    fail(text);
  }
  p.length = slash ? atoi(slash + 1) : (int)p.size * 8;
  return p;
}

static char *words[MAX_WORDS];
static int count;

/* The word after this one, or NULL. */
static char *after(const char *word) {
  for (int i = 0; i + 1 < count; i++)
    if (!strcmp(words[i], word)) return words[i + 1];
  return NULL;
}

static int has(const char *word) {
  for (int i = 0; i < count; i++)
    if (!strcmp(words[i], word)) return 1;
  return 0;
}

static unsigned index_of(const char *device) {
  static char known[64][IF_NAMESIZE];
  static unsigned indexes[64], size;
  for (unsigned i = 0; i < size; i++)
    if (!strcmp(known[i], device)) return indexes[i];
  unsigned index = if_nametoindex(device);
  if (!index || size == 64) fail(device);
  strcpy(known[size], device);
  return indexes[size++] = index;
}

static void add_group(void) {
  struct ifinfomsg m = {.ifi_index = index_of(after("dev"))};
  struct nlmsghdr *h = begin(RTM_NEWLINK, &m, sizeof m);
  h->nlmsg_flags = NLM_F_REQUEST;
  number(h, IFLA_GROUP, atoi(after("group")));
  end(h);
}

static void add_address(void) {
  struct prefix p = prefix(words[2]);
  struct ifaddrmsg m = {.ifa_family = p.family, .ifa_prefixlen = p.length, .ifa_index = index_of(after("dev"))};
  struct nlmsghdr *h = begin(RTM_NEWADDR, &m, sizeof m);
  attribute(h, IFA_LOCAL, p.bytes, p.size);
  attribute(h, IFA_ADDRESS, p.bytes, p.size);
  number(h, IFA_FLAGS, (has("nodad") ? IFA_F_NODAD : 0) | (has("noprefixroute") ? IFA_F_NOPREFIXROUTE : 0));
  end(h);
}

static void add_route(int family) {
  int reject = !strcmp(words[2], "unreachable");
  char *to = words[reject ? 3 : 2], *via = after("via"), *source = after("src"), *dev = after("dev");
  struct prefix p = {.family = family};
  if (strcmp(to, "default")) p = prefix(to);
  struct rtmsg m = {.rtm_family = family,
                    .rtm_dst_len = p.length,
                    .rtm_protocol = after("proto") ? atoi(after("proto")) : RTPROT_BOOT,
                    .rtm_type = reject ? RTN_UNREACHABLE : RTN_UNICAST,
                    .rtm_scope = via || reject || family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
                    .rtm_flags = has("onlink") ? RTNH_F_ONLINK : 0};
  struct nlmsghdr *h = begin(RTM_NEWROUTE, &m, sizeof m);
  if (p.length) attribute(h, RTA_DST, p.bytes, p.size);
  if (via) {
    struct prefix gateway = prefix(via);
    attribute(h, RTA_GATEWAY, gateway.bytes, gateway.size);
  }
  if (source) {
    struct prefix s = prefix(source);
    attribute(h, RTA_PREFSRC, s.bytes, s.size);
  }
  if (dev) number(h, RTA_OIF, index_of(dev));
  if (after("metric")) number(h, RTA_PRIORITY, strtoul(after("metric"), NULL, 10));
  number(h, RTA_TABLE, after("table") ? atoi(after("table")) : RT_TABLE_MAIN);
  end(h);
}

static void add_rule(int family) {
  char *from = after("from"), *lookup = after("lookup"), *target = after("goto");
  struct prefix p = {0};
  if (from) p = prefix(from);
  struct fib_rule_hdr m = {.family = family,
                           .src_len = p.length,
                           .flags = has("not") ? FIB_RULE_INVERT : 0,
                           .action = lookup               ? FR_ACT_TO_TBL
                                     : target             ? FR_ACT_GOTO
                                     : has("unreachable") ? FR_ACT_UNREACHABLE
                                                          : FR_ACT_NOP};
  struct nlmsghdr *h = begin(RTM_NEWRULE, &m, sizeof m);
  number(h, FRA_PRIORITY, atoi(after("priority")));
  if (from) attribute(h, FRA_SRC, p.bytes, p.size);
  if (lookup) number(h, FRA_TABLE, strcmp(lookup, "main") ? atoi(lookup) : RT_TABLE_MAIN);
  if (target) number(h, FRA_GOTO, atoi(target));
  if (after("iif")) attribute(h, FRA_IIFNAME, after("iif"), strlen(after("iif")) + 1);
  if (after("oif")) attribute(h, FRA_OIFNAME, after("oif"), strlen(after("oif")) + 1);
  if (after("suppress_prefixlength")) number(h, FRA_SUPPRESS_PREFIXLEN, atoi(after("suppress_prefixlength")));
  if (after("suppress_ifgroup")) number(h, FRA_SUPPRESS_IFGROUP, atoi(after("suppress_ifgroup")));
  unsigned char protocol = after("protocol") ? atoi(after("protocol")) : RTPROT_BOOT;
  attribute(h, FRA_PROTOCOL, &protocol, 1);
  end(h);
}

/* Lines of one family follow a line "-4" or "-6". */
static void apply(void) {
  static char line[1024];
  int family = AF_INET;
  while (fgets(line, sizeof line, stdin)) {
    count = 0;
    for (char *w = strtok(line, " \n"); w && count < MAX_WORDS; w = strtok(NULL, " \n")) words[count++] = w;
    if (!count) continue;
    if (!strcmp(words[0], "-4")) family = AF_INET;
    else if (!strcmp(words[0], "-6")) family = AF_INET6;
    else if (!strcmp(words[0], "link")) add_group();
    else if (!strcmp(words[0], "address")) add_address();
    else if (!strcmp(words[0], "route")) add_route(family);
    else if (!strcmp(words[0], "rule")) add_rule(family);
    else {
      errno = EINVAL;
      fail(words[0]);
    }
  }
  flush_packet();
}

static unsigned dump(int type, int family, size_t size) {
  struct {
    struct nlmsghdr header;
    char body[32];
  } request = {.header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = ++sequence}};
  request.header.nlmsg_len = NLMSG_LENGTH(size);
  request.body[0] = family;
  if (send(fd, &request, request.header.nlmsg_len, 0) < 0) fail("send");
  static char answer[1 << 18];
  for (unsigned objects = 0;;) {
    ssize_t length = recv(fd, answer, sizeof answer, 0);
    if (length < 0) fail("recv");
    for (struct nlmsghdr *h = (void *)answer; NLMSG_OK(h, length); h = NLMSG_NEXT(h, length)) {
      if (h->nlmsg_type == NLMSG_DONE) return objects;
      if (h->nlmsg_type == NLMSG_ERROR) {
        errno = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
        fail("dump");
      }
      objects++;
    }
  }
}

static void watch(void) {
  static const int groups[] = {RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                               RTNLGRP_IPV6_ROUTE,  RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE};
  static char buffer[1 << 16];
  for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++)
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof groups[i])) fail("subscribe");
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (;;) {
    ssize_t length = recv(fd, buffer, sizeof buffer, 0);
    if (length < 0) fail("recv");
    for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, length); h = NLMSG_NEXT(h, length)) {
      int type = h->nlmsg_type, gone = type == RTM_DELADDR || type == RTM_DELROUTE || type == RTM_DELRULE;
      char to[INET_ADDRSTRLEN] = "";
      struct rtmsg *m = NLMSG_DATA(h);
      if ((type == RTM_NEWROUTE || type == RTM_DELROUTE) && m->rtm_family == AF_INET) {
        int left = RTM_PAYLOAD(h);
        for (struct rtattr *a = RTM_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left))
          if (a->rta_type == RTA_DST) inet_ntop(AF_INET, RTA_DATA(a), to, sizeof to);
      }
      printf("%s %d %s\n", gone ? "Deleted" : "new", type, to);
    }
  }
}

int main(int argc, char **argv) {
  fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  int room = 64 << 20;
  struct sockaddr_nl local = {.nl_family = AF_NETLINK};
  if (fd < 0 || bind(fd, (void *)&local, sizeof local)) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  if (argc == 2 && !strcmp(argv[1], "apply")) apply();
  else if (argc == 2 && !strcmp(argv[1], "watch")) watch();
  else if (argc == 2 && !strcmp(argv[1], "dump"))
    printf("%u\n", dump(RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg)) +
                       dump(RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg)) +
                       dump(RTM_GETRULE, AF_INET, sizeof(struct fib_rule_hdr)) +
                       dump(RTM_GETRULE, AF_INET6, sizeof(struct fib_rule_hdr)) +
                       dump(RTM_GETROUTE, AF_INET, sizeof(struct rtmsg)) +
                       dump(RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg)));
  else {
    fprintf(stderr, "usage: netlink apply|dump|watch\n");
    return 2;
  }
  return 0;
}
