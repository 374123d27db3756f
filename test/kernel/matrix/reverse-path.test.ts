import { Cloud } from "./cloud";
import { outcomes } from "./flow";
import { ALL_CHECKS, NINE } from "./flows";
import { TWO_NETS } from "./layout";
import { plugWith } from "./measure";
import { ours } from "./ours";
import { describeInCloud } from "./privilege";

/** Strict filtering behind stateful routers is in the matrix; negative controls for both clouds as well. */
describeInCloud("our rules suit every reverse path filter", () => {
  let checking: Cloud;
  let stateful: Cloud;
  beforeAll(async () => {
    checking = await Cloud.open("mtxf", { sourceCheck: true });
    stateful = await Cloud.open("mtxg", { statefulRouters: true });
  });
  afterAll(() => Promise.all([checking?.destroy(), stateful?.destroy()]));

  test.each([0, 2] as const)("rp_filter=%d: every check behind stateful routers", async (rpFilter) => {
    const host = await plugWith(stateful, ours(), TWO_NETS, { rpFilter });
    expect(await outcomes(stateful, host, ALL_CHECKS)).toEqual(allOk(ALL_CHECKS));
  });

  test.each([1, 2] as const)(
    "rp_filter=%d: the nine flows, and the filter stays as it was",
    async (rpFilter) => {
      const host = await plugWith(checking, ours(), TWO_NETS, { rpFilter });
      expect(await outcomes(checking, host, NINE)).toEqual(allOk(NINE));
      const filters = ["eth0", "eth1"].map((device) =>
        host.namespace.sysctl(`net/ipv4/conf/${device}/rp_filter`),
      );
      expect(filters).toEqual([`${rpFilter}`, `${rpFilter}`]);
    },
  );
});

const allOk = (flows: readonly { id: string }[]) => Object.fromEntries(flows.map(({ id }) => [id, "ok"]));
