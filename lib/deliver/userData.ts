import { compressed } from "../render/compress";
import { SshHostKey } from "./hostKey";

/** EC2's limit for user data, in bytes before base64 encoding. */
export const USER_DATA_LIMIT = 16384;

/** What a new host is told by its user data. */
export interface UserDataParts {
  /**
   * The SSH host key that cloud-init gives it (module "ssh", `ssh_keys`). Its private half is secret in the state, but
   * readable by whoever may read the instance's user data.
   */
  readonly hostKey?: SshHostKey;
  /** What puts its plan in force before its services start: see renderCloudInit. */
  readonly firstBoot?: string;
  /** The user's own, in any format cloud-init knows as text. */
  readonly own?: string;
}

/**
 * The user data that says all of it; undefined when there is nothing to say. One thing stands as it is; several are
 * parts of a MIME message, which cloud-init takes apart again.
 */
export function composeUserData({ hostKey, firstBoot, own }: UserDataParts): string | undefined {
  const parts = [hostKey && hostKeyConfig(hostKey), firstBoot, own].filter((part) => part !== undefined);
  return parts.length > 1 ? multipart(parts) : parts[0];
}

/**
 * User data as EC2 takes it when it is large: compressed by gzip, which cloud-init notices, in base64. The same on
 * every platform.
 */
export function compressedUserData(text: string): string {
  return compressed(text).toString("base64");
}

/** Bytes that EC2 counts of it. */
export function compressedBytes(text: string): number {
  return compressed(text).length;
}

/** JSON is YAML as well, so the text has no indentation to get wrong. */
function hostKeyConfig(key: SshHostKey): string {
  // OpenSSH reads no key that lacks its last line feed, and `pulumi config set KEY < FILE` takes it off.
  const ed25519_private = `${key.privateKey.trimEnd()}\n`;
  return `#cloud-config\n${JSON.stringify({ ssh_keys: { ed25519_private, ed25519_public: key.publicKey } })}\n`;
}

/**
 * MIME multipart (RFC 2046). Of a part as text cloud-init tells by the first line what it is; one that is a MIME message
 * itself has its own headers, and stands in the other as a part with parts.
 */
function multipart(parts: readonly string[]): string {
  const body = parts.join("");
  let boundary = "multihome";
  while (body.includes(`--${boundary}`)) boundary += "-";
  return [
    "MIME-Version: 1.0",
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    ...parts.flatMap((part) => [
      `--${boundary}`,
      ...(/^(MIME-Version|Content-Type):/i.test(part)
        ? [part]
        : ['Content-Type: text/plain; charset="utf-8"', "", part]),
    ]),
    `--${boundary}--`,
    "",
  ].join("\n");
}
