import { HostModel } from "../../../lib/model";
import { Candidate } from "./candidate";
import { Cloud } from "./cloud";
import { loadNft, replacingTable } from "./configure";
import { ALL_CHECKS, STRONG_ONLY } from "./flows";
import { Host } from "./host";
import { A4, A6, B4, B6, TWO_NETS, WORLD4, neighbour4 } from "./layout";
import { measureChecks, measureNine, plugWith } from "./measure";
import { ours } from "./ours";
import { describeInCloud } from "./privilege";

const STRONG = ours("strong", { hostModel: HostModel.Strong });
/** Packets of each kind that must not pass, and how many of them are asked for an answer. */
const PACKETS = 20;

/** Sends ICMP with a source of its own choice, header included, out of one device. */
const FORGE = `
import socket, struct, sys
source, to, device, count = sys.argv[1:5]
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
echo = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
echo = struct.pack("!BBHHH", 8, 0, checksum(echo), 7, 1)
head = struct.pack("!BBHHHBBH4s4s", 69, 0, 28, 0, 0, 64, 1, 0, socket.inet_aton(source), socket.inet_aton(to))
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
for _ in range(int(count)):
    try: s.sendto(head + echo, (to, 0))
    except PermissionError: pass
`;

/** What a DHCP server sends to a client that has no address yet: to everybody, port 68. */
const OFFER = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
s.bind((sys.argv[1], 67))
for _ in range(int(sys.argv[2])): s.sendto(b"offer", ("255.255.255.255", 68))
`;
/** Counts them as they come in by one device; the first line says that it listens. */
const TAKE = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
s.bind(("", 68))
s.settimeout(3)
print("ready", flush=True)
taken = 0
try:
    while taken < int(sys.argv[2]): taken += s.recv(100) == b"offer"
except TimeoutError: pass
print("taken", taken, flush=True)
`;

const NOBODY = "198.18.0.7";
/** What comes in at the port of the switch for eth1 with a source that is not eth1's. */
const COUNTING = replacingTable(
  "netdev",
  "forged",
  `  counter left { }
  counter foreign { }
  chain eth1 {
    type filter hook ingress device "p-eth1" priority -1; policy accept;
    ip saddr ${A4} ip protocol icmp icmp type echo-request counter name left
    ip saddr ${NOBODY} counter name foreign
  }`,
);

describeInCloud("the strong host model", () => {
  let checking: Cloud;
  let stateful: Cloud;
  let open: Cloud;
  beforeAll(async () => {
    checking = await Cloud.open("polc", { sourceCheck: true });
    stateful = await Cloud.open("pols", { statefulRouters: true });
    open = await Cloud.open("polo", {});
  }, 60_000);
  afterAll(() => Promise.all([checking, stateful, open].map((cloud) => cloud?.destroy())));

  test("passes the nine flows and fails closed", async () => {
    const { nine, bounced } = await measureNine(checking, STRONG);
    expect([failing(nine), bounced.verdict]).toEqual([[], "fails closed"]);
  });

  test(`passes all ${ALL_CHECKS.length} checks: containers, tunnels, broadcast and multicast are unharmed`, async () => {
    expect(failing(await measureChecks(stateful, STRONG))).toEqual([]);
  });

  test("what a DHCP server tells everybody comes in by each interface", async () => {
    const { namespace } = await plugWith(open, STRONG, TWO_NETS);
    const nets = [["a", "eth0"], ["b", "eth1"]] as const; // prettier-ignore
    for (const [net, device] of nets) {
      const taker = namespace.start(["python3", "-c", TAKE, device, `${PACKETS}`]);
      await taker.until((out) => out.includes("ready"));
      open.agent(net).namespace.ok("python3", "-c", OFFER, neighbour4(net), `${PACKETS}`);
      expect((await taker.end()).stdout).toContain(`taken ${PACKETS}\n`);
    }
  });

  test(`${STRONG_ONLY.join("; ")}; without it, all of that passes`, async () => {
    const strong = await discarded(STRONG);
    const control = await discarded(ours());
    const tell = (what: string, { answered, left, foreign }: typeof strong): void => {
      process.stdout.write(
        `${what}: ${answered} of ${4 * PACKETS} packets for an address of the other interface answered, ` +
          `${left + foreign} of ${2 * PACKETS} with a foreign source, of raw sockets, left\n`,
      );
    };
    tell("strong", strong);
    tell("symmetric", control);
    expect(strong).toEqual({ answered: 0, left: 0, foreign: 0 });
    expect(control).toEqual({ answered: 4 * PACKETS, left: PACKETS, foreign: PACKETS });
  }, 120_000);

  /** Packets for an address of the other interface that are answered, and forged ones that leave. */
  async function discarded(candidate: Candidate) {
    const host = await plugWith(open, candidate, TWO_NETS);
    const b = open.agent("b").namespace;
    const a = open.agent("a").namespace;
    b.ip(`route replace ${A4}/32 via ${B4}`);
    b.ip(`-6 route replace ${A6}/128 via ${B6}`);
    a.ip(`route replace ${B4}/32 via ${A4}`);
    a.ip(`-6 route replace ${B6}/128 via ${A6}`);
    try {
      const ping = (from: typeof a, to: string): number =>
        Number(
          /(\d+) received/.exec(
            from.run(["ping", "-n", "-q", "-c", `${PACKETS}`, "-i", "0.01", "-W", "1", to]).stdout,
          )?.[1],
        );
      loadNft(open.switch, COUNTING);
      forge(host, A4);
      forge(host, NOBODY);
      return {
        answered: ping(b, A4) + ping(b, A6) + ping(a, B4) + ping(a, B6),
        left: counted("left"),
        foreign: counted("foreign"),
      };
    } finally {
      b.ip(`route del ${A4}/32`);
      b.ip(`-6 route del ${A6}/128`);
      a.ip(`route del ${B4}/32`);
      a.ip(`-6 route del ${B6}/128`);
    }
  }

  function counted(name: string): number {
    return Number(
      /packets (\d+)/.exec(open.switch.ok("nft", "list", "counter", "netdev", "forged", name))![1],
    );
  }

  /** Sends packets with a source that is not eth1's out of eth1, from a raw socket that makes its own headers. */
  function forge({ namespace }: Host, source: string): void {
    // A neighbour to send to, so that nothing has to be resolved first.
    namespace.ip("neigh replace 10.0.2.1 lladdr 02:00:00:00:02:01 dev eth1 nud permanent");
    const { status, stderr } = namespace.run(["python3", "-c", FORGE, source, WORLD4, "eth1", `${PACKETS}`]);
    if (status !== 0) throw new Error(stderr);
  }
});

const failing = (cells: ReadonlyMap<string, { verdict: string }>) =>
  [...cells].filter(([, { verdict }]) => verdict === "FAIL").map(([id]) => id);
