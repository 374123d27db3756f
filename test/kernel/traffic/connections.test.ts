import { HostModel } from "../../../lib/model";
import { describeOnKernel } from "../support/netns";
import { program } from "../support/program";
import { CONTAINER, Site, WORLD, spec } from "./site";
import { canWire } from "./wire";

const PEER = WORLD[2];
const suite = canWire() ? describeOnKernel : describe.skip;

/**
 * Replies of connections, each of which begins outside: the links by which what comes back is seen. Where a packet is
 * answered by nobody, the kernel that it reaches refuses it, and the refusal is the answer.
 */
suite("replies of tracked connections, in packets", () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open("trafcon");
    // b's world is reached through b alone, and its replies would leave by a, main's default.
    site.outside.ip(`route replace 10.66.0.0/24 via 10.2.0.10 dev eb`);
    site.host.ip("route add 10.66.0.0/24 via 172.17.0.2 dev docker0");
    site.container.ip("addr add 10.66.0.2/24 dev eth0");
    const dnat = [
      "table ip nat {",
      "chain pre { type nat hook prerouting priority dstnat",
      `ip daddr 10.2.0.10 tcp dport 8080 dnat to ${CONTAINER}:80`,
      "ip daddr 10.2.0.10 tcp dport 8081 dnat to 10.1.0.10:81",
      "}",
      "}",
    ].join("\n");
    site.host.run(["nft", "-f", "-"], { input: dnat });
    site.host.sysctl("net/ipv4/conf/all/rp_filter", "1");
    for (const device of ["eth0", "eth1", "eth2"]) site.host.sysctl(`net/ipv4/conf/${device}/rp_filter`, "1");
  });
  afterAll(async () => site?.close());

  /** Sends SYNs to B's ports from outside; the links by which the answers come. */
  const answers = async (to: string, ports: readonly number[], from = PEER): Promise<string[]> => {
    await site.ways(
      ports.map((port, i) => ({ from, to, port, sourcePort: 30_000 + serial + i, protocol: "tcp" as const })),
      site.outside,
    );
    const first = 30_000 + serial;
    serial += ports.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const seen = [...early, ...(await site.sniffer.seen())];
    early = [];
    return ports.map((_, i) => {
      const back = seen.filter(
        (one) => one.protocol === 6 && one.to === from && one.destinationPort === first + i,
      );
      return [...new Set(back.map(({ device }) => device[1]))].join("+") || "nowhere";
    });
  };
  let serial = 0;
  let early: Awaited<ReturnType<Site["sniffer"]["seen"]>> = [];
  beforeAll(() => {
    // `ways` reads what has come in until then; keep it.
    const { sniffer } = site;
    const seen = sniffer.seen.bind(sniffer);
    sniffer.seen = async () => {
      const found = await seen();
      early.push(...found);
      return found;
    };
  });

  const PORTS = [8080, 8081];
  const policy = { traffic: [{ name: "p", to: ["192.0.2.0/24"], use: ["c"] }] };

  test("without tracking, what DNAT leads on is answered by main's default, or dropped by the reverse path check", async () => {
    site.machine.ok(program(spec({ ...policy, trackConnections: false })), "apply");
    const found = await answers("10.2.0.10", PORTS);
    expect(found.filter((way) => way === "b")).toEqual([]);
    const [routed] = await answers("10.66.0.2", [80]);
    expect(routed).not.toBe("b");
  });

  test.each([HostModel.Symmetric, HostModel.Strong])(
    "%s: with tracking, all go back the way they came in: to containers, and to another address of the host",
    async (hostModel) => {
      site.apply({ ...policy, hostModel });
      expect(await answers("10.2.0.10", PORTS)).toEqual(["b", "b"]);
      // A container that is reached without DNAT.
      expect(await answers("10.66.0.2", [80])).toEqual(["b"]);
      // The host's own answers were right before, and get no mark.
      expect(await answers("10.2.0.10", [22])).toEqual(["b"]);
      expect(await answers("10.1.0.10", [22])).toEqual(["a"]);
    },
  );

  test("what is forwarded between links goes back the way it came in, whatever main says", async () => {
    const client = site.far("b", 77);
    site.far("c", 88);
    const forwarded = { traffic: [{ name: "p", to: ["10.88.0.0/24"], use: ["c"] }] };
    const exchange = async (): Promise<string[]> => {
      early = [];
      await site.ways([{ to: "10.88.0.7", port: 90, sourcePort: 40_000, protocol: "tcp" }], client);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await site.sniffer.seen();
      return early
        .filter(({ device, protocol }) => protocol === 6 && /^e[abc]$/.test(device))
        .map(({ device, to }) => `${device} to ${to}`);
    };
    site.machine.ok(program(spec({ ...forwarded, trackConnections: false })), "apply");
    expect(await exchange()).not.toContain("eb to 10.77.0.7");
    site.apply(forwarded);
    expect(await exchange()).toEqual(["ec to 10.88.0.7", "eb to 10.77.0.7"]);
  });
});
