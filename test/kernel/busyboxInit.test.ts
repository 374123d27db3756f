import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { Background, Namespace, Namespaces, describeOnKernel, sleep } from "./support/netns";
import { program } from "./support/program";

/**
 * A host without systemd: busybox's own init as process 1 of a PID namespace, its ash as /bin/sh, and in /etc/inittab
 * the lines of docs/operations.md.
 */
const SPEC: HostSpec = {
  name: "edge",
  interfaces: [1, 2].map((n) => ({
    name: `n${n}`,
    match: { mac: `02:00:00:00:1b:0${n}` },
    addresses: [`10.${n}.0.10/24`, `fd00:${n}::10/64`],
    gateways: [`10.${n}.0.1`, `fd00:${n}::1`],
  })),
};

const NETWORK = [1, 2].map((n) => `ip link set eth${n} up; ip addr add 10.${n}.0.10/24 dev eth${n}
ip addr add fd00:${n}::10/64 dev eth${n} nodad`).join("\n") + "\nip route add default via 10.1.0.1\n"; // prettier-ignore

const INITTAB = `::sysinit:/bin/sh /var/lib/multihome/run close
::sysinit:/bin/sh /etc/network
::wait:/bin/sh /var/lib/multihome/run boot
::respawn:/bin/sh /var/lib/multihome/run monitor
`;

const busybox = spawnSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).stdout.trim();
const able =
  busybox !== "" && spawnSync(busybox, ["--list"], { encoding: "utf8" }).stdout.split("\n").includes("init");

(able ? describeOnKernel : describe.skip)("a host that is run by busybox's init", () => {
  const namespaces = new Namespaces("bbinit");
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "bbinit-"));
  let ns: Namespace;
  let init: Background;

  beforeAll(() => {
    fs.mkdirSync(path.join(dir, "state"));
    fs.mkdirSync(path.join(dir, "etc"));
    for (const name of ["passwd", "group", "iproute2", "alternatives"]) {
      if (fs.existsSync(`/etc/${name}`))
        fs.cpSync(`/etc/${name}`, path.join(dir, "etc", name), { recursive: true });
    }
    fs.writeFileSync(path.join(dir, "etc/inittab"), INITTAB);
    fs.writeFileSync(path.join(dir, "etc/network"), NETWORK);
    fs.writeFileSync(path.join(dir, "program"), program(SPEC));
  });
  afterAll(async () => {
    await namespaces.destroy();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  /** Turns it on: with its disk, and a network that knows of nothing. */
  function boot(name: string): void {
    ns = namespaces.create(name);
    for (const n of [1, 2]) {
      ns.ip(`link add name eth${n} address 02:00:00:00:1b:0${n} type veth peer name far${n}`);
      ns.ip(`link set dev far${n} up`);
    }
    const mounts = `mount -t tmpfs tmpfs /run && mkdir -p /var/lib/multihome &&
      mount --bind ${dir}/etc /etc && mount --bind ${dir}/state /var/lib/multihome &&
      mount --bind ${busybox} /bin/sh && exec ${busybox} init`;
    const isolate = [
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
    ];
    init = ns.start([...isolate, "sh", "-c", mounts]);
  }
  const leader = (): string =>
    spawnSync("sh", ["-c", `pgrep -P $(pgrep -P ${init.child.pid} || echo ${init.child.pid}) || pgrep -P ${init.child.pid}`], { encoding: "utf8" }).stdout.trim().split("\n")[0]; // prettier-ignore
  const inside = (command: string) => {
    const argv = ["nsenter", "--all", `--target=${leader()}`, "/bin/sh", "-c", command];
    return spawnSync(argv[0], argv.slice(1), { encoding: "utf8" });
  };
  const way = (n: number): string => {
    const { stdout } = ns.run(["ip", "-o", "route", "get", "192.0.2.1", "from", `10.${n}.0.10`]);
    return / dev (\S+)/.exec(stdout)?.[1] ?? "none";
  };
  const until = async (what: () => boolean): Promise<void> => {
    for (let i = 0; !what(); i++) {
      if (i > 300) throw new Error("it does not come to that");
      await sleep(100);
    }
  };

  test("is told which hook it needs, is healed by it, and has its plan again after a reboot", async () => {
    boot("one");
    await until(() => way(2) !== "none");
    expect(way(2)).toBe("eth1");
    const applied = inside(`sh ${dir}/program apply`);
    expect([applied.status, applied.stderr]).toEqual([0, expect.stringContaining("unless it runs 'sh /var/lib/multihome/run boot' when its network is up")]); // prettier-ignore
    expect(way(2)).toBe("eth2");

    // Its respawned monitor runs now or in a moment.
    await until(() => inside("read -r pid _ </run/multihome/monitor && kill -0 $pid").status === 0);
    ns.ip("rule flush protocol 77");
    await until(() => way(2) === "eth2" && ns.ip("rule").includes("from 10.2.0.10"));

    await init.stop("SIGKILL");
    await namespaces.destroy();
    boot("two");
    await until(() => way(1) === "eth1" && way(2) === "eth2");
    await until(() => inside("sh /var/lib/multihome/run verify").status === 0);
    expect(inside("sh /var/lib/multihome/run remove").status).toBe(0);
    expect(ns.ip("rule")).not.toContain("10.2.0.10");
  }, 120_000);
});
