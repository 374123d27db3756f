import {
  CAPTURE_COMMAND,
  LinuxState,
  Route,
  Rule,
  applyBatch,
  compile,
  describeRoute,
  describeRule,
  plainAddress,
  prove,
  readCapture,
  readDumps,
  withAddress,
} from "../../lib/linux";

import { KernelHost } from "../linux/fuzz/kernel";
import { address, intentOf, linkLocal, nics, recipe } from "../linux/support/hosts";

const kernelTest = KernelHost.available() ? test : test.skip;
const LIST = nics(3, 3, true).map((nic, i) =>
  i === 1 ? { ...nic, delegated: ["10.0.1.64/28", "2001:db8:2:0:1::/80"] } : nic,
);

/** A host with the recipe on it, in the kernel; it is closed in any case. */
function withHost(check: (host: KernelHost, before: LinuxState) => void): void {
  const host = new KernelHost([...LIST.map(({ device }) => device), "docker0"]);
  try {
    const lines = [
      ...LIST.flatMap(({ device, addresses }, i) =>
        [...addresses, linkLocal(i)].map((a) => `address add ${a} dev ${device} nodad`),
      ),
      "address add 172.17.0.1/16 dev docker0",
    ];
    expect([...host.batch(lines.join("\n")).values()]).toEqual([]);
    expect([...host.batch("route add default via 10.0.0.1 dev eth0 metric 100", ["-4"]).values()]).toEqual(
      [],
    );
    check(host, host.state());
  } finally {
    host.close();
  }
}

describe("what addresses bring", () => {
  kernelTest(
    "withAddress adds the routes that the kernel adds: subnets, peers, the loopback's, and both families'",
    () => {
      const host = new KernelHost(["eth0", "eth1"]);
      try {
        let state = host.state();
        const given = [
          "10.1.0.10/24 dev eth0",
          "10.1.0.11/24 dev eth0",
          "10.2.0.1/31 dev eth1",
          "10.3.0.1/32 dev eth1",
          "10.4.0.1/24 dev eth1 noprefixroute",
          "192.0.2.1/24 dev lo",
          "192.0.2.2/24 dev lo",
          "192.0.3.1/24 dev lo noprefixroute",
          "192.0.4.1/32 dev lo",
          "10.9.0.1 peer 10.8.0.1/24 dev eth0",
          "10.9.1.1 peer 10.8.1.1/32 dev eth0",
          "10.9.2.1 peer 10.8.2.1/32 dev eth0 noprefixroute",
          "fd00:1::1/64 dev eth0 nodad",
          "fd00:1::2/64 dev eth0 nodad",
          "fd00:1::3/64 dev eth1 nodad noprefixroute",
          "fd00:2::1/64 dev lo",
          "fd00:3::1 peer fd00:4::2/64 dev eth1 nodad",
          "fd00:5::1 peer fd00:6::2/64 dev eth1 nodad noprefixroute",
        ];
        for (const line of given) {
          expect([...host.batch(`address add ${line}`).values()]).toEqual([]);
          const [own, ...words] = line.split(" ");
          const word = (key: string): string | undefined =>
            words.includes(key) ? words[words.indexOf(key) + 1] : undefined;
          const [peer, length] = (word("peer") ?? own).split("/");
          const plain = plainAddress(word("dev")!, address(own.split("/")[0]), Number(length));
          const more = word("peer") === undefined ? {} : { peer: address(peer) };
          state = withAddress(state, { ...plain, ...more, noPrefixRoute: words.includes("noprefixroute") });
        }
        const after = host.state();
        for (const family of [4, 6] as const)
          expect(state.routes[family].map(shownRoute).sort()).toEqual(
            after.routes[family].map(shownRoute).sort(),
          );
      } finally {
        host.close();
      }
    },
  );
});

