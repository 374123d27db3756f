import { Cloud } from "./cloud";
import { outcomes } from "./flow";
import { NINE } from "./flows";
import { TWO_NETS } from "./layout";
import { plugWith } from "./measure";
import { ours } from "./ours";
import { describeInCloud } from "./privilege";

const ALL_OK = Object.fromEntries(NINE.map(({ id }) => [id, "ok"]));

/**
 * Who goes directly to a subnet attached to another interface leaves by that interface with a source that is
 * not its own; so the cloud's source check is the witness of the way taken, and nothing else may be caught.
 */
describeInCloud("the way to subnets attached to other interfaces", () => {
  let checking: Cloud;
  let open: Cloud;
  beforeAll(async () => {
    checking = await Cloud.open("mtxd", { sourceCheck: true });
    open = await Cloud.open("mtxe", {});
  });
  afterAll(() => Promise.all([checking?.destroy(), open?.destroy()]));

  const direct = ours("direct", { onLink: "direct" });
  const pair = ours("direct pair", { directPairs: [{ from: "eth0", to: "eth1" }] });

  test("is the own gateway by default: nothing is caught", async () => {
    const host = await plugWith(checking, ours(), TWO_NETS);
    expect(await outcomes(checking, host, NINE)).toEqual(ALL_OK);
  });

  test('is direct with onLink "direct", for every interface', async () => {
    const host = await plugWith(checking, direct, TWO_NETS);
    expect(await outcomes(checking, host, NINE)).toEqual({
      ...ALL_OK,
      "b>A": "source check at eth1",
      "b>A6": "source check at eth1",
      "a>B": "source check at eth0",
    });
  });

  test("is direct for a pair alone with directPairs, and not for the pair turned round", async () => {
    const host = await plugWith(checking, pair, TWO_NETS);
    expect(await outcomes(checking, host, NINE)).toEqual({
      ...ALL_OK,
      "b>A": "source check at eth1",
      "b>A6": "source check at eth1",
    });
  });

  test.each([direct, pair])("works for all flows where the network lets it: $title", async (candidate) => {
    const host = await plugWith(open, candidate, TWO_NETS);
    expect(await outcomes(open, host, NINE)).toEqual(ALL_OK);
  });
});
