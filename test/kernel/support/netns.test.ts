import { Namespace, Namespaces, describeOnKernel, dump, monitor, settle } from "./netns";

describeOnKernel("namespaces for tests", () => {
  const namespaces = new Namespaces("prgns");
  let host: Namespace;
  beforeAll(() => {
    host = namespaces.create("h");
    namespaces.connect([host, "eth0", "02:00:00:00:00:01"], [namespaces.create("p"), "eth0"]);
  });
  afterAll(() => namespaces.destroy());

  test("a dump is the same when nothing has changed, and differs after any change we could make", () => {
    const before = dump(host);
    expect(dump(host)).toBe(before);
    const changes: [string, () => void, () => void][] = [
      ["rule", () => host.ip("rule add pref 9 nop"), () => host.ip("rule del pref 9")],
      ["rule 6", () => host.ip("-6 rule add pref 9 nop"), () => host.ip("-6 rule del pref 9")],
      ["route", () => host.ip("route add unreachable default table 9"), () => host.ip("route flush table 9")],
      ["group", () => host.ip("link set eth0 group 9"), () => host.ip("link set eth0 group 0")],
      ["address", () => host.ip("addr add 10.0.0.1/32 dev lo"), () => host.ip("addr del 10.0.0.1/32 dev lo")],
      [
        "sysctl",
        () => host.sysctl("net/ipv4/conf/eth0/arp_ignore", "1"),
        () => host.sysctl("net/ipv4/conf/eth0/arp_ignore", "0"),
      ],
    ];
    for (const [what, make, undo] of changes) {
      make();
      expect([what, dump(host) === before]).toEqual([what, false]);
      undo();
      expect([what, dump(host) === before]).toEqual([what, true]);
    }
  });

  test("a monitor is silent when nothing changes, and reports a rule", async () => {
    const watcher = await monitor(host);
    await settle(watcher);
    expect(watcher.stdout).toBe("");
    host.ip("rule add pref 9 nop");
    await watcher.until((text) => text.includes("nop"));
    await watcher.stop();
    host.ip("rule del pref 9");
  });
});