describe("what commands do to a host", () => {
  kernelTest("applyBatch leaves the rules and routes that the kernel has after the same commands", () => {
    withHost((host, before) => {
      let state = before;
      for (const family of [4, 6] as const) {
        const more = [
          `rule add from ${LIST[0].addresses[0].split("/")[0]} lookup 77`.replace(
            /from \S+/,
            family === 4 ? "from 10.9.0.0/16" : "from 2001:db8:9::/48",
          ),
          "rule add not fwmark 0x5/0xff ipproto tcp dport 80-443 priority 400 unreachable",
          "rule add priority 400 uidrange 5-9 iif lo oif eth1 tos 0x10 goto 7010",
          "rule del priority 400 unreachable",
          "route add blackhole default metric 77 table 88",
          family === 4
            ? "route add 10.77.0.0/16 dev eth1 table 88"
            : "route add 2001:db8:77::/48 dev eth1 table 88",
          family === 4
            ? "route replace 10.77.0.0/16 via 10.0.1.9 dev eth1 table 88 src 10.0.1.10"
            : "route replace 2001:db8:77::/48 via fe80::9 dev eth1 table 88",
          "route flush table 7002 proto 77",
        ].join("\n");
        for (const text of [recipe(LIST, family), more]) {
          const failed = host.batch(text, [`-${family}`]);
          state = applyBatch(state, family, text);
          expect(state.gaps).toEqual([]);
          expect([...failed.values()]).toEqual([]);
        }
      }
      const after = host.state();
      for (const family of [4, 6] as const) {
        expect(state.rules[family].map(shownRule)).toEqual(after.rules[family].map(shownRule));
        expect(state.routes[family].map(shownRoute).sort()).toEqual(
          after.routes[family].map(shownRoute).sort(),
        );
      }
      expect(state.links.map(({ name, group }) => `${name} ${group}`)).toEqual(
        after.links.map(({ name, group }) => `${name} ${group}`),
      );
    });
  });

  kernelTest("commands that the kernel refuses are named by applyBatch, line by line", () => {
    withHost((host, before) => {
      const text = [
        "rule add priority 500 from 10.0.0.10 lookup 7000 protocol 77",
        "rule add priority 500 from 10.0.0.10 lookup 7000 protocol 77",
        "rule add priority 500 from 10.0.0.10 lookup 7000 protocol 78",
        "rule add priority 600 goto 500",
        "rule del priority 501",
        "route add 10.5.0.0/16 dev eth0 table 7000",
        "route add 10.5.0.0/16 dev eth1 table 7000",
        "route add 10.5.0.0/16 dev eth1 table 7000 metric 5",
        "route del 10.6.0.0/16 table 7000",
      ].join("\n");
      const refused = [...host.batch(text, ["-4"]).keys()];
      const { gaps } = applyBatch(before, 4, text);
      expect(gaps.map(({ position }) => position)).toEqual(refused.map((line) => `line ${line}`));
      expect(refused).toEqual([2, 4, 5, 7, 9]);
    });
  });
});

describe("what the capture command writes", () => {
  kernelTest("is read to the same state as the dumps, and the recipe in it is proved", () => {
    withHost((host) => {
      for (const family of [4, 6] as const) host.batch(recipe(LIST, family), [`-${family}`]);
      const text = host.exec(["sh", "-c", CAPTURE_COMMAND]);
      const captured = readCapture(text);
      expect(captured.gaps).toEqual([]);
      expect(captured.kernel).toMatch(/^\d+\.\d+/);
      const { kernel: _kernel, ...rest } = captured;
      const { kernel: _none, ...dumped } = readDumps(host.dump());
      // The capture reads a few sysctls more.
      expect({ ...rest, sysctls: {} }).toEqual({ ...dumped, sysctls: {} });
      expect(captured.sysctls).toMatchObject(dumped.sysctls);
      const proof = prove(captured, intentOf(LIST));
      expect(proof.results.filter(({ verdict }) => verdict === "witness" || verdict === "unknown")).toEqual(
        [],
      );
      expect(proof.verdict).toBe("proved");
      expect(compile(captured)[4].steps.length).toBeGreaterThan(10);
    });
  });
});

const shownRule = (rule: Rule): string => `${describeRule(rule)} protocol ${rule.origin}`;
/** The order of tables in a dump is the kernel's own affair. */
const shownRoute = (route: Route): string =>
  `${describeRoute(route)} scope ${route.scope} proto ${route.origin} pref ${route.preference}`;
