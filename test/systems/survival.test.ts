import * as fs from "node:fs";
import * as path from "node:path";
import { sleep } from "../../lab/fabric/processes";
import { Guest, Manager, Nic, Systems } from "../../lab/systems";
import { EVENTS, Event } from "./support/events";
import { LONG, describeOnSystems } from "./support/systems";

/**
 * What network daemons and links do to rules and routes that somebody else has put into the kernel: the reason for
 * all that persistence does, and the negative control of its tests. Measured, and held against docs/survival.md.
 */

const PAGE = path.join(__dirname, "..", "..", "docs", "survival.md");
const TABLE = 150;
/** Protocol of a rule, and its priority here. */
const RULES: Readonly<Record<string, number>> = { boot: 500, static: 501, "77": 502, kernel: 503 };
/** In which the daemons have done what they do. */
const SETTLED = 1000;

const KEEP_FOREIGN = `
  mkdir -p /etc/systemd/networkd.conf.d
  printf '[Network]\\nManageForeignRoutingPolicyRules=no\\nManageForeignRoutes=no\\n' \\
    >/etc/systemd/networkd.conf.d/keep.conf
  systemctl restart systemd-networkd`;

interface Variant {
  readonly title: string;
  readonly manager: Manager;
  /** Run before anything is measured. */
  readonly prepare?: string;
}

const VARIANTS: readonly Variant[] = [
  { title: "systemd-networkd", manager: "networkd" },
  { title: "systemd-networkd, ManageForeign…=no", manager: "networkd", prepare: KEEP_FOREIGN },
  { title: "netplan", manager: "netplan" },
  { title: "netplan, ManageForeign…=no", manager: "netplan", prepare: KEEP_FOREIGN },
  { title: "NetworkManager", manager: "NetworkManager" },
];

/** Rules of every kind, and a route through every interface, in both families. */
async function plant(guest: Guest, nics: readonly Nic[]): Promise<void> {
  const rules = Object.entries(RULES).flatMap(([protocol, priority]) =>
    ["-4", "-6"].map(
      (family) =>
        `ip ${family} rule add priority ${priority} lookup ${TABLE} protocol ${protocol} 2>/dev/null`,
    ),
  );
  const routes = nics.flatMap(({ device, index, subnet }) => [
    `ip route replace 203.0.113.${index}/32 via ${subnet.ipv4.gateway} dev ${device} table ${TABLE} proto 77`,
    `ip -6 route replace 2001:db8:1::${index + 1} via ${subnet.ipv6.gateway} dev ${device} table ${TABLE} proto 77`,
  ]);
  await guest.sh([...rules, ...routes].join("\n"));
}

/** What is left of it: the cells of a row. */
async function survivors(guest: Guest, nics: readonly Nic[]): Promise<string[]> {
  const listed = await guest.sh(`
    for f in 4 6; do ip -$f -N rule show | sed "s/^/$f rule /"; ip -$f route show table ${TABLE} | sed "s/^/$f route /"; done`);
  const lines = listed.split("\n");
  const ruleLeft = (family: number, protocol: string): boolean =>
    lines.some((line) => line.startsWith(`${family} rule ${RULES[protocol]}:`));
  const left = (protocols: string[]): string => {
    const found = [4, 6].flatMap((family) => protocols.map((protocol) => ruleLeft(family, protocol)));
    return found.every(Boolean) ? "kept" : found.some(Boolean) ? "some gone" : "**gone**";
  };
  const routes = (family: number): string => {
    const gone = nics.filter(
      ({ device }) =>
        !lines.some((line) => line.startsWith(`${family} route`) && line.includes(` dev ${device} `)),
    );
    if (gone.length === 0) return "kept";
    return gone.length === nics.length ? "**gone**" : "**its own gone**";
  };
  return [left(["boot", "static", "77"]), left(["kernel"]), routes(4), routes(6)];
}

async function measure({ manager, prepare }: Variant, systems: Systems): Promise<[string, string[]][]> {
  const { guest, nics } = await systems.boot("host", manager);
  try {
    if (prepare !== undefined) await guest.sh(prepare);
    const rows: [string, string[]][] = [];
    for (const event of EVENTS[manager].filter(({ on }) => on !== 0)) {
      await sleep(SETTLED);
      await guest.addressed();
      await plant(guest, nics);
      expect(await survivors(guest, nics)).toEqual(["kept", "kept", "kept", "kept"]);
      await happen(event, guest, nics);
      rows.push([event.name, await survivors(guest, nics)]);
    }
    return rows;
  } finally {
    await systems.remove(guest);
  }
}

/** The same; once more when systemd-networkd 252 has forgotten an address over `netplan apply`: see docs/operations.md. */
async function measured(variant: Variant, systems: Systems): Promise<[string, string[]][]> {
  for (let tries = 1; ; tries++) {
    try {
      return await measure(variant, systems);
    } catch (error) {
      if (tries === 3 || !/ lacks /.test(String(error))) throw error;
    }
  }
}

async function happen(event: Event, guest: Guest, nics: readonly Nic[]): Promise<void> {
  await event.happen(guest, nics[event.on ?? 1]);
  await sleep(SETTLED);
  await guest.addressed();
}

const page = (sections: readonly string[]): string => `# What rules and routes survive

Written by \`test/systems/survival.test.ts\` from what it measured, when \`UPDATE_SURVIVAL=1\`; otherwise the test fails
if this page and a measurement differ. Do not edit.

A Debian 12 with two interfaces, both by DHCP, in both families. Before each event somebody who is not the network
daemon adds rules, and to a table of their own a route through each interface. What is left when the host has come to
rest:

${sections.join("\n\n")}
`;

const section = (title: string, rows: readonly [string, string[]][]): string =>
  [
    `## ${title}`,
    "",
    "| event | rules | rules of protocol kernel | IPv4 routes | IPv6 routes |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map(([name, cells]) => `| ${[name, ...cells].join(" | ")} |`),
  ].join("\n");

const unpadded = (text: string): string => text.replace(/ +\|/g, " |").replace(/-+/g, "-");

describeOnSystems("rules and routes that somebody else has added", () => {
  let systems: Systems;
  const sections: string[] = [];

  beforeAll(async () => {
    systems = await Systems.create();
  }, LONG);
  afterAll(() => systems?.destroy());

  test.each(VARIANTS)(
    "under $title, survive as docs/survival.md says",
    async (variant) => {
      const text = section(variant.title, await measured(variant, systems));
      sections.push(text);
      if (process.env.UPDATE_SURVIVAL !== "1") {
        expect(unpadded(fs.readFileSync(PAGE, "utf8"))).toContain(unpadded(text));
      }
    },
    LONG,
  );

  test("are all in docs/survival.md", () => {
    if (process.env.UPDATE_SURVIVAL === "1") fs.writeFileSync(PAGE, page(sections));
    expect(unpadded(fs.readFileSync(PAGE, "utf8"))).toBe(unpadded(page(sections)));
  });
});
