import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goQuote } from "../../lab/command/process";
import { commandProvider } from "../../lab/command/provider";
import { Properties, Secret, UNKNOWN, revealAll } from "../../lab/rpc/values";
import { RpcClient } from "./rpcClient";

const REMOTE = "command:remote:Command";
const LOCAL = "command:local:Command";
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
const CONNECTION = {
  host: "198.51.100.10",
  privateKey: KEY,
  hostKey: "ssh-ed25519 AAAA comment",
  dialErrorLimit: 2,
};

/**
 * A stand-in for the OpenSSH client: it does what the options of the real one say as far as the provider relies on it
 * (writes its log, runs the local command once connected), notes how it was called, and runs the command here.
 */
const SSH = `#!/bin/sh
n=$(ls "$STUB" | grep -c '^call')
printf '%s\\n' "$@" > "$STUB/call$n"
while [ $# -gt 0 ]; do
  case "$1" in
    -E) log=$2; shift ;;
    LocalCommand=*) opened=\${1#LocalCommand=} ;;
    IdentityFile=*) cat "\${1#IdentityFile=}" > "$STUB/key"; ls -l "\${1#IdentityFile=}" > "$STUB/key-mode" ;;
    UserKnownHostsFile=/dev/null) ;;
    UserKnownHostsFile=*) cat "\${1#UserKnownHostsFile=}" > "$STUB/known" ;;
    --) shift; break ;;
  esac
  shift
done
if [ -n "$STUB_REFUSE" ]; then echo "$STUB_REFUSE" > "$log"; exit 255; fi
eval "$opened"
if [ -n "$STUB_LOSE" ]; then echo "Connection to host closed by remote host." >&2; exit 255; fi
echo "debug1: client_input_channel_req: channel 0 rtype exit-\${STUB_KILL:-status} reply 0" >> "$log"
exec sh -c "$2"
`;

let stub: string;
let client: RpcClient;
const environment = { ...process.env };

beforeEach(async () => {
  stub = mkdtempSync(join(tmpdir(), "lab-stub-"));
  writeFileSync(join(stub, "ssh"), SSH);
  chmodSync(join(stub, "ssh"), 0o755);
  delete process.env.SSH_AUTH_SOCK;
  process.env.PATH = `${stub}:${environment.PATH}`;
  process.env.STUB = stub;
  client = await RpcClient.of(() => commandProvider);
  await client.configure({});
});

afterEach(async () => {
  await client.close();
  process.env = { ...environment };
  rmSync(stub, { recursive: true, force: true });
});

const calls = () => readdirSync(stub).filter((name) => name.startsWith("call"));
const call = (n: number) => readFileSync(join(stub, `call${n}`), "utf8").split("\n");

