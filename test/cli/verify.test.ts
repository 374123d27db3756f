import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HOST_CAPTURE_COMMAND } from "../../lib/doctor/capture";
import { diagnose } from "../../lib/doctor/diagnose";
import { applyBatch, kernelState } from "../../lib/linux";
import { parseInterfaceAddress } from "../../lib/net";
import { privileged } from "../kernel/support/netns";
import { multihome } from "./support";

const EDGE = {
  name: "edge-1",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};
const stdin = JSON.stringify(EDGE);

/** A capture as `ip -j` would write it: two interfaces, both defaults in main. */
function capture(more: { rules?: object[]; end?: boolean; link?: string } = {}): string {
  const link = (ifindex: number, ifname: string, flags: string[]) => ({ ifindex, ifname, flags });
  const up = ["UP", "LOWER_UP"];
  const address = (ifname: string, local: string, prefixlen: number) => ({
    ifname,
    addr_info: [{ local, prefixlen }],
  });
  const local = (dst: string, dev: string) => ({
    type: "2",
    dst,
    dev,
    table: "255",
    protocol: "2",
    scope: "254",
  });
  const sections: Record<string, string> = {
    host: "edge-1",
    traces: "/run/cloud-init/result.json",
    link:
      more.link ??
      JSON.stringify([link(1, "lo", [...up, "LOOPBACK"]), link(2, "eth0", up), link(3, "eth1", up)]),
    addr: JSON.stringify([
      address("lo", "127.0.0.1", 8),
      address("eth0", "10.0.1.10", 24),
      address("eth1", "10.0.2.10", 24),
    ]),
    rule4: JSON.stringify([
      { priority: 0, src: "all", table: "255" },
      ...(more.rules ?? []),
      { priority: 32766, src: "all", table: "254" },
      { priority: 32767, src: "all", table: "253" },
    ]),
    rule6: "[]",
    route4: JSON.stringify([
      { dst: "default", gateway: "10.0.1.1", dev: "eth0", table: "254", metric: 100, flags: [] },
      { dst: "default", gateway: "10.0.2.1", dev: "eth1", table: "254", metric: 200, flags: [] },
      { dst: "10.0.1.0/24", dev: "eth0", table: "254", scope: "253", flags: [] },
      { dst: "10.0.2.0/24", dev: "eth1", table: "254", scope: "253", flags: [] },
      local("10.0.1.10", "eth0"),
      local("10.0.2.10", "eth1"),
    ]),
    route6: "[]",
    sysctl: ["all", "eth0", "eth1", "lo"]
      .flatMap((name) => [
        ...[
          "rp_filter",
          "accept_local",
          "src_valid_mark",
          "bc_forwarding",
          "route_localnet",
          "forwarding",
        ].map((key) => `ipv4/conf/${name}/${key}:0`),
        `ipv4/conf/${name}/send_redirects:1`,
        `ipv4/conf/${name}/ignore_routes_with_linkdown:0`,
        `ipv6/conf/${name}/forwarding:0`,
      ])
      .join("\n"),
    kernel: "6.1.0",
  };
  const body = Object.entries(sections).map(([name, text]) => `### multihome ${name}\n${text}\n`);
  return `Welcome to edge-1\n${body.join("")}${more.end === false ? "" : "### multihome end\n"}`;
}

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-verify-"));
  fs.writeFileSync(path.join(dir, "edge.json"), stdin);
  fs.writeFileSync(path.join(dir, "edge.txt"), capture());
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("multihome prove", () => {
  test("proves a good plan, every property, and exits 0", async () => {
    const { code, stdout, stderr } = await multihome(["prove", "-"], { stdin });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^Host edge-1: proved, for every packet there can be \(\d+ classes of packets\)\.\n/,
    );
    for (const name of [
      "egress",
      "ingress",
      "reply",
      "unbound",
      "bound",
      "fail-closed",
      "no capture",
      "hygiene",
    ])
      expect(stdout).toMatch(new RegExp(`${name} +proved`));
    expect(stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
  });

  test("as JSON, and with every step on the way", async () => {
    const { code, stdout } = await multihome(["prove", "-", "--json", "--every-step"], { stdin });
    const proof = JSON.parse(stdout) as {
      verdict: string;
      properties: { property: string; verdict: string }[];
    };
    expect([code, proof.verdict]).toEqual([0, "proved"]);
    expect(proof.properties.find(({ property }) => property === "P10")?.verdict).toBe("proved");
  });

  test("refuses bad input with exit 2 and nothing on standard output", async () => {
    expect(await multihome(["prove", "-"], { stdin: '{"name": 1}' })).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("multihome explain", () => {
  test("shows the way of a planned host there and back, rule by rule", async () => {
    const argv = [
      "explain",
      "edge.json",
      "--from",
      "10.0.2.50",
      "--to",
      "10.0.1.10",
      "--proto",
      "tcp",
      "--dport",
      "22",
    ];
    const { code, stdout } = await multihome(argv, { cwd: dir });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^10\.0\.2\.50 asks 10\.0\.1\.10, tcp port 22: symmetric/);
    expect(stdout).toContain("The answer leaves by front via 10.0.1.1, as it should.");
    expect(stdout).toMatch(/\d+: from all lookup 7\d\d\d: matches\n +default via 10\.0\.1\.1 dev front/);
  });

  test("names the traffic policy that decides, by destination, user and mark of the host's socket", async () => {
    const traffic = [
      { name: "backups", to: ["192.0.2.0/24"], protocol: "tcp", destinationPorts: [873], use: ["front"] },
      { name: "bulk", marks: ["0x10/0xf0"], users: [1500], use: ["front"] },
      { name: "kept", to: ["198.51.100.0/24"], use: ["back"], beforeSources: true },
    ];
    const host = JSON.stringify({ ...EDGE, policy: { traffic } });
    const ask = (...more: string[]) => multihome(["explain", "-", ...more], { stdin: host });
    const words = (text: string): string => text.replace(/\s+/g, " ");
    const tcp = await ask("--from", "any", "--to", "192.0.2.5", "--proto", "tcp", "--dport", "873");
    expect(tcp.code).toBe(0);
    expect(words(tcp.stdout)).toContain("The request leaves by front via 10.0.1.1, as policy backups wants.");
    const far = ["--from", "any", "--to", "203.0.113.5", "--mark", "0x10"];
    const bulk = await ask(...far, "--user", "1500");
    expect(words(bulk.stdout)).toContain("asks 203.0.113.5, user 1500 mark 0x10: symmetric");
    expect(words(bulk.stdout)).toContain("leaves by front via 10.0.1.1, as policy bulk wants.");
    const root = await ask(...far);
    expect(words(root.stdout)).toContain("leaves by back via 10.0.2.1, as it should.");
    const kept = await ask("--from", "10.0.1.10", "--to", "198.51.100.1");
    expect(kept.code).toBe(1);
    expect(words(kept.stdout)).toContain("not symmetric, as policy kept wants it.");
    const json = await ask(...far, "--user", "1500", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ policy: { by: "policy bulk", met: true } });
  });

  describe("of a host with further worlds", () => {
    const net = (name: string, i: number, address: string, gateway: string) => ({
      name,
      match: { ifname: `eth${i}` },
      addresses: [`${address}/24`],
      gateways: [gateway],
    });
    const worlds = [
      { name: "w-red", kind: "netns", interfaces: ["red"] },
      { name: "w-blue", kind: "vrf", interfaces: ["blue"] },
      { name: "w-gold", kind: "vrf", interfaces: ["gold"] },
      { name: "w-green", kind: "netns", interfaces: ["green", "lime"] },
    ];
    const host = JSON.stringify({
      ...EDGE,
      interfaces: [
        ...EDGE.interfaces,
        net("red", 2, "10.9.0.10", "10.9.0.1"),
        net("blue", 3, "10.9.0.10", "10.9.0.1"),
        net("gold", 4, "10.8.0.10", "10.8.0.1"),
        net("green", 5, "10.6.0.10", "10.6.0.1"),
        net("lime", 6, "10.7.0.10", "10.7.0.1"),
      ],
      policy: { worlds },
    });
    const ask = async (from: string, to: string, ...more: string[]) => {
      const argv = ["explain", "-", "--from", from, "--to", to, ...more];
      const outcome = await multihome(argv, { stdin: host });
      expect(outcome.stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
      return { ...outcome, words: outcome.stdout.replace(/\s+/g, " ") };
    };

    test("is in its own by default, and says so", async () => {
      for (const [from, to] of [
        ["any", "203.0.113.5"],
        ["10.0.1.10", "203.0.113.5"],
        ["10.0.2.50", "10.0.1.10"],
      ]) {
        const { code, words } = await ask(from, to);
        expect(code).toBe(0);
        expect(words).toMatch(/^In the host's own world, .*: symmetric/);
        expect(words).toMatch(/leaves by (front|back) via/);
      }
      const json = await multihome(["explain", "-", "--from", "any", "--to", "203.0.113.5", "--json"], {
        stdin: host,
      });
      expect(JSON.parse(json.stdout)).not.toHaveProperty("world");
    });

    test("explains within the world that is named: a namespace by its own rules, a VRF by its table", async () => {
      const red = await ask("any", "203.0.113.5", "--world", "w-red");
      expect(red.code).toBe(0);
      expect(red.words).toMatch(/^In world w-red, 10\.9\.0\.10 asks 203\.0\.113\.5: symmetric/);
      expect(red.words).toContain("leaves by red (eth2) via 10.9.0.1, as it should.");
      expect(red.words).not.toContain("l3mdev");
      const blue = await ask("10.9.0.50", "10.9.0.10", "--world", "w-blue");
      expect(blue.code).toBe(0);
      expect(blue.words).toMatch(/^In world w-blue \(a VRF\), 10\.9\.0\.50 asks 10\.9\.0\.10: symmetric/);
      expect(blue.words).toMatch(
        /comes in by blue \(eth3\).* 1000: from all lookup \[l3mdev-table\]: matches local 10\.9\.0\.10 dev eth3/,
      );
      expect(blue.words).toContain("leaves by blue (eth3) directly, as it should.");
      expect(blue.words).toContain("the reverse path check (rp_filter 1)");
    });

    test.each([
      ["10.8.0.10", "203.0.113.5", "w-gold", "The request leaves by gold (eth4) via 10.8.0.1, as it should."],
      ["10.8.0.10", "10.8.0.10", "w-gold", "The request stays on the host."],
      ["203.0.113.5", "10.8.0.10", "w-gold", "The answer leaves by gold (eth4) via 10.8.0.1, as it should."],
      ["10.7.0.50", "10.6.0.10", "w-green", "The answer leaves by green (eth5) via 10.6.0.1, as it should."],
    ])("%s to %s is in the one world that has the address", async (from, to, world, text) => {
      const { code, words } = await ask(from, to);
      expect(code).toBe(0);
      expect(words).toMatch(new RegExp(`^In world ${world}[ ,]`));
      expect(words).toContain(text);
      const json = await multihome(["explain", "-", "--from", from, "--to", to, "--json"], { stdin: host });
      expect(JSON.parse(json.stdout)).toMatchObject({ world, verdict: "symmetric" });
    });

    test.each([
      [
        ["--from", "10.9.0.10", "--to", "1.1.1.1"],
        /--from: 10\.9\.0\.10 .* several worlds .* --world .*: w-blue, w-red$/,
      ],
      [
        ["--from", "1.1.1.1", "--to", "10.9.0.10"],
        /--to: 10\.9\.0\.10 .* several worlds .* --world .*: w-blue, w-red$/,
      ],
      [
        ["--from", "any", "--to", "1.1.1.1", "--world", "w-pink"],
        /--world: got "w-pink"; the worlds of edge-1 are w-blue, w-gold, w-green, w-red; without --world/,
      ],
      [
        ["--from", "1.1.1.1", "--to", "10.0.1.10", "--world", "w-gold"],
        /10\.0\.1\.10 is no address of an interface of world w-gold of edge-1: .* 10\.8\.0\.10$/,
      ],
      [
        ["--from", "any", "--to", "1.1.1.1", "--world", "w-gold", "--bind", "lo"],
        /--bind: got "lo"; known here are gold/,
      ],
    ])("refuses %j by name, and names the way out", async (argv, message) => {
      const { code, stdout, stderr } = await multihome(["explain", "-", ...argv], { stdin: host });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr.trim()).toMatch(message);
    });

    test("takes no world for the own one of a host whose every interface is in one", async () => {
      const interfaces = [net("red", 2, "10.9.0.10", "10.9.0.1"), net("blue", 3, "10.9.0.10", "10.9.0.1")];
      const stdin = JSON.stringify({ ...EDGE, interfaces, policy: { worlds: worlds.slice(0, 2) } });
      const outcome = await multihome(["explain", "-", "--from", "any", "--to", "1.1.1.1"], { stdin });
      expect(outcome).toMatchObject({ code: 2, stdout: "" });
      expect(outcome.stderr).toContain(
        "edge-1 has no interface of its own world: say by --world which: w-blue, w-red",
      );
    });
  });

  test.each([
    [
      [],
      "HOST.json, or --capture FILE, or both; --from A, who asks: an address, or any; --to B, who is asked: an address",
    ],
    [["edge.json"], "--from A, who asks: an address, or any; --to B, who is asked: an address"],
    [["edge.json", "--from", "any"], "--to B, who is asked: an address"],
    [["--to", "1.1.1.1"], "HOST.json, or --capture FILE, or both; --from A, who asks: an address, or any"],
  ])("with %j alone is told all that it needs besides", async (argv, rest) => {
    const stderr = `multihome: give ${rest}\n`;
    expect(await multihome(["explain", ...argv], { cwd: dir })).toEqual({ code: 2, stdout: "", stderr });
  });

  describe("with the interface by which the answer comes in, where the host asks,", () => {
    const ask = async (...argv: string[]) => {
      const { code, stdout, stderr } = await multihome(["explain", ...argv], { cwd: dir });
      return { code, words: stdout.replace(/\s+/g, " "), stderr };
    };

    test("follows the answer in by it", async () => {
      const right = await ask("edge.json", "--from", "any", "--to", "203.0.113.5", "--in", "back");
      expect(right.code).toBe(0);
      expect(right.words).toContain("The answer comes in by back: delivered to the host itself.");
      const wrong = await ask("edge.json", "--from", "any", "--to", "203.0.113.5", "--in", "front");
      expect(wrong.code).toBe(1);
      expect(wrong.words).toMatch(/^10\.0\.2\.10 asks 203\.0\.113\.5: dropped by the host on arrival\./);
      expect(wrong.words).toContain("The answer comes in by front: dropped by the reverse path check");
    });

    test("follows it in for a request that went astray as well, whose verdict stays", async () => {
      const argv = ["--capture", "edge.txt", "--from", "10.0.2.10", "--to", "203.0.113.5"];
      const without = await ask(...argv);
      expect(without.words).toContain("The answer would come in by eth1, from its gateway.");
      const [one, other] = [await ask(...argv, "--in", "eth1"), await ask(...argv, "--in", "eth0")];
      for (const { code, words } of [without, one, other])
        expect([code, words]).toEqual([1, expect.stringContaining("asks 203.0.113.5: not symmetric.")]);
      expect(one.words).toContain("The answer comes in by eth1: delivered to the host itself.");
      expect(other.words).toContain("The answer comes in by eth0: delivered to the host itself.");
    });

    test.each([
      ["any", "10.0.2.10"],
      ["10.0.1.10", "10.0.2.10"],
      ["any", "127.0.0.1"],
    ])("refuses %s to %s, the host itself, since nothing comes in", async (from, to) => {
      const { code, words, stderr } = await ask("edge.json", "--from", from, "--to", to, "--in", "front");
      expect([code, words]).toEqual([2, ""]);
      expect(stderr).toBe(
        `multihome: --in: ${to} is the host's own, and so is who asks: nothing comes in by front. ` +
          "Give by --from the address elsewhere that asks, or leave --in out\n",
      );
    });

    test("refuses another than the one that the socket is bound to", async () => {
      const argv = ["edge.json", "--from", "any", "--to", "203.0.113.5", "--bind", "back", "--in"];
      expect((await ask(...argv, "back")).code).toBe(0);
      expect(await ask(...argv, "front")).toEqual({
        code: 2,
        words: "",
        stderr: "multihome: --bind: a socket that is bound to back gets nothing that comes in by front\n",
      });
    });

    test("says that none comes in where the request does not leave", async () => {
      const refused = await ask("edge.json", "--from", "any", "--to", "2001:db8::1", "--in", "front");
      expect([refused.code, refused.words]).toEqual([
        1,
        expect.stringContaining(
          "The answer would come in by front, from its gateway. What the host sends goes nowhere",
        ),
      ]);
      const [{ gateways: _, ...front }, back] = EDGE.interfaces;
      fs.writeFileSync(path.join(dir, "apart.json"), JSON.stringify({ ...EDGE, interfaces: [front, back] }));
      const wanted = await ask("apart.json", "--from", "10.0.1.10", "--to", "203.0.113.5", "--in", "front");
      expect([wanted.code, wanted.words]).toEqual([
        1,
        expect.stringContaining("No answer comes in by front, since the request does not leave."),
      ]);
    });
  });

  test("says what is wrong on a captured host, and exits 1", async () => {
    const argv = ["explain", "--capture", "edge.txt", "--from", "10.0.2.50", "--to", "10.0.1.10"];
    const { code, stdout } = await multihome(argv, { cwd: dir });
    expect(code).toBe(1);
    expect(stdout).toContain("It takes the short cut");
    const json = await multihome([...argv, "--json"], { cwd: dir });
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: "another way", fault: { cause: "short cut" } });
  });

  test.each([
    [
      ["edge.json", "--from", "1.2.3.4", "--to", "5.6.7.8"],
      "5.6.7.8 is no address of an interface of edge-1",
    ],
    [
      ["edge.json", "--from", "172.17.0.2", "--to", "203.0.113.5"],
      "if the host has it all the same, or forwards what is for it, say by --in where the request comes in",
    ],
    [
      ["edge.json", "--from", "172.17.0.2", "--to", "203.0.113.5", "--in", "docker0", "--user", "7"],
      "--user: what the host forwards is of no socket of its own; leave it out",
    ],
    [
      ["edge.json", "--from", "172.17.0.2", "--to", "203.0.113.5", "--in", "docker0", "--bind", "back"],
      "--bind: what the host forwards is of no socket of its own; leave it out",
    ],
    [["edge.json", "--from", "fe80::1", "--to", "10.0.1.10"], "are of different families"],
    [["edge.json", "--from", "10.0.1", "--to", "10.0.1.10"], '--from: got "10.0.1"'],
    [
      ["edge.json", "--from", "any", "--to", "1.1.1.1", "--bind", "x"],
      '--bind: got "x"; known here are back, front',
    ],
    [["edge.json", "--from", "any", "--to", "1.1.1.1", "--proto", "999"], "tcp, udp, icmp"],
    [
      ["edge.json", "--from", "any", "--to", "2001:db8::5", "--proto", "icmp"],
      "--proto: icmp is IPv4's; give icmpv6",
    ],
    [
      ["edge.json", "--from", "any", "--to", "1.1.1.1", "--proto", "58"],
      "--proto: icmpv6 is IPv6's; give icmp for",
    ],
    [["edge.json", "--from", "any", "--to", "1.1.1.1", "--user", "bob"], "the number of a user"],
    [["edge.json", "--from", "any", "--to", "1.1.1.1", "--dport", "80"], "--dport: ports are of protocols"],
    [["edge.json", "--from", "any", "--to", "1.1.1.1", "--proto", "icmp", "--dport", "80"], "--dport: ports"],
    [
      ["edge.json", "--from", "1.1.1.1", "--to", "10.0.1.10", "--bind", "back"],
      "--bind: a socket that is bound to back gets nothing that comes in by front",
    ],
    [["edge.json", "--from", "any", "--to", "1.1.1.1", "--mark", "0x100000000"], "of at most 32 bits"],
    [["--from", "any", "--to", "1.1.1.1"], "give HOST.json, or --capture FILE"],
    [
      ["edge.json", "--from", "any", "--to", "1.1.1.1", "--world", "red"],
      '--world: got "red"; edge-1 has no further worlds: leave --world out',
    ],
    [
      ["--capture", "edge.txt", "--from", "any", "--to", "1.1.1.1", "--world", "red"],
      "--world: a capture holds one network namespace",
    ],
  ])("refuses %j by name, with exit 2", async (argv, message) => {
    const outcome = await multihome(["explain", ...argv], { cwd: dir });
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(outcome.stderr).toContain(message);
  });
});

describe("explain follows what the host forwards", () => {
  const ask = async (spec: object, ...argv: string[]) => {
    const { code, stdout } = await multihome(["explain", "-", ...argv], { stdin: JSON.stringify(spec) });
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    return { code, words: stdout.replace(/\s+/g, " ") };
  };
  const published = ["--from", "203.0.113.5", "--to", "172.17.0.2", "--in", "front"];
  const tracked = { ...EDGE, policy: { trackConnections: true } };

  test("out of a container and back to it", async () => {
    const { code, words } = await ask(EDGE, "--from", "172.17.0.2", "--to", "203.0.113.5", "--in", "docker0");
    expect(code).toBe(0);
    expect(words).toMatch(
      /^172\.17\.0\.2 asks 203\.0\.113\.5, through the host: symmetric: the same way in both/,
    );
    expect(words).toContain("The request comes in by docker0, and leaves by back via 10.0.2.1.");
    expect(words).toContain(
      "The answer, where it comes in by back, leaves by docker0 directly, as it should.",
    );
    expect(words).toContain("What nft and iptables refuse or translate is not known here");
  });

  test("to a container by an interface that is not main's default, which takes the mark that a plan gives", async () => {
    const without = await ask(EDGE, ...published);
    const said = ", through the host: the request is not sent on.";
    expect([without.code, without.words]).toEqual([1, expect.stringContaining(said)]);
    expect(without.words).toContain("and is not sent on: dropped by the reverse path check");
    const { code, words } = await ask(tracked, ...published);
    expect([code, words]).toEqual([0, expect.stringContaining(", through the host: symmetric")]);
    expect(words).toMatch(
      /Both packets have the mark 0x[0-9a-f]+, which the plan gives to connections that come in/,
    );
    expect(words).toContain(
      "The answer, where it comes in by docker0, leaves by front via 10.0.1.1, as it should.",
    );
  });

  test("in a capture, with a mark that is given, and names those that rules ask for", async () => {
    const argv = ["explain", "--capture", "-", "--in", "eth1", "--from", "203.0.113.5", "--to", "10.0.1.50"];
    const rules = [{ priority: 70, src: "all", fwmark: "0x7", iif: "eth0", table: "100" }];
    const back = { dst: "default", gateway: "10.0.2.1", dev: "eth1", table: "100", flags: [] };
    const stdin = capture({ rules })
      .replace('[{"dst":"default"', `[${JSON.stringify(back)},{"dst":"default"`)
      .replace(/(ipv4\/conf\/eth[01]\/forwarding):0/g, "$1:1");
    const plain = await multihome(argv, { stdin });
    expect(plain.code).toBe(1);
    expect(plain.stdout.replace(/\s+/g, " ")).toMatch(
      /through the host: not symmetric\..* as 0x7: .* say so by --mark\..*; right would be by eth1\./,
    );
    const marked = await multihome([...argv, "--mark", "7"], { stdin });
    expect([marked.code, marked.stdout]).toEqual([0, expect.stringContaining("through the host: symmetric")]);
    const json = JSON.parse((await multihome([...argv, "--json"], { stdin })).stdout) as object;
    expect(json).toMatchObject({ verdict: "another way", arrival: "eth1", answers: [{ arrival: "eth0" }] });
  });

  test("and says of a host that does not forward that it does not", async () => {
    const ends = ["--in", "eth1", "--from", "203.0.113.5", "--to", "10.0.1.50"];
    const { code, stdout } = await multihome(["explain", "--capture", "edge.txt", ...ends], { cwd: dir });
    expect(code).toBe(1);
    expect(stdout.replace(/\s+/g, " ")).toContain("not ours, and eth1 does not forward");
  });
});

test("explain blames no rule and no tunnel for a packet that the kernel takes for invalid", async () => {
  for (const from of ["0.0.0.0", "224.0.0.1", "10.0.1.255"]) {
    const { code, stdout } = await multihome(["explain", "edge.json", "--from", from, "--to", "10.0.1.10"], {
      cwd: dir,
    });
    expect(code).toBe(1);
    const words = stdout.split("\n\n")[1].replace(/\s+/g, " ");
    expect(words).toContain(
      "The kernel takes such a packet for invalid, and looks for no way for an answer.",
    );
    expect(words).not.toMatch(/tunnel|next hop|right would be/);
  }
});

test("explain follows what comes in for an address of the host that is no interface's", async () => {
  const argv = ["explain", "edge.json", "--from", "172.17.0.2", "--to", "172.17.0.1", "--in", "docker0"];
  const { code, stdout } = await multihome(argv, { cwd: dir });
  expect([code, stdout.split("\n")[0]]).toEqual([
    0,
    "172.17.0.2 asks 172.17.0.1: symmetric: the same way in both directions.",
  ]);
});

describe("multihome doctor", () => {
  const doctor = (text: string, ...more: string[]) =>
    multihome(["doctor", "--capture", "-", ...more], { stdin: text });

  test("names each flow that goes wrong, its way in, its way out, why, and what firewalls see; and the cure", async () => {
    const { code, stdout } = await doctor(capture());
    expect(code).toBe(1);
    expect(stdout).toMatch(/^edge-1 \(Linux 6\.1\.0\): not symmetric\./);
    expect(stdout).toContain("hosts beyond the gateways (such as 203.0.113.5) and 10.0.2.10");
    expect(stdout).toContain("It takes the default route of main");
    expect(stdout).toContain("It takes the short cut");
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "A stateful firewall before eth1 sees requests and never an answer",
    );
    expect(stdout).toContain("cloud-init (its files)");
    const { stdout: json } = await doctor(capture(), "--json");
    const { cure } = JSON.parse(json) as { cure: { verdict: string; spec: object } };
    expect(cure.verdict).toBe("proved");
    expect((await multihome(["prove", "-"], { stdin: JSON.stringify(cure.spec) })).code).toBe(0);
  });

  test("names duplicated and dead rules", async () => {
    const twice = { priority: 100, src: "10.0.1.10", table: "254", protocol: "3" };
    const { stdout } = await doctor(capture({ rules: [twice, { ...twice, protocol: "4" }] }));
    expect(stdout).toMatch(/is there twice/);
  });

  test.each([
    ["cut off", capture({ end: false }).slice(0, 900), /it ends within \w+; is it cut off\?/],
    ["no capture", "hello\n", /not a capture/],
    ["hostile", capture({ link: '[{"ifindex": "\\u001b[2J", "ifname": {}}]' }), /ip link, entry 1: /],
    ["damaged", capture({ link: "[{" }), /ip link, line \d+, column \d+: not JSON/],
  ])("names what is wrong with a capture that is %s, with its place, exit 2", async (_, text, problem) => {
    const { code, stdout, stderr } = await doctor(text);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(problem);
    expect(stderr).toContain("the verdict is unknown");
    expect(stderr).not.toMatch(/[^\n\x20-\x7e]/);
  });

  test("says unknown of a newer kernel's rule, and which attribute it is", async () => {
    const rules = [{ priority: 50, src: "all", table: "254", flowlabel: "0x1" }];
    const { code, stdout } = await doctor(capture({ rules }));
    expect(code).toBe(1);
    expect(stdout).toContain("flowlabel");
  });

  test("shows a terminal what a capture says, and has it obey none of it", async () => {
    const name = "a-host-with-a-name.of-some-length.compute.internal";
    const hostile = capture()
      .replace("### multihome host\nedge-1", `### multihome host\n${name}`)
      .replace("6.1.0", "6.1.0-21-cloud-amd64\u001b]0;x\u0007\u009b")
      .replaceAll("eth1", "e\\u001b1");
    for (const { code, stdout } of [
      await doctor(hostile),
      await multihome(["explain", "--capture", "-", "--from", "10.0.2.10", "--to", "1.1.1.1"], {
        stdin: hostile,
      }),
    ]) {
      expect(code).toBe(1);
      expect(stdout).toContain("e\\u001b1");
      expect(stdout).not.toMatch(/[^\n\x20-\x7e]/);
    }
    const long = capture().replace("host\nedge-1", `host\n${name}`).replace("6.1.0", "6.1.0-21-cloud-amd64");
    const { code, stdout } = await doctor(long, path.join(dir, "edge.json"));
    expect([code, stdout.split("\n")[0]]).toEqual([1, expect.stringContaining("edge-1 (Linux 6.1.0-21")]);
    const one = long
      .replace(/,\{"ifname":"eth1","addr_info":[^]*?\]\}/, "")
      .replace(/,\{"dst":"10\.0\.2\.0\/24"[^}]*\}/, "")
      .replace(/,\{"dst":"default","gateway":"10\.0\.2\.1"[^}]*\}/, "")
      .replace(/,\{"type":"2","dst":"10\.0\.2\.10"[^}]*\}/, "");
    const fine = await doctor(one);
    expect(fine.code).toBe(0);
    expect(fine.stdout.replace(/\s+/g, " ")).toContain(
      "nothing is wrong with its routing. It has 1 interface of its own.",
    );
    expect(fine.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("prints the capture command, one line that a plain shell runs", async () => {
    const { stdout } = await multihome(["doctor", "--print-capture"]);
    expect(stdout).toBe(`${HOST_CAPTURE_COMMAND}\n`);
    expect(stdout.trim().split("\n")).toHaveLength(1);
  });

  test.each([[["edge.json"]], [["--host", "edge-1"]], [["--json"]], [["--capture", "edge.txt"]]])(
    "refuses %j beside what prints the capture command alone",
    async (argv) => {
      expect(await multihome(["doctor", "--print-capture", ...argv], { cwd: dir })).toEqual({
        code: 2,
        stdout: "",
        stderr: "multihome: --print-capture stands alone: it prints a command for whichever host to run\n",
      });
    },
  );

  test("refuses a host that ssh would take for an option", async () => {
    const { code, stderr } = await multihome(["doctor", "--host", "-oProxyCommand=id"]);
    expect(code).toBe(2);
    // Without its text, which may be a key that was pasted.
    expect(stderr).toBe("multihome: --host: got text (17 characters). Give user@host, as ssh takes it\n");
  });

  test("holds a capture to a HOST.json, and refuses one of another host", async () => {
    const given = await multihome(["doctor", "edge.json", "--capture", "edge.txt", "--json"], { cwd: dir });
    expect(JSON.parse(given.stdout)).toMatchObject({ host: "edge-1", verdict: "asymmetric" });
    fs.writeFileSync(
      path.join(dir, "edge.json"),
      stdin.replace("10.0.2.10/24", "10.9.9.9/24").replace("10.0.2.1", "10.9.9.1"),
    );
    const other = await multihome(["doctor", "edge.json", "--capture", "edge.txt"], { cwd: dir });
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toMatch(/no device of the host that was read is the one that carries 10\.9\.9\.9/);
  });

  (privileged ? test : test.skip)("reads the live host", async () => {
    const { code, stdout } = await multihome(["doctor", "--json"]);
    expect([0, 1]).toContain(code);
    expect(JSON.parse(stdout)).toHaveProperty("verdict");
  });
});

