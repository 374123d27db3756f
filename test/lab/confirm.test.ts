import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { inNamespace, namespaceOf, sshLogins } from "../../lab/fabric";
import { Lab, RunResult, startLab, stopLab } from "../../lab/run";
import { describeFabric } from "./support/fabric";

/**
 * Updates that go wrong on the way, through the real engine: what becomes of the host, of the state, and of the next
 * update. One life of one host, told in order.
 */
jest.setTimeout(300_000);

const NAME = "cfm-e2e";
const EDGE = path.join(__dirname, "programs/edge");
const FRONT = { name: "front", deviceIndex: 0, publicIp: true };
const BACK = { name: "back", deviceIndex: 1 };
const more = (address: string): object => ({ ...BACK, privateIps: [address] });
/** Seconds in which a change must be confirmed here. */
const WITHIN = 15;
/** What takes a generation of its own, whose switch shows that it is pending; an address alone would be added in place. */
const WIDE = { policy: { onLink: "direct" } };

describeFabric("an update that goes wrong", () => {
  const keys = fs.mkdtempSync(path.join(os.tmpdir(), "cfm-keys-"));
  let lab: Lab;
  let secrets: { publicKey: string; privateKey: { secret: string } };
  let made: RunResult;

  beforeAll(async () => {
    const file = path.join(keys, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
    secrets = {
      publicKey: fs.readFileSync(`${file}.pub`, "utf8").trim(),
      privateKey: { secret: fs.readFileSync(file, "utf8") },
    };
    await stopLab(NAME);
    lab = await startLab(NAME);
    made = await edge("up", [FRONT, BACK]);
  });
  afterAll(async () => {
    await stopLab(NAME);
    fs.rmSync(keys, { recursive: true });
  });

  const edge = (command: "up" | "destroy", interfaces: object[], args: object = {}): Promise<RunResult> =>
    lab.run({
      program: EDGE,
      stackName: "edge",
      command,
      config: {
        ...secrets,
        ami: "ami-0123456789abcdef0",
        interfaces,
        dials: 3,
        more: { confirmWithin: WITHIN, ...args },
      },
    });
  const failureOf = (run: Promise<RunResult>): Promise<string> =>
    run.then(
      () => "it did not fail",
      (error: unknown) => String(error),
    );
  const instance = () => String(made.outputs["instanceId"]);
  const logins = () => sshLogins(NAME, instance(), { labDir: path.dirname(lab.dir) });
  const onHost = (...argv: string[]): string => {
    const [program, ...args] = inNamespace(namespaceOf(NAME, "instance", instance()), argv);
    return spawnSync(program, args, { encoding: "utf8" }).stdout;
  };
  /** Whether a change is in force that is not committed: the switch of a pending one stands. */
  const pending = (): boolean => onHost("ip", "rule", "show", "priority", "7001") !== "";
  const until = async (what: () => boolean, seconds: number): Promise<number> => {
    const began = Date.now();
    while (!what()) {
      if (Date.now() - began > seconds * 1000) throw new Error("it does not come to that");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return (Date.now() - began) / 1000;
  };
  const SHUT = "add table inet shut; add chain inet shut in { type filter hook input priority 0; }; " +
    "add rule inet shut in tcp dport 22 tcp flags syn / syn,ack drop"; // prettier-ignore
  const shut = (): string => onHost("nft", SHUT);
  const open = (): string => onHost("nft", "delete table inet shut");

  test("a wrong gateway is found out by the host, which stays as it was, and the next good update heals", async () => {
    // The lab's routers answer for every address of a subnet: nobody has this one's.
    onHost(
      "ip",
      "neigh",
      "add",
      "10.0.1.99",
      "lladdr",
      "02:00:00:00:00:99",
      "dev",
      "ens5",
      "nud",
      "permanent",
    );
    const before = onHost("ip", "rule") + onHost("ip", "route", "show", "table", "all");
    const failure = await failureOf(edge("up", [{ ...FRONT, gateways: ["10.0.1.99"] }, BACK]));
    expect(failure).toMatch(
      /multihome: (the kernel would no longer answer|a gateway that answered before|.*session)/,
    );
    expect(onHost("ip", "rule") + onHost("ip", "route", "show", "table", "all")).toBe(before);
    expect(await edge("up", [FRONT, more("10.0.2.11")])).toMatchObject({ outputs: { symmetric: true } });
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.2.11")).toMatch(/via 10\.0\.2\.1 /);
  });

  test("a change that shuts out every new connection is rolled back at its deadline, and the update says why", async () => {
    const running = failureOf(edge("up", [FRONT, more("10.0.2.12")], WIDE));
    await until(pending, 60);
    const began = Date.now();
    shut();
    await until(() => !pending(), 2 * WITHIN);
    const lockedOut = (Date.now() - began) / 1000;
    process.stderr.write(`locked out for ${lockedOut.toFixed(1)} s of ${WITHIN} s\n`);
    open();
    expect(await running).toMatch(
      /multihome: change [0-9a-f]{8} cannot be confirmed any more, since it was rolled back: it was not confirmed within 15 s/,
    );
    expect(onHost("ip", "rule")).not.toContain("10.0.2.12");
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", "10.0.2.11")).toMatch(/via 10\.0\.2\.1 /);
  });

  test("the next update heals it, with no flag and nothing else changed", async () => {
    const before = logins();
    const healed = await edge("up", [FRONT, more("10.0.2.12")]);
    expect(healed.outputs).toMatchObject({ symmetric: true, gatewayBySource: { "10.0.2.12": "10.0.2.1" } });
    expect(logins() - before).toBe(2);
    expect((await edge("up", [FRONT, more("10.0.2.12")])).steps).toEqual([]);
  });

  test("a host that has vanished fails the update in bounded time, and is changed when it is back", async () => {
    shut();
    const began = Date.now();
    const failure = await failureOf(edge("up", [FRONT, more("10.0.2.13")]));
    expect(failure).toMatch(/after 3 failed attempts: dial tcp/);
    expect((Date.now() - began) / 1000).toBeLessThan(150);
    expect(onHost("ip", "rule")).not.toContain("10.0.2.13");
    open();
    expect((await edge("up", [FRONT, more("10.0.2.13")])).outputs).toMatchObject({ symmetric: true });
  });

  test("what was cut off after the change and is rolled back unheard of is no hindrance to the next update", async () => {
    const running = failureOf(edge("up", [FRONT, more("10.0.2.14")], WIDE));
    await until(pending, 60);
    shut();
    // Neither does the host come back in the time that the update waits for it.
    expect(await running).toMatch(/dial tcp|failed attempts/);
    open();
    const healed = await edge("up", [FRONT, more("10.0.2.14")]);
    expect(healed.outputs).toMatchObject({ symmetric: true, gatewayBySource: { "10.0.2.14": "10.0.2.1" } });
  });
});