describe("a remote command", () => {
  test("runs once on create, over one connection, with its script on stdin; one newline is trimmed", async () => {
    const { state, id } = await client.make(REMOTE, {
      connection: CONNECTION,
      create: "cat; echo",
      stdin: "hello",
    });
    expect(state.stdout).toBe("hello");
    expect(id).toMatch(/^thing[0-9a-f]{8}$/);
    expect(calls()).toHaveLength(1);
  });

  test("fills in the connection's defaults and keeps it secret as a whole", async () => {
    const { inputs } = await client.check(REMOTE, { connection: { host: "h" }, create: "true" });
    expect(inputs.connection).toBeInstanceOf(Secret);
    expect(revealAll(inputs).connection).toEqual({
      host: "h",
      user: "root",
      port: 22,
      dialErrorLimit: 10,
      perDialTimeout: 15,
    });
    const { state } = await client.make(REMOTE, { connection: CONNECTION, create: "true" });
    expect(state.connection).toBeInstanceOf(Secret);
    expect(state.stdout).not.toBeInstanceOf(Secret);
  });

  test("pins the host key, hands the key over in a private file and leaves no file", async () => {
    await client.make(REMOTE, { connection: CONNECTION, create: "true" });
    expect(call(0)).toEqual(
      expect.arrayContaining([
        "StrictHostKeyChecking=yes",
        "HostKeyAlgorithms=ssh-ed25519",
        "User=root",
        "Port=22",
      ]),
    );
    expect(readFileSync(join(stub, "known"), "utf8")).toBe("pinned ssh-ed25519 AAAA\n");
    expect(readFileSync(join(stub, "key"), "utf8")).toBe(`${KEY}\n`);
    expect(readFileSync(join(stub, "key-mode"), "utf8")).toMatch(/^-rw------- /);
    const file = call(0)
      .find((arg) => arg.startsWith("IdentityFile="))!
      .slice("IdentityFile=".length);
    expect(existsSync(file)).toBe(false);
  });

  test("without a host key any is accepted, as the real provider does", async () => {
    await client.make(REMOTE, { connection: { ...CONNECTION, hostKey: undefined }, create: "true" });
    expect(call(0)).toEqual(
      expect.arrayContaining(["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"]),
    );
  });

  test("fails with the quoted command and the joined output", async () => {
    await expect(
      client.make(REMOTE, { connection: CONNECTION, create: 'echo "out"; echo err >&2; exit 3' }),
    ).rejects.toThrow(
      'Process exited with status 3: running "echo \\"out\\"; echo err >&2; exit 3":\nout\nerr\n',
    );
    expect(calls()).toHaveLength(1);
  });

  test("a status of 255 is the command's own when the session was open and not lost", async () => {
    await expect(client.make(REMOTE, { connection: CONNECTION, create: "exit 255" })).rejects.toThrow(
      "Process exited with status 255: running",
    );
    process.env.STUB_LOSE = "1";
    await expect(client.make(REMOTE, { connection: CONNECTION, create: "true" })).rejects.toThrow(
      'wait: remote command exited without exit status or exit signal: running "true"',
    );
    delete process.env.STUB_LOSE;
    process.env.STUB_KILL = "signal";
    await expect(client.make(REMOTE, { connection: CONNECTION, create: "exit 255" })).rejects.toThrow(
      'Process exited from a signal: running "exit 255"',
    );
  });

  test.each([
    [
      "ssh: connect to host h port 22: Connection refused",
      "dial tcp 198.51.100.10:22: connect: connection refused",
    ],
    [
      "ssh: connect to host h port 22: No route to host",
      "dial tcp 198.51.100.10:22: connect: no route to host",
    ],
    ["ssh: connect to host h port 22: Connection timed out", "dial tcp 198.51.100.10:22: i/o timeout"],
    ["Host key verification failed.", "ssh: handshake failed: ssh: host key mismatch"],
    [
      "root@h: Permission denied (publickey).",
      "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
    ],
  ])("dials dialErrorLimit + 1 times: %s", async (said, message) => {
    process.env.STUB_REFUSE = said;
    await expect(client.make(REMOTE, { connection: CONNECTION, create: "true" })).rejects.toThrow(
      `after 2 failed attempts: ${message}`,
    );
    expect(calls()).toHaveLength(3);
  });

  test("goes through a proxy with that host's own key and pin", async () => {
    const proxy = { host: "203.0.113.9", user: "jump", privateKey: KEY, hostKey: "ssh-ed25519 BBBB" };
    await client.make(REMOTE, { connection: { ...CONNECTION, proxy }, create: "true" });
    const command = call(0).find((arg) => arg.startsWith("ProxyCommand="))!;
    expect(command).toContain("'User=jump'");
    expect(command).toContain("'StrictHostKeyChecking=yes'");
    expect(command).toMatch(/'-W' %h:%p -- '203\.0\.113\.9'$/);
  });

  test("refuses what the real provider refuses, in its words, without showing a value", async () => {
    const failures = async (inputs: Properties) => (await client.check(REMOTE, inputs)).failures;
    expect(await failures({ connection: { ...CONNECTION, key: "SECRET" } })).toEqual([
      "connection: An error occurred decoding 'CommandInputs.connection': 1 failures decoding:\n" +
        "\tkey: Unrecognized field 'key' on 'remote.Connection'",
    ]);
    expect(
      await failures({
        connection: { port: "x", proxy: { foo: 1 } },
        create: 5,
        environment: { A: 1 },
        bar: 1,
      }),
    ).toEqual([
      "connection: An error occurred decoding 'CommandInputs.connection': 3 failures decoding:\n" +
        "\tproxy: An error occurred decoding 'Connection.proxy': 2 failures decoding:\n" +
        "\thost: Missing required field 'host' on 'remote.ProxyConnection'\n" +
        "\tfoo: Unrecognized field 'foo' on 'remote.ProxyConnection'\n" +
        "\thost: Missing required field 'host' on 'remote.Connection'\n" +
        "\tport: Field 'port' on 'remote.Connection' must be a 'float64'; got 'string' instead",
      "environment[A] value: Field 'environment[A] value' on 'remote.CommandInputs' must be a 'string'; got 'float64' instead",
      "create: Field 'create' on 'remote.CommandInputs' must be a 'string'; got 'float64' instead",
      "bar: Unrecognized field 'bar' on 'remote.CommandInputs'",
    ]);
    expect(await failures({})).toEqual([
      "connection: Missing required field 'connection' on 'remote.CommandInputs'",
    ]);
    expect(await failures({ connection: UNKNOWN })).toEqual([]);
    await expect(
      client.make(REMOTE, { connection: { ...CONNECTION, privateKey: "junk" }, create: "true" }),
    ).rejects.toThrow("ssh: no key found");
  });

  test("a variable the server does not take fails the run; earlier output is only tried", async () => {
    const made = await client.make(REMOTE, { connection: CONNECTION, create: "echo one" });
    const update = (more: Properties) => {
      const inputs = { ...made.inputs, create: 'echo "was $PULUMI_COMMAND_STDOUT, $MODE"', ...more };
      return client.update(REMOTE, made.id, made.state, made.inputs, inputs);
    };
    // The stub hands its whole environment on, as a server with AcceptEnv would.
    expect((await update({ environment: { MODE: "x" } })).stdout).toBe("was one, x");
    expect((await update({ addPreviousOutputInEnv: false })).stdout).toBe("was , ");
    writeFileSync(join(stub, "env"), "#!/bin/sh\necho HOME=/root\n", { mode: 0o755 });
    await expect(update({ environment: { MODE: "x" } })).rejects.toThrow(
      'could not set environment variable "MODE": ssh: setenv failed',
    );
    expect((await update({})).stdout).toBe("was one, ");
  });
});

