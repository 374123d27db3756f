/** An SSH host key pair in OpenSSH's formats. */
export interface HostKeyPair {
  privateKey: string;
  publicKey: string;
}

/**
 * The ed25519 host key that user data asks cloud-init to give the instance (`ssh_keys`), or undefined. With
 * {@link bootHookOf} all of user data that the lab honours; it reads cloud-config that is written as one line of JSON,
 * by itself or as a part of a MIME message.
 */
export function hostKeyOf(userData: string | undefined): HostKeyPair | undefined {
  const line = /^#cloud-config\n(\{.*\})$/m.exec(userData ?? "")?.[1];
  let config: unknown;
  try {
    config = JSON.parse(line ?? "null");
  } catch {
    return undefined;
  }
  const keys = (config as { ssh_keys?: Record<string, unknown> } | null)?.ssh_keys;
  const { ed25519_private: privateKey, ed25519_public: publicKey } = keys ?? {};
  return typeof privateKey === "string" && typeof publicKey === "string"
    ? { privateKey, publicKey }
    : undefined;
}

/** The script that cloud-init runs at boot before services start (`#cloud-boothook`), by itself or as a part; or undefined. */
export function bootHookOf(userData: string | undefined): string | undefined {
  const boundary = /^Content-Type: multipart\/mixed; boundary="([^"]+)"$/m.exec(userData ?? "")?.[1];
  const parts = boundary === undefined ? [userData ?? ""] : (userData ?? "").split(`\n--${boundary}`);
  const hook = parts
    .map((part) => (boundary === undefined ? part : part.slice(part.indexOf("\n\n") + 2)))
    .find((part) => part.startsWith("#cloud-boothook\n"));
  return hook?.slice(hook.indexOf("\n") + 1);
}