test("a plain host with one interface has nothing wrong", () => {
  const parsed = parseInterfaceAddress("192.0.2.2/24");
  const addresses = parsed.ok ? [parsed.value] : [];
  const plain = kernelState([{ name: "eth0", addresses }]);
  const state = applyBatch(plain, 4, "route add default via 192.0.2.1 dev eth0 metric 100");
  expect(diagnose({ state })).toMatchObject({ verdict: "symmetric", findings: [], remarks: [] });
});

test("a host of the weak host model is shown as Linux routes it, by the names of its interfaces", async () => {
  const weak = JSON.stringify({ ...EDGE, policy: { hostModel: "weak" } });
  const proof = await multihome(["prove", "-"], { stdin: weak });
  expect(proof).toMatchObject({ code: 1, stderr: "" });
  expect(proof.stdout).toMatch(
    /P1 egress, IPv4: packets that disprove it[^]*expected {2}by front via 10\.0\.1\.1/,
  );
  const argv = ["explain", "-", "--from", "203.0.113.5", "--to", "10.0.1.10"];
  const explained = await multihome(argv, { stdin: weak });
  expect(explained.stdout).toMatch(/dropped by the host on arrival[^]*The answer leaves by back via/);
  for (const { stdout } of [proof, explained]) expect(stdout).not.toContain("undefined");
});

