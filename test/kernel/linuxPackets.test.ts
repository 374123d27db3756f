import { spawnSync } from "node:child_process";
import { formatAddress } from "../../lib/net";
import { LinuxState, Outcome, compile, connect, input, output } from "../../lib/linux";
import { KernelHost } from "../linux/fuzz/kernel";
import { Exchange } from "../../lib/prove/exchange";
import { Follower } from "../../lib/prove/follower";
import { address, intentOf, linkLocal, nics, recipe } from "../linux/support/hosts";

/**
 * What `ip route get` does not show, seen in real packets: which device and which source the kernel takes for sockets
 * that choose no source, for connections, for bound sockets, and for answers that no socket sends.
 */

const available = KernelHost.available() && spawnSync("nft", ["--version"]).status === 0;
const kernelTest = available ? test : test.skip;

const LIST = nics(2, 1, true);
const WORLD = { 4: "203.0.113.5", 6: "2001:db8:f::5" } as const;
const B = { 4: "10.0.1.10", 6: "2001:db8:2::10" } as const;

/** The far ends are both gateways, with the Internet behind them on their loopback. */
function makeHost(): KernelHost {
  const host = new KernelHost(LIST.map(({ device }) => device));
  const lines = LIST.flatMap(({ device, addresses }, i) =>
    [...addresses, linkLocal(i)].map((a) => `address add ${a} dev ${device} nodad`),
  );
  host.batch(lines.join("\n"));
  far(
    host,
    "sh",
    "-c",
    "ip link set lo up; for k in all default; do echo 0 > /proc/sys/net/ipv6/conf/$k/accept_dad; done",
  );
  const farLines = LIST.flatMap(({ device }, i) => [
    `address add 10.0.${i}.1/24 dev ${device}`,
    `address add fe80::1/64 dev ${device} nodad`,
    `address add 2001:db8:${i + 1}::1/64 dev ${device} nodad`,
    `address add ${WORLD[4]}/32 dev lo`,
    `address add ${WORLD[6]}/128 dev lo nodad`,
  ]);
  spawnSync("ip", ["-n", host.far, "-force", "-batch", "-"], { input: farLines.join("\n") });
  host.exec(["nft", "-f", "-"], SEEN);
  return host;
}

/** Notes device, source and destination of all that leaves, and of all addresses that are asked for by ARP. */
const SEEN = `
table ip seen4 {
  set out { type ifname . ipv4_addr . ipv4_addr; flags dynamic; }
  chain post {
    type filter hook postrouting priority 300;
    update @out { oifname . ip saddr . ip daddr }
  }
}
table ip6 seen6 {
  set out { type ifname . ipv6_addr . ipv6_addr; flags dynamic; }
  chain post {
    type filter hook postrouting priority 300;
    update @out { oifname . ip6 saddr . ip6 daddr }
  }
}
table arp seen {
  set asked { type ifname . ipv4_addr; flags dynamic; }
  chain out {
    type filter hook output priority 0;
    arp operation request update @asked { meta oifname . arp daddr ip }
  }
}
`;

function far(host: KernelHost, ...command: string[]): void {
  spawnSync("ip", ["netns", "exec", host.far, ...command], { timeout: 4_000 });
}

/** The kernel lists an element of a set twice when it makes room for more of them meanwhile. */
const once = (elements: readonly string[]): string[] => [...new Set(elements)];

/** "device source" of what left for the world while the action ran. */
function left(host: KernelHost, family: 4 | 6, action: () => void): string[] {
  host.exec(["nft", "flush", "set", family === 4 ? "ip" : "ip6", `seen${family}`, "out"]);
  // Who was met before need not be asked for: the world's own questions by ARP carry its address.
  host.exec(["ip", "neigh", "flush", "all"]);
  action();
  const listed = JSON.parse(
    host.exec(["nft", "-j", "list", "set", family === 4 ? "ip" : "ip6", `seen${family}`, "out"]),
  ) as {
    nftables: { set?: { elem?: ({ concat: string[] } | { elem: { val: { concat: string[] } } })[] } }[];
  };
  const elements = listed.nftables.flatMap(({ set }) => set?.elem ?? []);
  const concats = elements.map((element) => ("concat" in element ? element.concat : element.elem.val.concat));
  return once(
    concats.filter(([, , to]) => to === WORLD[family]).map(([device, from]) => `${device} ${from}`),
  );
}

function predicted(outcome: Outcome): string[] {
  if (outcome.kind !== "route") return [];
  return outcome.hops.map(
    (hop) => `${hop.device} ${hop.source === undefined ? "" : formatAddress(hop.source)}`,
  );
}

const script = (body: string): string[] => [process.execPath, "-e", body];
const UDP = (family: 4 | 6, from?: string): string[] =>
  script(
    `const s = require("dgram").createSocket("udp${family}"); s.on("error", () => s.close());` +
      `const go = () => s.send("x", 9, "${WORLD[family]}", () => s.close());` +
      (from === undefined ? "go()" : `s.bind(0, "${from}", go)`),
  );
