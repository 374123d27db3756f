import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { deriveHostKey, hostKeyProblem } from "../../lib/deliver/hostKey";

const SEED = "0123456789abcdef";

describe("a host key derived from a seed", () => {
  test("is the same for the same seed and host, and another for others", () => {
    const key = deriveHostKey(SEED, "edge");
    expect(deriveHostKey(SEED, "edge")).toEqual(key);
    expect(deriveHostKey(SEED, "other").publicKey).not.toBe(key.publicKey);
    expect(deriveHostKey(`${SEED}0`, "edge").publicKey).not.toBe(key.publicKey);
    expect(key.privateKey).not.toContain(SEED);
  });

  test("is a key pair that OpenSSH reads, whatever the seed", () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "hostkey-"));
    try {
      for (let i = 0; i < 5; i++) {
        const { privateKey, publicKey } = deriveHostKey(`${SEED}${i}`);
        const file = path.join(directory, `key${i}`);
        fs.writeFileSync(file, privateKey, { mode: 0o600 });
        expect(execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).trim()).toBe(publicKey);
      }
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  test("can be pinned", () => {
    expect(hostKeyProblem(deriveHostKey(SEED).publicKey)).toBeUndefined();
    expect(hostKeyProblem(`${deriveHostKey(SEED).publicKey} root@edge\n`)).toBeUndefined();
  });

  test.each(["ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521"])("as can any of type %s", (type) => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "hostkey-"));
    try {
      const file = path.join(directory, "key");
      execFileSync("ssh-keygen", ["-q", "-N", "", "-f", file, "-t", ...type.split(" ")]);
      const text = fs.readFileSync(`${file}.pub`, "utf8");
      expect([text, hostKeyProblem(text)]).toEqual([text, undefined]);
      expect(hostKeyProblem(text.split(" ").slice(0, 2).join(" ").slice(0, -8))?.problem).toMatch(/whole/);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  test("wants a seed that is worth the name", () => {
    expect(() => deriveHostKey("short")).toThrow(/is too short.*at least 16/);
    expect(() => deriveHostKey(12 as unknown as string)).toThrow(/is not text.*at least 16/);
  });
});

describe("a host key is refused", () => {
  const ed25519 = deriveHostKey(SEED).publicKey;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
    format: "der",
    type: "spki",
  });

  test.each([
    ["an RSA key, with the reason", `ssh-rsa ${rsa.toString("base64")}`, /SHA-1/],
    ["a line of known_hosts", `edge.example.com ${ed25519}`, /host name/],
    ["a fingerprint", "SHA256:xpcobzSXoOqgJZCQaDCHbl8jZZkVLOqjd8DBSeDa0uk", /fingerprint/],
    ["a certificate", `ssh-ed25519-cert-v01@openssh.com ${ed25519.split(" ")[1]}`, /certificate/],
    ["several keys", `${ed25519}\n${ed25519}`, /several lines/],
    ["a key cut off", ed25519.slice(0, 30), /whole/],
    ["a key cut off behind its type", ed25519.slice(0, -6), /whole/],
    ["a key with more behind it", `${ed25519}AAAA`, /whole/],
    ["a key of another type than it says", ed25519.replace("ssh-ed25519", "ecdsa-sha2-nistp256"), /whole/],
    ["no key", "hello", /not a public key/],
    ["nothing", "", /not a public key/],
    ["a private key", deriveHostKey(SEED).privateKey, /several lines/],
  ])("%s", (_, text, says) => {
    expect(hostKeyProblem(text)?.problem).toMatch(says);
    expect(hostKeyProblem(text)?.fix).not.toBe("");
  });
});
