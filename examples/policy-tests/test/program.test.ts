// In a repository of your own: from "multihome" and "multihome/testing".
import { deriveHostKey } from "../../../lib";
import { MockRun, matchers, runWithMocks } from "../../../lib/testing";
import { hosts } from "../infra/hosts";

expect.extend(matchers);

let run: MockRun<unknown>;

beforeAll(async () => {
  // Keys that open nothing, in the form that keys have.
  const { privateKey, publicKey } = deriveHostKey("a seed for tests alone");
  const hostKeys = Object.fromEntries(hosts.map(({ name }) => [`hostKey-${name}`, publicKey]));
  run = await runWithMocks(() => import("../infra"), { config: { sshKey: privateKey, ...hostKeys } });
});

describe.each(hosts.map(({ name }) => name))("%s", (name) => {
  test("is given a program that makes it symmetric", () => {
    const command = run.only("command:remote:Command", `${name}-apply`);
    expect(command).toBeSymmetric();
    expect(command).toFailClosed();
  });

  test("is known by its host key", () => {
    const { connection } = run.only("command:remote:Command", `${name}-apply`).inputs;
    expect(connection.hostKey).toMatch(/^ssh-ed25519 /);
  });
});
