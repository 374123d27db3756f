import { gunzipSync } from "node:zlib";
import { bootHookOf, hostKeyOf } from "../../lab/fabric/build/userData";
import { deriveHostKey } from "../../lib/deliver/hostKey";
import { composeUserData, compressedBytes, compressedUserData } from "../../lib/deliver/userData";

const hostKey = deriveHostKey("0123456789abcdef");
const firstBoot = "#cloud-boothook\n#!/bin/sh\necho multihome\n";

/** The parts of a MIME message, as RFC 2046 has them: headers, and body. */
function partsOf(text: string): { headers: string; body: string }[] {
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? "";
  const [, ...parts] = text.split(new RegExp(`^--${boundary}(?:--)?\n`, "m"));
  return parts.slice(0, -1).map((part) => {
    const end = part.indexOf("\n\n");
    return { headers: part.slice(0, end), body: part.slice(end + 2, -1) };
  });
}

describe("user data", () => {
  test("of a host key is cloud-config that gives the host its key", () => {
    const text = composeUserData({ hostKey }) ?? "";
    expect(text).toMatch(/^#cloud-config\n/);
    expect(JSON.parse(text.slice(text.indexOf("\n")))).toEqual({
      ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    });
  });

  test("gives a key its last line feed, without which OpenSSH cannot read it", () => {
    const cut = { ...hostKey, privateKey: hostKey.privateKey.trimEnd() };
    expect(composeUserData({ hostKey: cut })).toBe(composeUserData({ hostKey }));
  });

  test("of nothing is none, and of one thing is that thing as it is", () => {
    expect(composeUserData({})).toBeUndefined();
    expect(composeUserData({ own: "#!/bin/sh\n" })).toBe("#!/bin/sh\n");
    expect(composeUserData({ firstBoot })).toBe(firstBoot);
  });

  test("carries the user's own unchanged beside the rest, whatever it has for a boundary", () => {
    const own = '#!/bin/sh\necho "--multihome"\n';
    const parts = partsOf(composeUserData({ hostKey, firstBoot, own }) ?? "");
    expect(parts.map(({ body }) => body.split("\n")[0])).toEqual([
      "#cloud-config",
      "#cloud-boothook",
      "#!/bin/sh",
    ]);
    expect(parts[2].body).toBe(own);
    expect(new Set(parts.map(({ headers }) => headers))).toEqual(
      new Set(['Content-Type: text/plain; charset="utf-8"']),
    );
  });

  test("has the user's own MIME message as a part with parts", () => {
    const own = composeUserData({ hostKey, own: "#cloud-config\npackages: [frr]\n" }) ?? "";
    const parts = partsOf(composeUserData({ firstBoot, own }) ?? "");
    expect(parts).toHaveLength(2);
    expect(parts[1].headers).toMatch(
      /^MIME-Version: 1\.0\nContent-Type: multipart\/mixed; boundary="multihome"$/,
    );
    expect(parts[1].body).toBe(own.slice(own.indexOf("\n\n") + 2));
  });

  test("is what an instance of the lab reads its key and its boot hook from", () => {
    const own = "#!/bin/sh\ntrue\n";
    expect(hostKeyOf(composeUserData({ hostKey }))).toEqual(hostKey);
    expect(hostKeyOf(composeUserData({ hostKey, own }))).toEqual(hostKey);
    expect([hostKeyOf(own), hostKeyOf(undefined)]).toEqual([undefined, undefined]);
    expect(bootHookOf(composeUserData({ hostKey, firstBoot, own }))).toBe(
      firstBoot.slice("#cloud-boothook\n".length),
    );
    expect(bootHookOf(firstBoot)).toBe("#!/bin/sh\necho multihome\n");
    expect([bootHookOf(own), bootHookOf(undefined)]).toEqual([undefined, undefined]);
  });

  test("is compressed to what gzip unpacks, the same on every platform", () => {
    const bytes = Buffer.from(compressedUserData(firstBoot), "base64");
    expect(gunzipSync(bytes).toString()).toBe(firstBoot);
    // No time, no system.
    expect([...bytes.subarray(4, 8), bytes[9]]).toEqual([0, 0, 0, 0, 255]);
    expect(compressedBytes(firstBoot)).toBe(bytes.length);
  });
});