test.each([["doctor"], ["explain", "--from", "any", "--to", "203.0.113.5"]])(
  "standard input cannot be both the host and its capture: %s",
  async (...argv) => {
    expect(await multihome([...argv, "-", "--capture", "-"], { stdin })).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "multihome: HOST.json and --capture cannot both be standard input; give one of them as a file\n",
    });
  },
);

test("an address of a delegated prefix is no end of an exchange with the host, and told so", async () => {
  const [front, back] = EDGE.interfaces;
  const delegated = { ...EDGE, interfaces: [front, { ...back, delegatedPrefixes: ["10.0.9.0/28"] }] };
  const ask = (from: string, to: string) =>
    multihome(["explain", "-", "--from", from, "--to", to], { stdin: JSON.stringify(delegated) });
  const says = /10\.0\.9\.3 is in a prefix that is delegated to back, and no address of the host itself/;
  for (const [option, ends] of [
    ["--to", ["203.0.113.5", "10.0.9.3"]],
    ["--from", ["10.0.9.3", "203.0.113.5"]],
  ] as const) {
    const { code, stdout, stderr } = await ask(ends[0], ends[1]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`multihome: ${option}: `);
    expect(stderr).toMatch(says);
  }
  const argv = ["explain", "-", "--from", "203.0.113.5", "--to", "10.0.9.3", "--in", "back"];
  const through = await multihome(argv, { stdin: JSON.stringify(delegated) });
  expect(through.stdout.replace(/\s+/g, " ")).toMatch(/^203\.0\.113\.5 asks 10\.0\.9\.3, through the host: /);
});

