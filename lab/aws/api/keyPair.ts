import { createHash } from "node:crypto";
import type { CloudState, KeyPair } from "../../cloud/state";
import { AwsError } from "./error";
import { freshId } from "./transition";

/** ImportKeyPair: an OpenSSH public key, RSA or ED25519 as EC2 takes them. */
export function importKeyPair(
  draft: CloudState,
  args: { name: string; publicKey: string; tags?: Record<string, string> },
): KeyPair {
  if (draft.keyPairs[args.name]) {
    throw new AwsError("InvalidKeyPair.Duplicate", `The keypair already exists`);
  }
  const [, type, body] =
    /^(ssh-rsa|ssh-ed25519) ([A-Za-z0-9+/]+=*)(?:\s[^\r\n]*)?\s*$/.exec(args.publicKey) ?? [];
  const blob = Buffer.from(body ?? "", "base64");
  // The blob begins with its own type, length first (RFC 4253 6.6); a pasted fragment does not.
  if (
    !type ||
    blob.length < 4 + type.length ||
    blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() !== type
  ) {
    throw new AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
  }
  const fingerprint =
    type === "ssh-ed25519"
      ? createHash("sha256").update(blob).digest("base64")
      : createHash("md5")
          .update(blob)
          .digest("hex")
          .replace(/(..)(?=.)/g, "$1:");
  draft.keyPairs[args.name] = {
    name: args.name,
    id: freshId(draft, "key"),
    // A file's line, of which the end is no part of the key.
    publicKey: args.publicKey.trim(),
    fingerprint,
    tags: args.tags ?? {},
  };
  return draft.keyPairs[args.name];
}

/** DeleteKeyPair: deleting one that is not there succeeds, as in AWS. */
export function deleteKeyPair(draft: CloudState, name: string): void {
  delete draft.keyPairs[name];
}
