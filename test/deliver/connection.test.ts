import * as fc from "fast-check";
import { connectionIssues } from "../../lib/deliver/connection";
import { deriveHostKey } from "../../lib/deliver/hostKey";
import { PENDING } from "../../lib/deliver/known";

const good = {
  host: "198.51.100.7",
  user: "admin",
  privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nx",
  hostKey: deriveHostKey("0123456789abcdef").publicKey,
};
const paths = (connection: object) => connectionIssues(connection as never).map(({ path }) => path);

test("a connection that says who is there is accepted", () => {
  expect(paths(good)).toEqual([]);
  expect(paths({ ...good, host: "2001:db8::1", port: 2222, dialErrorLimit: 30, perDialTimeout: 5 })).toEqual(
    [],
  );
  expect(paths({ ...good, privateKey: undefined, agentSocketPath: "/run/agent.sock" })).toEqual([]);
  expect(paths({ ...good, hostKey: undefined, insecureIgnoreHostKey: true })).toEqual([]);
  expect(paths({ ...good, proxy: { ...good, host: "bastion.example.com" } })).toEqual([]);
});

test("nobody is trusted without a host key, neither the host nor the bastion", () => {
  expect(paths({ ...good, hostKey: undefined })).toEqual(["connection.hostKey"]);
  expect(paths({ ...good, hostKey: undefined, insecureIgnoreHostKey: false })).toEqual([
    "connection.hostKey",
  ]);
  expect(paths({ ...good, insecureIgnoreHostKey: true })).toEqual(["connection.hostKey"]);
  expect(paths({ ...good, proxy: { ...good, hostKey: undefined } })).toEqual(["connection.proxy.hostKey"]);
});

test.each([
  ["host", "user@host"],
  ["host", "ssh://host"],
  ["host", "-oProxyCommand=reboot"],
  ["host", "a b"],
  ["host", undefined],
  ["port", 0],
  ["port", 65536],
  ["port", "22"],
  ["user", "-l root"],
  ["user", "a;b"],
  ["privateKey", "~/.ssh/id_ed25519"],
  ["privateKey", "ssh-ed25519 AAAA"],
  ["privateKey", undefined],
  ["agentSocketPath", "agent.sock"],
  ["dialErrorLimit", -1],
  ["dialErrorLimit", 0],
  ["perDialTimeout", 0],
  ["perDialTimeout", 1.5],
  ["insecureIgnoreHostKey", "yes"],
  ["password", "hunter2"],
  ["privateKeyPassword", 12],
  ["proxy", null],
  ["proxy", "bastion.example.com"],
  ["__proto__x", 1],
])("%s: %p is refused by name", (field, value) => {
  expect(paths({ ...good, [field]: value })).toContain(`connection.${field}`);
});

test("what is pending is neither right nor wrong yet", () => {
  expect(connectionIssues(PENDING)).toEqual([]);
  expect(
    paths({
      host: PENDING,
      user: PENDING,
      privateKey: PENDING,
      hostKey: PENDING,
      port: PENDING,
      proxy: PENDING,
    }),
  ).toEqual([]);
});

test("no text of a secret field is ever told", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 12 }).filter((s) => !/[\\"]/.test(s) && s.trim().length > 8),
      (secret) => {
        const said = JSON.stringify(
          connectionIssues({
            ...good,
            privateKey: secret,
            privateKeyPassword: secret,
            [secret.slice(0, 3)]: secret,
          } as never),
        );
        return !said.includes(secret);
      },
    ),
  );
});
