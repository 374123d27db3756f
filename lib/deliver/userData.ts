import * as pulumi from "@pulumi/pulumi";
import { SshHostKeyArgs } from "../args/multiHomedHost";
import { SshHostKey } from "./hostKey";

/** EC2's limit for user data, in bytes before base64 encoding. */
export const USER_DATA_LIMIT = 16384;

/**
 * User data with which cloud-init gives a new host its SSH host key (module "ssh", `ssh_keys`), followed by the
 * user's own. It holds a private key: secret in the state, but readable by whoever may read the instance's user data.
 *
 * JSON is YAML as well, so the text has no indentation to get wrong. cloud-init itself tells by the first line what
 * the user's part is.
 *
 * @param userData any format cloud-init knows, or undefined
 */
export function hostKeyUserData(key: SshHostKey, userData: string | undefined): string {
  const config = `#cloud-config\n${JSON.stringify({
    ssh_keys: { ed25519_private: key.privateKey, ed25519_public: key.publicKey },
  })}\n`;
  return userData === undefined ? config : multipart([config, userData]);
}

/** The same on inputs; secret. */
export function hostUserData(
  key: pulumi.Input<SshHostKeyArgs> | undefined,
  userData: pulumi.Input<string> | undefined,
): pulumi.Output<string> | undefined {
  if (key === undefined) return userData === undefined ? undefined : pulumi.output(userData);
  return pulumi.secret(pulumi.all([key, userData])).apply(([pair, own]) => hostKeyUserData(pair, own));
}

/** MIME multipart (RFC 2046), which cloud-init takes apart again. */
function multipart(parts: readonly string[]): string {
  const body = parts.join("");
  let boundary = "multihome";
  while (body.includes(`--${boundary}`)) boundary += "-";
  return [
    "MIME-Version: 1.0",
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    ...parts.flatMap((part) => [`--${boundary}`, 'Content-Type: text/plain; charset="utf-8"', "", part]),
    `--${boundary}--`,
    "",
  ].join("\n");
}