const CONNECTED_UDP = (family: 4 | 6): string[] =>
  script(
    `const s = require("dgram").createSocket("udp${family}"); s.on("error", () => s.close());` +
      `s.connect(9, "${WORLD[family]}", () => s.send("x", () => s.close()))`,
  );
const TCP = (family: 4 | 6): string[] =>
  script(
    `const s = require("net").connect({ host: "${WORLD[family]}", port: 9 }); s.on("error", () => 0); s.setTimeout(500, () => s.destroy())`,
  );

const PING = (family: 4 | 6, device?: string): string[] => [
  ...["ping", "-n", `-${family}`, "-c", "1", "-W", "1"],
  ...(device === undefined ? [] : ["-I", device]),
  WORLD[family],
];

/** What `explain` and `doctor` take for the way of an exchange with the world. */
const followed = (state: LinuxState, family: 4 | 6, exchange: Omit<Exchange, "peer">): Outcome =>
  new Follower(state, intentOf(LIST)).follow({ peer: address(WORLD[family]), ...exchange }).outward.outcome;

/** What the socket does, in words; the command; the model's lookup for it. */
function sockets(state: LinuxState, family: 4 | 6): [string, string[], Outcome][] {
  const model = compile(state);
  const to = address(WORLD[family]);
  const follow = (exchange: Partial<Exchange>): Outcome =>
    followed(state, family, { asker: "host", ...exchange });
  return [
    ["a datagram without a source, as it is followed", UDP(family), follow({ connected: false })],
    ["a ping, as it is followed", PING(family), follow({ connected: false })],
    [
      "a ping bound to eth0, as it is followed",
      PING(family, "eth0"),
      follow({ connected: false, bound: "eth0" }),
    ],
    ["a connection, as it is followed", TCP(family), follow({})],
    // IPv6 looks again with the source it would choose when there is no route without one; IPv4 does not.
    [
      "a datagram without a source",
      UDP(family),
      family === 4 ? output(model, { to }) : connect(model, { to }),
    ],
    ["a connected datagram socket", CONNECTED_UDP(family), connect(model, { to })],
    ["a connection", TCP(family), connect(model, { to })],
    ["a datagram from B", UDP(family, B[family]), output(model, { to, from: address(B[family]) })],
    [
      "a ping bound to eth1",
      PING(family, "eth1"),
      (family === 4 ? output : connect)(model, { to, oif: "eth1" }),
    ],
  ];
}

const SITUATIONS: readonly (readonly [name: string, set: (host: KernelHost) => void])[] = [
  ["two defaults in main", (host) => defaults(host, "")],
  [
    "a default whose source is the other interface's",
    (host) => {
      host.batch("route add default via 10.0.1.1 dev eth1 src 10.0.0.10", ["-4"]);
      host.batch("route add default via fe80::1 dev eth1 src 2001:db8:1::10", ["-6"]);
      for (const family of [4, 6] as const) host.batch(rulesAlone(family), [`-${family}`]);
    },
  ],
  [
    "eth0's address deprecated",
    (host) => {
      defaults(host, "");
      host.batch("address change 2001:db8:1::10/64 dev eth0 preferred_lft 0", ["-6"]);
    },
  ],
  [
    "no default at all, tables and rules by source",
    (host) => {
      for (const family of [4, 6] as const) host.batch(rulesAlone(family), [`-${family}`]);
    },
  ],
  [
    "a default by eth0, and tables for sockets bound to a device alone",
    (host) => {
      host.batch("route add default via 10.0.0.1 dev eth0", ["-4"]);
      host.batch("route add default via fe80::1 dev eth0", ["-6"]);
      for (const family of [4, 6] as const)
        host.batch(
          LIST.flatMap(({ device, gateways }, i) => [
            `route add default via ${gateways[family === 4 ? 0 : 1]} dev ${device} table ${100 + i}`,
            `rule add priority ${100 + i} oif ${device} lookup ${100 + i}`,
          ]).join("\n"),
          [`-${family}`],
        );
    },
  ],
  [
    "the recipe",
    (host) => {
      defaults(host, "");
      for (const family of [4, 6] as const) host.batch(recipe(LIST, family), [`-${family}`]);
    },
  ],
];

function defaults(host: KernelHost, more: string): void {
  for (const [i, { device }] of LIST.entries()) {
    host.batch(`route add default via 10.0.${i}.1 dev ${device} metric ${100 + i} ${more}`, ["-4"]);
    host.batch(`route add default via fe80::1 dev ${device} metric ${100 + i} ${more}`, ["-6"]);
  }
}

