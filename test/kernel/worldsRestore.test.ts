import { HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, monitor, settle, worldNames } from "./support/netns";
import { ProgramHost, program } from "./support/program";

/**
 * A host that starts anew while interfaces of its worlds are missing: the rest is put in force, and what comes later goes
 * where it belongs. With its namespace a virtual device is gone too, so that deleting the worlds is like a start.
 */

const { two: TWO, one: ONE } = worldNames("wres", ["two", "one"]);
const DEVICES = ["own", "a", "b", "c"] as const;
type Device = (typeof DEVICES)[number];
const NET: Record<Device, string> = { own: "192.168.1", a: "10.0.0", b: "10.0.1", c: "10.0.0" };

const SPEC: HostSpec = {
  name: "edge",
  interfaces: DEVICES.map((name) => ({
    name,
    match: { ifname: name },
    addresses: [`${NET[name]}.10/24`, `fd00:${DEVICES.indexOf(name) + 1}::10/64`],
    gateways: [`${NET[name]}.1`, "fe80::1"],
  })),
  policy: {
    worlds: [
      { name: TWO, kind: "netns", interfaces: ["a", "b"] },
      { name: ONE, kind: "netns", interfaces: ["c"] },
    ],
  },
};
const PROGRAM = program(SPEC);

describeOnKernel("worlds restored while interfaces of theirs are missing", () => {
  const namespaces = new Namespaces("wldres");
  const peers = {} as Record<Device, Namespace>;
  const worlds = { one: new Namespace(ONE), two: new Namespace(TWO) };
  let h: Namespace;
  let host: ProgramHost;

  function plug(device: Device): void {
    const peer = peers[device];
    // The kernel takes its time to delete a namespace, and what is in it.
    peer.run(["ip", "link", "del", "eth0"]);
    namespaces.connect([h, device], [peer, "eth0"]);
    peer.ip(`addr add ${NET[device]}.1/24 dev eth0`);
    peer.ip("addr add fe80::1/64 dev eth0 nodad");
    if (device === "own") h.ip("addr add 192.168.1.10/24 dev own");
  }

  beforeAll(() => {
    h = namespaces.create("h");
    for (const device of DEVICES) {
      peers[device] = namespaces.create(device);
      peers[device].ip("addr add 203.0.113.5/32 dev lo");
      plug(device);
    }
    host = new ProgramHost(h);
    h.steady();
    host.ok(PROGRAM, "apply");
    // The start: the worlds, their devices and the rules are gone, and one device of four is there again.
    for (const world of [ONE, TWO]) h.ip(`netns del ${world}`);
    h.ip("rule flush protocol 77");
    h.ip("-6 rule flush protocol 77");
    plug("a");
  });
  afterAll(async () => {
    host.run(PROGRAM, "remove");
    for (const world of Object.values(worlds)) await world.destroy();
    await namespaces.destroy();
    host.destroy();
  });

  const reaches = (world: string | undefined, device: Device): boolean => {
    const enter = world === undefined ? [] : ["ip", "netns", "exec", world];
    const ping = ["ping", "-q", "-c2", "-i0.2", "-W2", "-I", `${NET[device]}.10`, "203.0.113.5"];
    return h.run([...enter, ...ping]).status === 0;
  };
  const ways = () => [reaches(undefined, "own"), reaches(TWO, "a"), reaches(TWO, "b"), reaches(ONE, "c")];

  test("what is there is put in force: the host's own world, and a world by the interface that it has", () => {
    expect(host.ok(PROGRAM, "restore")).toBe("");
    expect(ways()).toEqual([true, true, false, false]);
    expect(worlds.two.ip("rule show")).toContain("10.0.1.10");
  });

  test("then it is left alone, until something comes", async () => {
    // The kernel still says so when it has done with the link-local addresses of what was plugged in.
    for (const world of [h, worlds.two]) world.steady();
    const watchers = await Promise.all([monitor(h), monitor(worlds.two)]);
    expect(host.ok(PROGRAM, "restore")).toBe("");
    for (const watcher of watchers) {
      await settle(watcher);
      expect(await watcher.stop()).toBe("");
    }
  });

  test("who applies it is told what is missing, and so is who verifies it", () => {
    const { status, stderr } = host.run(PROGRAM, "apply");
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(
        /world .*: interface c: no device has ifname c; world .*: interface b: no device/,
      ),
    ]);
    expect(host.run(PROGRAM, "verify").status).toBe(1);
    expect(host.ok(PROGRAM, "status")).toContain("drift: yes");
    expect(ways()).toEqual([true, true, false, false]);
  });

  test("an interface that comes is put into its world, while another is still missing", () => {
    plug("c");
    expect(host.ok(PROGRAM, "restore")).toBe("");
    expect(ways()).toEqual([true, true, false, true]);
  });

  test("what somebody takes away from a world meanwhile is put back", () => {
    worlds.one.ip("addr flush dev c");
    expect(reaches(ONE, "c")).toBe(false);
    expect(host.ok(PROGRAM, "restore")).toBe("");
    expect(ways()).toEqual([true, true, false, true]);
  });

  test("with the last of them all is as planned", () => {
    plug("b");
    expect(host.ok(PROGRAM, "restore")).toBe("");
    expect(ways()).toEqual([true, true, true, true]);
    expect(host.ok(PROGRAM, "verify")).toMatch(/^\d+ flows are as planned\n$/);
    expect(host.ok(PROGRAM, "apply")).toBe("");
    expect(host.ok(PROGRAM, "status")).toContain("drift: no");
  });
});
