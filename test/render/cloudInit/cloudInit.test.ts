import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { deriveHostKey } from "../../../lib/deliver/hostKey";
import { USER_DATA_LIMIT, composeUserData, compressedBytes } from "../../../lib/deliver/userData";
import { HostSpec } from "../../../lib/model/spec";
import { planHost } from "../../../lib/plan";
import { renderProgram } from "../../../lib/render";
import { renderCloudInit } from "../../../lib/render/cloudInit";

const HOST: HostSpec = {
  name: "edge",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24", "2001:db8:1::10/64"], gateways: ["10.0.1.1", "fe80::1"] },
    {
      name: "back",
      match: { mac: "02:00:00:00:02:0a" },
      addresses: ["10.0.2.10/24"],
      gateways: ["10.0.2.1"],
    },
  ],
};
const TEXT = renderCloudInit(planHost(HOST));
const SCRIPT = TEXT.slice(TEXT.indexOf("\n") + 1);

const FAKE_IP = `#!/bin/sh
case "$*" in
  '-o addr') echo '2: ens5    inet 10.0.1.10/24'; echo '2: ens5    inet6 2001:db8:1::10/64'; echo '3: ens6    inet 10.0.2.10/24' ;;
  *) echo '3: ens6: <UP>\\    link/ether 02:00:00:00:02:0a brd ff' ;;
esac
`;

describe("user data for the first boot", () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-boot-"));
    fs.mkdirSync(path.join(directory, "bin"));
    fs.mkdirSync(path.join(directory, "instance"));
    fs.writeFileSync(path.join(directory, "bin", "ip"), FAKE_IP, { mode: 0o755 });
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  /** Runs the script with a program in place of ours that says how it was called. */
  function boot(shell: readonly string[], program = 'echo "carried $1 $MULTIHOME_WAIT"'): string {
    const begin = SCRIPT.indexOf("#!/bin/sh", 2);
    const end = SCRIPT.indexOf("\nMULTIHOME_FIRST_BOOT\n");
    const addresses = SCRIPT.slice(begin, end)
      .split("\n")
      .filter((line) => line.startsWith("address "));
    const heredoc = ["cat >/dev/null <<X", ...addresses, "X", program].join("\n");
    const log = path.join(directory, "log");
    const [command, ...args] = [...shell, "-s"];
    const { status } = spawnSync(command, args, {
      input: SCRIPT.slice(0, begin) + heredoc + SCRIPT.slice(end),
      env: {
        PATH: `${path.join(directory, "bin")}:${process.env.PATH}`,
        MULTIHOME_LOG: log,
        MULTIHOME_STATE_DIR: path.join(directory, "state"),
        MULTIHOME_INSTANCE_DIR: path.join(directory, "instance"),
      },
    });
    const said = fs.readFileSync(log, "utf8").replace(/\d+\n/, "N\n");
    fs.rmSync(log);
    return `${said}exit ${status}`;
  }
  function commit(): void {
    fs.mkdirSync(path.join(directory, "state"));
    fs.writeFileSync(path.join(directory, "state", "committed"), "generation 1\ndigest x\n");
    fs.writeFileSync(path.join(directory, "state", "program.1"), 'echo "committed $1"');
  }
  const shells = ["dash", "bash", "busybox"]
    .filter((name) => spawnSync(name, ["--help"]).error === undefined)
    .map((name): [string, string[]] => [name, name === "busybox" ? ["busybox", "sh"] : [name]]);

  test("is a boot hook, with the program of the plan in it", () => {
    expect(TEXT).toMatch(/^#cloud-boothook\n#!\/bin\/sh\n/);
    expect(TEXT).toContain(renderProgram(planHost(HOST), { short: true }));
  });

  test("is for any cloud's limit when it is compressed, with dozens of addresses", () => {
    const addresses = (n: number) =>
      Array.from({ length: 15 }, (_, i) => `10.0.${n}.${(i * 37) % 250 || 3}/24`);
    const many = [1, 2, 3, 4].map((n) => ({
      name: `nic${n}`,
      addresses: addresses(n),
      gateways: [`10.0.${n}.1`],
    }));
    expect(compressedBytes(renderCloudInit(planHost({ name: "edge", interfaces: many })))).toBeLessThan(
      16_384,
    );
  });

  test("has room for what docs/first-boot.md says, beside a host key", () => {
    const hostKey = deriveHostKey("0123456789abcdef");
    const bytes = (count: number, six: boolean): number => {
      const interfaces = Array.from({ length: count }, (_, i) => ({
        name: `eni${i}`,
        match: { mac: `02:3f:a${i}:5${i}:c1:0${i}` },
        addresses: [`10.0.${i}.10/24`, ...(six ? [`2600:1f18:1234:56${i}0::10/64`] : [])],
        gateways: [`10.0.${i}.1`, ...(six ? ["fe80:ec2::1"] : [])],
      }));
      const firstBoot = renderCloudInit(planHost({ name: "edge", interfaces }));
      return compressedBytes(composeUserData({ hostKey, firstBoot }) as string);
    };
    expect(bytes(3, true)).toBeLessThanOrEqual(USER_DATA_LIMIT);
    expect(bytes(4, false)).toBeLessThanOrEqual(USER_DATA_LIMIT);
  });

  test("cut off anywhere does nothing", () => {
    for (const share of [0.1, 0.5, 0.9, 0.97, 0.99, 0.999]) {
      const input = SCRIPT.slice(0, SCRIPT.length * share);
      const { stdout } = spawnSync("/bin/sh", ["-s"], {
        input,
        env: { MULTIHOME_LOG: path.join(directory, "log"), PATH: "/nowhere" },
        encoding: "utf8",
      });
      expect([share, stdout, fs.existsSync(path.join(directory, "log"))]).toEqual([share, "", false]);
    }
  });

  test.each(shells)("applies what it carries at the first boot, in %s", (_, shell) => {
    expect(boot(shell)).toBe("carried apply N\nexit 0");
  });

  test.each(shells)("at later boots applies what is committed by then, in %s", (_, shell) => {
    boot(shell);
    commit();
    expect(boot(shell)).toBe("committed apply\nexit 0");
  });

  test("takes what an image has from another machine for that machine's", () => {
    commit();
    expect(boot(["sh"])).toMatch(/^carried apply/);
  });

  test("applies what it carries once more, as long as nothing has been committed", () => {
    const failing = 'echo "carried $1"; exit 1';
    for (let i = 0; i < 2; i++) {
      expect(boot(["sh"], failing)).toBe(
        "carried apply\nmultihome: the plan is not in force, and this machine routes as its image does\nexit 1",
      );
    }
  });

  const testWithShellcheck = spawnSync("shellcheck", ["--version"]).status === 0 ? test : test.skip;
  testWithShellcheck.each(["firstBoot.sh", "fetch.sh", "metadata.sh"])(
    "shellcheck finds nothing in %s",
    (name) => {
      const file = path.join(__dirname, "../../../lib/render/cloudInit", name);
      expect(spawnSync("shellcheck", ["--shell=sh", file], { encoding: "utf8" }).stdout).toBe("");
    },
  );
});
