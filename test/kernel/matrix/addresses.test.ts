import { none } from "../peers/none";
import { peer } from "./candidate";
import { Cloud, Place } from "./cloud";
import { configure } from "./configure";
import { Flow, outcomes } from "./flow";
import { Host } from "./host";
import { A4, A6, B4, B6, FULL_LENGTH, MANY_ADDRESSES, WORLD4, WORLD6 } from "./layout";
import { plugWith } from "./measure";
import { ours } from "./ours";
import { describeInCloud } from "./privilege";

const asks = (client: Place, to: string, from?: string): Flow => ({
  id: `${client}${from === undefined ? "" : ` ${from}`} > ${to}`,
  by: "tcp",
  client,
  to,
  from,
});

describeInCloud("every kind of address is symmetric", () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.open("mtxc", { sourceCheck: true });
  });
  afterAll(() => cloud?.destroy());

  describe("secondary addresses and delegated prefixes", () => {
    // One address of each delegated prefix of eth1 is on the loopback of the host, one in the container.
    const [ON_LO4, ON_LO6] = ["10.0.2.33", "2001:db8:2:0:1::33"];
    const [INSIDE4, INSIDE6] = ["10.0.2.34", "2001:db8:2:0:1::34"];
    const delegate = (host: Host) => {
      configure(host.namespace, [
        ...[`${ON_LO4}/32`, `${ON_LO6}/128`].map((one) => `addr add ${one} dev lo`),
        ...[`${INSIDE4}/32`, `${INSIDE6}/128`].map((one) => `route add ${one} dev docker0`),
        "addr add fe80::d/64 dev docker0",
      ]);
      configure(cloud.agent("container").namespace, [
        ...[`${INSIDE4}/32`, `${INSIDE6}/128`].map((one) => `addr add ${one} dev eth0`),
        "route add default via fe80::d dev eth0",
      ]);
    };
    const primary = [asks("world", A4), asks("world", A6)];
    const ofEth0 = [asks("world", "10.0.1.11"), asks("world", "2001:db8:1::11")];
    const ofEth1 = [
      ...["10.0.2.11", "2001:db8:2::11", ON_LO4, ON_LO6, INSIDE4, INSIDE6].map((to) => asks("world", to)),
      ...[INSIDE4, ON_LO4].map((to) => asks("a", to)),
      asks("container", WORLD4, INSIDE4),
      asks("container", WORLD6, INSIDE6),
      asks("host", WORLD4, ON_LO4),
      asks("host", WORLD6, "2001:db8:2::11"),
    ];
    const across = [asks("b", "10.0.1.11"), asks("b", "2001:db8:1::11")];

    test("with our program each leaves by its own interface", async () => {
      const host = await plugWith(cloud, ours(), MANY_ADDRESSES);
      delegate(host);
      const flows = [...primary, ...ofEth0, ...ofEth1, ...across];
      expect(await outcomes(cloud, host, flows)).toEqual(all(flows, "ok"));
    });

    test("negative control: without it those of eth1 leave by eth0", async () => {
      const host = await plugWith(cloud, peer(none), MANY_ADDRESSES);
      delegate(host);
      expect(await outcomes(cloud, host, [...primary, ...ofEth0, ...ofEth1, ...across])).toEqual({
        ...all([...primary, ...ofEth0], "ok"),
        ...all(ofEth1, "source check at eth0"),
        ...all(across, "source check at eth1"),
      });
    });
  });

  describe("addresses of full length, with the gateway outside of them", () => {
    const own = [asks("world", A4), asks("a", A4), asks("container", A4), asks("world", A6)];
    const other = [asks("world", B4), asks("a", B4), asks("world", B6), asks("host", WORLD4, B4)];
    const across = [asks("b", A4), asks("b", A6), asks("container", B4), asks("host", WORLD4)];

    test("with our program each leaves by its own interface and gateway", async () => {
      const host = await plugWith(cloud, ours(), FULL_LENGTH);
      const flows = [...own, ...other, ...across];
      expect(await outcomes(cloud, host, flows)).toEqual(all(flows, "ok"));
    });

    test("negative control: without it those of eth1 leave by eth0", async () => {
      const host = await plugWith(cloud, peer(none), FULL_LENGTH);
      expect(await outcomes(cloud, host, [...own, ...other])).toEqual({
        ...all(own, "ok"),
        ...all(other, "source check at eth0"),
      });
    });
  });
});

function all(flows: readonly Flow[], outcome: string): Record<string, string> {
  return Object.fromEntries(flows.map(({ id }) => [id, outcome]));
}