test("of what a host with an identity sends to all nobody says which way is right", async () => {
  const policy = { identity: { addresses: ["192.0.2.77/32"], protocol: "ospf" } };
  for (const to of ["224.0.0.5", "255.255.255.255"]) {
    const argv = ["explain", "-", "--from", "any", "--to", to];
    const { code, stdout } = await multihome(argv, { stdin: JSON.stringify({ ...EDGE, policy }) });
    expect([code, stdout.replace(/\s+/g, " ")]).toEqual([
      1,
      expect.stringContaining(`192.0.2.77 asks ${to}: not judged: nobody says which way is right.`),
    ]);
    expect(stdout).not.toMatch(/only what comes in|Firewalls/);
  }
});

test("the answer of a socket that is bound to its device is looked up by that", async () => {
  const argv = ["explain", "-", "--from", "1.1.1.1", "--to", "10.0.1.10", "--bind", "front"];
  const { code, stdout } = await multihome(argv, { stdin });
  expect(code).toBe(0);
  expect(stdout).toMatch(/bound to front: symmetric/);
  // Main knows no way by front alone; the weak host model has nothing else.
  const weak = JSON.stringify({ ...EDGE, policy: { hostModel: "weak" } });
  expect((await multihome(argv, { stdin: weak })).stdout).toMatch(
    /The answer leaves by front via 10\.0\.1\.1/,
  );
});

describe("multihome draw", () => {
  test.each([
    ["text", /front/],
    ["svg", /^<svg /],
    ["mermaid", /^flowchart LR/],
    ["html", /^<!doctype html>/],
  ])("draws %s, to standard output or a file", async (format, looks) => {
    const { code, stdout } = await multihome(["draw", "edge.json", "--format", format], { cwd: dir });
    expect(code).toBe(0);
    expect(stdout).toMatch(looks);
    await multihome(["draw", "edge.json", "--format", format, "--out", "picture"], { cwd: dir });
    expect(fs.readFileSync(path.join(dir, "picture"), "utf8")).toBe(stdout);
    const piped = await multihome(["draw", "-", "--format", format], { stdin });
    expect(piped).toEqual({ code: 0, stdout, stderr: "" });
  });
});