/** As most how-tos have it: a table and a rule for every source, and no more. */
function rulesAlone(family: 4 | 6): string {
  return LIST.flatMap(({ device, addresses, gateways }, i) => {
    const index = family === 4 ? 0 : 1;
    return [
      `route add default via ${gateways[index]} dev ${device} table ${100 + i}`,
      `rule add priority ${100 + i} from ${addresses[index].split("/")[0]} lookup ${100 + i}`,
    ];
  }).join("\n");
}

describe.each(SITUATIONS)("%s", (_name, set) => {
  kernelTest(
    "sockets leave as the model says",
    () => {
      const host = makeHost();
      try {
        set(host);
        const state = host.state();
        expect(state.gaps).toEqual([]);
        for (const family of [4, 6] as const) {
          for (const [what, command, outcome] of sockets(state, family)) {
            const got = left(
              host,
              family,
              () => void spawnSync("ip", ["netns", "exec", host.name, ...command], { timeout: 4_000 }),
            );
            expect({ family, what, got }).toEqual({ family, what, got: predicted(outcome) });
            // What is only taken for attached is asked for by ARP, as if it were.
            if (outcome.kind === "route" && outcome.pretended) {
              const asked = host.exec(["nft", "list", "set", "arp", "seen", "asked"]);
              expect(asked).toContain(`"${outcome.hops[0].device}" . ${WORLD[4]}`);
            }
          }
        }
      } finally {
        host.close();
      }
    },
    60_000,
  );

  kernelTest(
    "answers that no socket sends leave as the model says: echo replies, and resets",
    () => {
      const host = makeHost();
      try {
        set(host);
        const state = host.state();
        const model = compile(state);
        for (const family of [4, 6] as const) {
          const length = family === 4 ? 32 : 128;
          spawnSync("ip", [
            "-n",
            host.far,
            `-${family}`,
            "route",
            "add",
            `${B[family]}/${length}`,
            "dev",
            "eth1",
            "src",
            WORLD[family],
          ]);
          const expected = predicted(output(model, { to: address(WORLD[family]), from: address(B[family]) }));
          // A reset is TCP's. The echo reply of IPv6 prefers the device the request came by.
          const reset = left(host, family, () =>
            far(
              host,
              ...script(
                `require("net").connect({ host: "${B[family]}", port: 7 }).on("error", () => 0).setTimeout(500, function () { this.destroy() })`,
              ),
            ),
          );
          expect({ family, reset }).toEqual({ family, reset: expected });
          const echo = left(host, family, () =>
            far(host, "ping", "-n", `-${family}`, "-c", "1", "-W", "1", "-I", WORLD[family], B[family]),
          );
          const bound = predicted(
            output(model, {
              to: address(WORLD[family]),
              from: address(B[family]),
              oif: "eth1",
              unboundDevice: true,
            }),
          );
          expect({ family, echo }).toEqual({
            family,
            echo: family === 6 && bound.length > 0 ? bound : expected,
          });
          const asked = { asker: "peer", local: address(B[family]), arrival: "eth1" } as const;
          const answer = (protocol: number): string[] =>
            predicted(followed(state, family, { ...asked, protocol }));
          expect({ family, reset: answer(6), echo: answer(family === 4 ? 1 : 58) }).toEqual({
            family,
            reset,
            echo,
          });
        }
      } finally {
        host.close();
      }
    },
    60_000,
  );
});

kernelTest(
  "what the host forwards from link-local addresses, and from others, goes on as the model says",
  () => {
    const host = makeHost();
    const to = "2001:db8:2::77";
    try {
      host.sysctls([["ipv6/conf/all/forwarding", 1]]);
      spawnSync("ip", [
        "-n",
        host.far,
        "-6",
        "route",
        "add",
        `${to}/128`,
        "via",
        "2001:db8:1::10",
        "dev",
        "eth0",
      ]);
      spawnSync("ip", [
        "-n",
        host.name,
        "-6",
        "neigh",
        "add",
        to,
        "lladdr",
        "02:00:00:00:00:77",
        "dev",
        "eth1",
      ]);
      const model = compile(host.state());
      for (const source of ["2001:db8:1::1", "fe80::1"]) {
        host.exec(["nft", "flush", "set", "ip6", "seen6", "out"]);
        far(
          host,
          "ping",
          "-n",
          "-6",
          "-c",
          "1",
          "-W",
          "1",
          "-I",
          source.startsWith("fe80") ? `${source}%eth0` : source,
          to,
        );
        const outcome = input(model, { from: address(source), to: address(to), iif: "eth0" });
        const expected = outcome.kind === "route" ? [`"${outcome.hops[0].device}" . ${source} . ${to}`] : [];
        const seen = host.exec(["nft", "list", "set", "ip6", "seen6", "out"]);
        expect({ source, out: once(seen.match(/"eth\d" \. \S+ \. 2001:db8:2::77/g) ?? []) }).toEqual({
          source,
          out: expected,
        });
        expect(expected).toHaveLength(source.startsWith("fe80") ? 0 : 1);
      }
    } finally {
      host.close();
    }
  },
  60_000,
);
