import { HostModel } from "../../../lib/model";
import { ec2NetUtils } from "../peers/ec2-net-utils";
import { none } from "../peers/none";
import { Candidate, peer } from "./candidate";
import { Cloud } from "./cloud";
import { loadNft, replacingTable } from "./configure";
import { Flow, outcomes } from "./flow";
import { Host } from "./host";
import { A4, ONE_NET, WORLD4 } from "./layout";
import { plugWith } from "./measure";
import { ours } from "./ours";
import { describeInCloud } from "./privilege";

/** The addresses of eth1, in the network of eth0. */
const SECOND4 = "10.0.1.20";
const SECOND6 = "2001:db8:1::20";

/** ARP questions for each address. */
const ROUNDS = 1000;
/** Broadcasts that many, one a millisecond. */
const ASK = `
import socket, sys, time
mac = bytes.fromhex("020000000132")
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0x0806))
who = socket.inet_aton("10.0.1.50") + bytes(6) + socket.inet_aton(sys.argv[1])
frame = b"\\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + who
for _ in range(int(sys.argv[2])):
    s.send(frame)
    time.sleep(0.001)
time.sleep(0.2)
`;

const FLOWS: readonly Flow[] = [
  { id: "i>first", by: "tcp", client: "world", to: A4 },
  { id: "a>first", by: "tcp", client: "a", to: A4 },
  { id: "c>first", by: "tcp", client: "container", to: A4 },
  { id: "i>second", by: "tcp", client: "world", to: SECOND4 },
  { id: "a>second", by: "tcp", client: "a", to: SECOND4 },
  { id: "c>second", by: "tcp", client: "container", to: SECOND4 },
  { id: "i>second6", by: "tcp", client: "world", to: SECOND6 },
  { id: "a>second6", by: "tcp", client: "a", to: SECOND6 },
  { id: "second>i", by: "tcp", client: "host", from: SECOND4, to: WORLD4 },
];
const ALL_OK = Object.fromEntries(FLOWS.map(({ id }) => [id, "ok"]));

describeInCloud("two interfaces in one subnet", () => {
  let cloud: Cloud;
  let open: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.open("mtxh", { sourceCheck: true });
    open = await Cloud.open("mtxj", {});
  });
  afterAll(() => Promise.all([cloud?.destroy(), open?.destroy()]));

  test("each address is answered by its own interface", async () => {
    const host = await plugWith(cloud, ours(), ONE_NET);
    expect(await outcomes(cloud, host, FLOWS)).toEqual(ALL_OK);
  });

  test("also while main has lost the connected route of the first, as between two leases", async () => {
    const host = await plugWith(cloud, ours(), ONE_NET);
    loseConnectedRoute(host);
    expect(await outcomes(cloud, host, FLOWS)).toEqual(ALL_OK);
  });

  test("negative control: without rules, and without rules for the primary", async () => {
    const bare = await plugWith(cloud, peer(none), ONE_NET);
    const without = await outcomes(cloud, bare, FLOWS);
    expect(without["i>second"]).toBe("source check at eth0");
    expect(without["second>i"]).toBe("source check at eth0");
    const host = await plugWith(cloud, peer(ec2NetUtils), ONE_NET);
    loseConnectedRoute(host);
    expect((await outcomes(cloud, host, FLOWS))["a>first"]).toBe("source check at eth1");
  });

  test.each([
    ["symmetric", ours()],
    ["strong", ours("strong", { hostModel: HostModel.Strong })],
  ])("ARP, %s: only the interface that has an address answers for it", async (_model, candidate) => {
    expect(await arpReplies(candidate)).toEqual({ first: ["eth0"], second: ["eth1"] });
  });

  test("negative control: without us both interfaces answer for both addresses", async () => {
    expect(await arpReplies(peer(none))).toEqual({ first: ["eth0", "eth1"], second: ["eth0", "eth1"] });
  });

  /** Asks many times for each address, from an empty cache; which interfaces answered. */
  async function arpReplies(candidate: Candidate): Promise<Record<string, string[]>> {
    await plugWith(open, candidate, ONE_NET);
    loadNft(open.switch, countingArp());
    for (const address of [A4, SECOND4]) {
      const asked = await open.agent("a").run(["python3", "-c", ASK, address, `${ROUNDS}`], 30_000);
      expect(asked.ok).toBe(true);
    }
    const counted = countersOf(open);
    const [first, second] = [counted.get("first_eth1"), counted.get("second_eth0")];
    process.stdout.write(
      `${candidate.title}: asked ${ROUNDS} times for each address, ` +
        `eth1 answered ${first} times for eth0's, eth0 ${second} times for eth1's\n`,
    );
    // Every question was answered at all, or silence would look like success.
    for (const name of ["first", "second"]) {
      const answers = ["eth0", "eth1"].map((device) => counted.get(`${name}_${device}`)!);
      expect(Math.max(...answers)).toBeGreaterThanOrEqual(ROUNDS);
    }
    return Object.fromEntries(
      ["first", "second"].map((name) => [
        name,
        ["eth0", "eth1"].filter((device) => counted.get(`${name}_${device}`)! > 0),
      ]),
    );
  }
});

function loseConnectedRoute({ namespace }: Host): void {
  namespace.ip("route del 10.0.1.0/24 dev eth0 table main");
}

/** Counts ARP replies for each address at each port of the switch. */
function countingArp(): string {
  const chain = (device: string) => `
  counter first_${device} { }
  counter second_${device} { }
  chain ${device} {
    type filter hook ingress device "p-${device}" priority -1; policy accept;
    arp operation reply arp saddr ip ${A4} counter name first_${device}
    arp operation reply arp saddr ip ${SECOND4} counter name second_${device}
  }`;
  return replacingTable("netdev", "flux", ["eth0", "eth1"].map(chain).join(""));
}

function countersOf(cloud: Cloud): Map<string, number> {
  const listed = JSON.parse(cloud.switch.ok("nft", "-j", "list", "counters")) as {
    nftables: { counter?: { name: string; packets: number } }[];
  };
  return new Map(
    listed.nftables.flatMap(({ counter }) =>
      counter === undefined ? [] : [[counter.name, counter.packets]],
    ),
  );
}
