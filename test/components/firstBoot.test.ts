import { gunzipSync } from "node:zlib";
import { MultiHomedHost, hostKeyFromSeed } from "../../lib";
import { bootHookOf, hostKeyOf } from "../../lab/fabric/build/userData";
import { TYPES, hostArgs, network, refused, runWithMocks } from "./support";

const seed = () => hostKeyFromSeed("0123456789abcdef", "edge");

describe("a host that has its plan at its first boot", () => {
  const make =
    (more = {}) =>
    () =>
      new MultiHomedHost(
        "edge",
        hostArgs(network(), { firstBoot: true, userData: "#!/bin/sh\ntrue\n", ...more }),
      );

  test("gets it as user data, beside its host key and the user's own, found by link-layer address", async () => {
    const run = await runWithMocks(make({ sshHostKey: seed() }));
    const { inputs } = run.only(TYPES.instance);
    const text = gunzipSync(Buffer.from(inputs.userDataBase64, "base64")).toString();
    expect(inputs.userData).toBeUndefined();
    expect(hostKeyOf(text)?.publicKey).toMatch(/^ssh-ed25519 /);
    expect(text).toContain("#!/bin/sh\ntrue\n");
    const hook = bootHookOf(text);
    for (const name of ["front", "back"]) {
      expect(hook).toMatch(new RegExp(`^interface ${name} slot \\d+ mac 02:00(:\\w\\w){4}$`, "m"));
    }
    expect(hook).toMatch(/^address back 10\.0\.2\.11$/m);
  });

  test("never stops its instance for a change of the plan", async () => {
    const { options } = (await runWithMocks(make())).only(TYPES.instance);
    expect(options.ignoreChanges).toEqual(["userDataBase64"]);
    const plain = (await runWithMocks(make({ firstBoot: undefined }))).only(TYPES.instance);
    expect([plain.options.ignoreChanges ?? [], plain.inputs.userDataBase64]).toEqual([[], undefined]);
  });

  test("keeps the private half of its key secret, with or without it", async () => {
    const { clearText } = (await runWithMocks(make({ sshHostKey: seed() }))).only(TYPES.instance);
    expect(clearText).toContain('"userDataBase64":"[secret]"');
  });

  test("is previewed whole although the link-layer addresses are not known yet", async () => {
    const run = await runWithMocks(make(), { preview: true });
    expect(run.only(TYPES.command).inputs.stdin).toContain("address back 10.0.2.11");
    expect(run.ofType(TYPES.instance)).toHaveLength(1);
  });

  test("needs no SSH with routing: false", async () => {
    const run = await runWithMocks(make({ routing: false, connection: undefined }));
    expect(run.ofType(TYPES.command)).toEqual([]);
    expect(run.only(TYPES.instance).inputs.userDataBase64).toBeDefined();
  });

  test.each([false, true])(
    "is refused before anything is made when EC2 would not take so much (preview %s)",
    async (preview) => {
      const noise = Array.from({ length: 4000 }, (_, i) => ((i * 7919) % 65521).toString(36)).join("");
      const { issues, message, registered } = await refused(make({ userData: `#!/bin/sh\n# ${noise}\n` }), {
        preview,
      });
      expect(issues).toEqual(["firstBoot"]);
      expect(message).toMatch(
        /has \d+ bytes, with the program in it and compressed\. EC2 takes 16384; shorten/,
      );
      expect(registered).toEqual([]);
    },
  );

  test("does not go with an instance that exists", async () => {
    const { issues } = await refused(
      () =>
        new MultiHomedHost("edge", {
          existing: { instanceId: "i-0123456789abcdef0" },
          firstBoot: true,
          interfaces: [{ name: "front", deviceIndex: 0 }],
          connection: hostArgs(network()).connection,
        }),
    );
    expect(issues).toEqual(["firstBoot"]);
  });
});