describe("the life of a command", () => {
  test("a preview runs nothing and knows nothing of the output", async () => {
    const { inputs } = await client.check(REMOTE, { connection: CONNECTION, create: "echo x" });
    expect((await client.create(REMOTE, inputs, true)).state.stdout).toBe(UNKNOWN);
    const made = await client.create(REMOTE, inputs);
    const preview = await client.update(
      REMOTE,
      made.id,
      made.state,
      inputs,
      { ...inputs, create: "echo y" },
      true,
    );
    expect(preview.stdout).toBe(UNKNOWN);
    expect(calls()).toHaveLength(1);
  });

  test("an update runs update, else create; with neither it keeps the output", async () => {
    const made = await client.make(LOCAL, { create: "echo created" });
    const update = (inputs: Properties) => client.update(LOCAL, made.id, made.state, made.inputs, inputs);
    expect((await update({ create: "echo again" })).stdout).toBe("again");
    expect((await update({ create: "echo again", update: "echo updated" })).stdout).toBe("updated");
    expect((await update({ delete: "true" })).stdout).toBe("created");
  });

  test("changed triggers replace, even with an update; any other input updates in place", async () => {
    const made = await client.make(LOCAL, { create: "true", update: "true", triggers: [1] });
    const diff = (inputs: Properties) =>
      client.diff(LOCAL, made.state, made.inputs, { ...made.inputs, ...inputs });
    expect(await diff({ triggers: [2] })).toMatchObject({
      replaces: ["triggers"],
      deleteBeforeReplace: false,
    });
    for (const inputs of [{ create: "x" }, { delete: "x" }, { stdin: "x" }, { logging: "none" }]) {
      expect(await diff(inputs)).toMatchObject({ changed: true, replaces: [] });
    }
    expect((await diff({})).changed).toBe(false);
  });

  test("delete runs the recorded script with the recorded connection and stdin", async () => {
    const made = await client.make(REMOTE, {
      connection: CONNECTION,
      delete: `cat > ${join(stub, "deleted")}`,
      stdin: "gone",
    });
    expect(calls()).toHaveLength(0);
    await client.delete(REMOTE, made.id, made.state);
    expect(readFileSync(join(stub, "deleted"), "utf8")).toBe("gone");
    expect(call(0)).toContain("198.51.100.10");
  });

  test("a refresh changes nothing", async () => {
    const made = await client.make(LOCAL, { create: "echo x" });
    expect(await client.read(LOCAL, made.id, made.state, made.inputs)).toMatchObject({
      state: made.state,
      inputs: made.inputs,
    });
  });
});

test("a local command fails as the real one", async () => {
  await expect(client.make(LOCAL, { create: "echo no; exit 2" })).rejects.toThrow(
    'exit status 2: running "echo no; exit 2":\nno\n',
  );
});

test("what is not modelled is refused, saying how to get it", async () => {
  await expect(client.check("command:remote:CopyToRemote", {})).rejects.toThrow(
    /does not model command:remote:CopyToRemote; .*Put pulumi-resource-command on PATH/,
  );
});

test("commands are quoted as Go quotes them", () => {
  expect(goQuote('a "b"\n\tc\\d\x01é')).toBe('"a \\"b\\"\\n\\tc\\\\d\\x01é"');
});
