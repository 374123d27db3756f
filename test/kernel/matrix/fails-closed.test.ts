import { DEFAULT_NUMBERS, TABLE_WINDOW } from "../../../lib/model";
import { perSource } from "../peers/per-source";
import { peer } from "./candidate";
import { Cloud } from "./cloud";
import { Flow, outcomes } from "./flow";
import { Host } from "./host";
import { A4, B4, B6, TWO_NETS, WORLD4, WORLD6, neighbour4 } from "./layout";
import { plugWith } from "./measure";
import { applyProgram, ours } from "./ours";
import { describeInCloud } from "./privilege";

/** B is used as a source, and A as before. */
const FROM_B: readonly Flow[] = [
  { id: "B>i", by: "tcp", client: "host", from: B4, to: WORLD4 },
  { id: "B>i udp", by: "udp", client: "host", from: B4, to: WORLD4 },
  { id: "B>a", by: "tcp", client: "host", from: B4, to: neighbour4("a") },
  { id: "B>b", by: "tcp", client: "host", from: B4, to: neighbour4("b") },
  { id: "B6>i", by: "tcp", client: "host", from: B6, to: WORLD6 },
];
const OF_A: readonly Flow[] = [
  { id: "i>A", by: "tcp", client: "world", to: A4 },
  { id: "b>A", by: "tcp", client: "b", to: A4 },
  { id: "A>i", by: "tcp", client: "host", from: A4, to: WORLD4 },
];
const FLOWS = [...FROM_B, ...OF_A];

describeInCloud("an address whose interface is in trouble never leaves by another", () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.open("mtxi", { sourceCheck: true });
  });
  afterAll(() => cloud?.destroy());

  const TROUBLES: readonly (readonly [string, (host: Host) => void])[] = [
    ["its table was flushed by somebody", flushTables],
    ["it went down", ({ namespace }) => namespace.ip("link set eth1 down")],
    ["it went down and up", (host) => host.bounce("eth1")],
    ["it lost its carrier", () => cloud.switch.ip("link set p-eth1 down")],
    ["it was removed", ({ namespace }) => namespace.ip("link del eth1")],
    ["it lost its addresses", ({ namespace }) => namespace.ip("addr flush dev eth1")],
  ];

  test.each(TROUBLES)("when %s; and A is as it was", async (_, trouble) => {
    const host = await plugWith(cloud, ours(), TWO_NETS);
    expect(await outcomes(cloud, host, FLOWS)).toEqual(allOk(FLOWS));
    trouble(host);
    const after = await outcomes(cloud, host, FLOWS);
    expect(leaksOf(cloud)).toEqual([]);
    expect(only(after, OF_A)).toEqual(allOk(OF_A));
    expect(Object.values(only(after, FROM_B))).not.toContain("ok");
  });

  test("a flushed table is healed by applying the same plan again", async () => {
    const host = await plugWith(cloud, ours(), TWO_NETS);
    flushTables(host);
    applyProgram(host);
    expect(await outcomes(cloud, host, FLOWS)).toEqual(allOk(FLOWS));
  });

  test("negative control: with per-source tables alone, B leaves by eth0 once its table is gone", async () => {
    const host = await plugWith(cloud, peer(perSource), TWO_NETS);
    host.namespace.ip("route flush table 10001");
    expect((await outcomes(cloud, host, FLOWS))["B>i"]).toBe("source check at eth0");
    expect(leaksOf(cloud)).toContain(`${B4} by eth0`);
  });
});

/** Sources that left by the interface that does not own them. */
function leaksOf(cloud: Cloud): string[] {
  return cloud
    .sightings()
    .filter(({ by }) => by.startsWith("source check at "))
    .map(({ from, by }) => `${from} by ${by.slice("source check at ".length)}`);
}

/** `ip route flush table N`, by somebody who takes the table of eth1 for his own. */
function flushTables({ namespace }: Host): void {
  const { tableBase } = DEFAULT_NUMBERS;
  for (const family of ["-4", "-6"]) {
    const tables = new Set<number>();
    for (const [, table] of namespace
      .ip(`${family} route show table all dev eth1`)
      .matchAll(/ table (\d+)/g)) {
      const id = Number(table);
      if (id >= tableBase && id < tableBase + TABLE_WINDOW) tables.add(id);
    }
    expect(tables.size).toBeGreaterThan(0);
    for (const table of tables) namespace.ip(`${family} route flush table ${table}`);
  }
}

const allOk = (flows: readonly Flow[]) => Object.fromEntries(flows.map(({ id }) => [id, "ok"]));
const only = (outcome: Readonly<Record<string, string>>, flows: readonly Flow[]) =>
  Object.fromEntries(flows.map(({ id }) => [id, outcome[id]]));
