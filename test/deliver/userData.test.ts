import { hostKeyOf } from "../../lab/fabric/build/userData";
import { deriveHostKey } from "../../lib/deliver/hostKey";
import { hostKeyUserData } from "../../lib/deliver/userData";

const key = deriveHostKey("0123456789abcdef");

test("is cloud-config that gives the host its key", () => {
  const text = hostKeyUserData(key, undefined);
  expect(text).toMatch(/^#cloud-config\n/);
  expect(JSON.parse(text.slice(text.indexOf("\n")))).toEqual({
    ssh_keys: { ed25519_private: key.privateKey, ed25519_public: key.publicKey },
  });
});

test("carries the user's own data unchanged beside it", () => {
  const own = '#!/bin/sh\necho "--multihome"\n';
  const text = hostKeyUserData(key, own);
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? "";
  const parts = text.split(`--${boundary}`);
  expect(own).not.toContain(`--${boundary}`);
  expect(parts).toHaveLength(4);
  expect(parts[2]).toContain(own);
  expect(parts[3]).toBe("--\n");
});

test("is what an instance of the lab reads its key from", () => {
  expect(hostKeyOf(hostKeyUserData(key, undefined))).toEqual(key);
  expect(hostKeyOf(hostKeyUserData(key, "#!/bin/sh\ntrue\n"))).toEqual(key);
  expect(hostKeyOf("#!/bin/sh\ntrue\n")).toBeUndefined();
  expect(hostKeyOf(undefined)).toBeUndefined();
});
