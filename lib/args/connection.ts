import * as pulumi from "@pulumi/pulumi";

/** How to log in over SSH, wherever the machine is. */
export interface SshArgs {
  /** TCP port. Default: 22. */
  port?: pulumi.Input<number>;
  /**
   * Login name. Anybody but root needs `sudo` without a password. Images of clouds mostly refuse root: it is "ec2-user",
   * "admin" or "ubuntu" there. Default: "root".
   */
  user?: pulumi.Input<string>;
  /** Private key, the content of the file (PEM, or OpenSSH's own format). Kept as a secret. */
  privateKey?: pulumi.Input<string>;
  /** Passphrase of an encrypted `privateKey`. Kept as a secret. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Socket of an SSH agent that holds the key, in place of `privateKey`. Example: `process.env.SSH_AUTH_SOCK`. */
  agentSocketPath?: pulumi.Input<string>;
  /**
   * The machine's public host key, "ssh-ed25519 AAAA...": no other machine is accepted. ed25519 or ECDSA; RSA keys
   * are refused, since the client would ask for SHA-1 signatures. Needed unless `insecureIgnoreHostKey` is true.
   */
  hostKey?: pulumi.Input<string>;
  /** Accept whoever answers. For experiments: the program runs there as root. Default: false. */
  insecureIgnoreHostKey?: pulumi.Input<boolean>;
  /** How many failed attempts to connect are forgiven, 1 to 1000; between two lie up to 5 seconds. Default: 10. */
  dialErrorLimit?: pulumi.Input<number>;
  /** Seconds one attempt to connect may take, 1 to 300. Default: 15. */
  perDialTimeout?: pulumi.Input<number>;
}

/** A machine to log in to on the way to another (a bastion). */
export interface ProxyArgs extends SshArgs {
  /** Address or DNS name. */
  host: pulumi.Input<string>;
}

/**
 * An SSH connection to a host.
 *
 * @example { host: "198.51.100.7", user: "admin", privateKey: config.requireSecret("key"), hostKey: "ssh-ed25519 AAAA..." }
 */
export interface ConnectionArgs extends SshArgs {
  /** Address or DNS name, as seen from where Pulumi runs. */
  host: pulumi.Input<string>;
  /** The machine to go through. Its host key is pinned like the host's own. Default: none. */
  proxy?: pulumi.Input<ProxyArgs>;
}
