import { createPrivateKey, createPublicKey, hkdfSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/**
 * SSH host keys: how a host proves that it is the host. A connection pins one, or it would hand the program, run as
 * root, to whoever answers.
 */

/** Host key types that can be pinned, and the bytes of a whole key: RFC 8709 section 4, RFC 5656 section 3.1. */
const PINNABLE: Readonly<Record<string, number>> = {
  "ssh-ed25519": 51,
  "ecdsa-sha2-nistp256": 104,
  "ecdsa-sha2-nistp384": 136,
  "ecdsa-sha2-nistp521": 172,
};

const WANTED = 'Give the content of an ssh_host_*_key.pub file, such as "ssh-ed25519 AAAAC3Nza..."';

/**
 * What is wrong with the text of a host's public key, or undefined when it can be pinned.
 *
 * @param text a key type and the key in base64, as in authorized_keys (sshd(8)); a comment may follow
 */
export function hostKeyProblem(text: string): { problem: string; fix: string } | undefined {
  const [type = "", blob = ""] = text.trim().split(/[ \t]+/);
  if (/[\r\n]/.test(text.trim())) return { problem: "holds several lines", fix: "Give one key" };
  if (type === "ssh-rsa" || type.startsWith("rsa-")) {
    return {
      problem:
        "is an RSA key, and the client would offer for it SHA-1 signatures alone, which OpenSSH 8.8 and later refuse",
      fix: "Give the host's ed25519 or ECDSA key: ssh-keyscan -t ed25519 HOST",
    };
  }
  if (type.includes("-cert-")) return { problem: "is a certificate", fix: "Give the key itself" };
  if (/^(SHA256|MD5):/.test(type)) return { problem: "is a fingerprint, not a key", fix: WANTED };
  if (!Object.hasOwn(PINNABLE, type)) {
    return Object.hasOwn(PINNABLE, blob)
      ? { problem: "begins with a host name, as in known_hosts", fix: "Leave the name out" }
      : { problem: "is not a public key in OpenSSH's format", fix: WANTED };
  }
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(blob) ? Buffer.from(blob, "base64") : Buffer.alloc(0);
  const named = bytes.length >= 4 ? bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1") : "";
  const whole = named === type && bytes.length === PINNABLE[type];
  return whole ? undefined : { problem: `is not a whole ${type} key`, fix: WANTED };
}

/** An SSH host key pair, in OpenSSH's formats. */
export interface SshHostKey {
  /** The private half: PEM, "OPENSSH PRIVATE KEY". Secret. */
  privateKey: string;
  /** The public half: "ssh-ed25519 AAAA...". */
  publicKey: string;
}

/**
 * The ed25519 host key that belongs to a secret seed: the same seed always gives the same key, so that a key can be
 * pinned before its host exists, and nothing but the seed has to be kept.
 *
 * @param seed any secret text with at least 128 bits of entropy, such as 32 hexadecimal digits from `openssl rand -hex 16`
 * @param host distinguishes hosts that share a seed. Default: ""
 * @throws RunError when the seed is no text, or shorter than 16 characters
 * @example hostKeyFromSeed(config.requireSecret("hostKeySeed"), "edge")
 */
export function hostKeyFromSeed(seed: pulumi.Input<string>, host = ""): pulumi.Output<SshHostKey> {
  return pulumi.secret(seed).apply((text) => deriveHostKey(text, host));
}

/** PKCS #8 of an ed25519 private key, up to its 32 bytes (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * The plain function behind {@link hostKeyFromSeed}: HKDF (RFC 5869) with SHA-256, the result an RFC 8032 seed.
 *
 * @throws RunError when the seed is no text, or shorter than 16 characters
 * @example deriveHostKey("0123456789abcdef0123456789abcdef", "edge").publicKey // "ssh-ed25519 AAAA..."
 */
export function deriveHostKey(seed: string, host = ""): SshHostKey {
  if (typeof seed !== "string" || seed.length < 16) {
    const got = typeof seed === "string" ? "is too short" : "is not text";
    // A RunError is shown without a stack trace, also when it comes out of an apply.
    throw new pulumi.RunError(
      `the seed of a host key ${got}. Give a secret text of at least 16 characters, as from: openssl rand -hex 16`,
    );
  }
  const secret = Buffer.from(hkdfSync("sha256", seed, "", `multihome ssh host key ${host}`, 32));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: "der", type: "pkcs8" });
  const point = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const publicBlob = Buffer.concat([field("ssh-ed25519"), field(point)]);
  return {
    privateKey: opensshPrivateKey(publicBlob, secret, point),
    publicKey: `ssh-ed25519 ${publicBlob.toString("base64")}`,
  };
}

/** The unencrypted form of openssh-key-v1 (OpenSSH's PROTOCOL.key). */
function opensshPrivateKey(publicBlob: Buffer, secret: Buffer, point: Buffer): string {
  // The two check numbers only have to be equal; zero keeps the text a function of the seed.
  const inner = Buffer.concat([
    Buffer.alloc(8),
    publicBlob,
    field(Buffer.concat([secret, point])),
    field(""),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, i) => i + 1));
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    Buffer.from([0, 0, 0, 1]),
    field(publicBlob),
    field(Buffer.concat([inner, padding])),
  ]);
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join(
    "\n",
  );
}

/** A string of SSH: its length in four bytes, and the bytes (RFC 4251 section 5). */
function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
