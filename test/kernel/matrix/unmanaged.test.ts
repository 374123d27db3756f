import { PolicySpec } from "../../../lib/model";
import { Cloud } from "./cloud";
import { outcomes } from "./flow";
import { CHECKS } from "./flows";
import { Host } from "./host";
import { TWO_NETS } from "./layout";
import { plugWith } from "./measure";
import { applyProgram, ours } from "./ours";
import { describeInCloud } from "./privilege";

/**
 * What is behind a bridge and a tunnel that are not managed, and that the networks know nothing of: whoever is asked for it
 * there has got a packet that was to stay within the host.
 */
describeInCloud("the way to what is not managed", () => {
  let cloud: Cloud;
  let host: Host;
  beforeAll(async () => {
    cloud = await Cloud.open("mtxu", {});
    host = await plugWith(cloud, ours(), TWO_NETS);
  });
  afterAll(() => cloud?.destroy());

  const inside = CHECKS["inside the host"];
  const ALL_OK = Object.fromEntries(inside.map(({ id }) => [id, "ok"]));
  const IGNORE: PolicySpec = { unmanagedRoutes: "ignore" };
  const SENT = {
    "A>c tcp": "no such destination beyond eth0",
    "A>vpn ping": "no such destination beyond eth0",
    "c>B ping": "no such destination beyond eth1",
    "vpn>B ping": "no such destination beyond eth1",
  };

  test("is main's by default", async () => {
    expect(await outcomes(cloud, host, inside)).toEqual(ALL_OK);
  });

  test("is the own gateway for what has a source of ours, when they are ignored", async () => {
    applyProgram(host, IGNORE);
    expect(await outcomes(cloud, host, inside)).toEqual(SENT);
  });

  test("is main's again when they are followed again", async () => {
    applyProgram(host);
    expect(await outcomes(cloud, host, inside)).toEqual(ALL_OK);
  });

  test("is judged by nobody whose process has ended: that is told, and not taken for no answer", async () => {
    await cloud.agent("vpn").stop();
    await expect(outcomes(cloud, host, inside)).rejects.toThrow(/^agent ended, SIGKILL/);
  });
});
