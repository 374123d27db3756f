import * as fc from "fast-check";
import { connectionIssues } from "../../lib/deliver/connection";
import { deriveHostKey } from "../../lib/deliver/hostKey";
import { PENDING } from "../../lib/deliver/known";
import { formatIssue } from "../../lib/model/issue";

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

const messages = (connection: object) => connectionIssues(connection as never).map(formatIssue);
const FIELDS = [
  ...["host", "port", "user", "privateKey", "privateKeyPassword", "agentSocketPath", "hostKey"],
  ...["insecureIgnoreHostKey", "dialErrorLimit", "perDialTimeout", "password", "proxy"],
];

test("whatever is put into whichever field of a connection or its proxy, no text of it is ever told", () => {
  // Words that a message has anyway are no leak.
  const own = messages(Object.fromEntries(FIELDS.map((field) => [field, {}]))).join("");
  fc.assert(
    fc.property(
      fc.string({ minLength: 6 }).filter((text) => !own.includes(text)),
      fc.constantFrom(...FIELDS),
      (secret, field) => {
        const wrong = { ...good, [field]: secret };
        for (const connection of [wrong, { ...good, proxy: wrong }, { ...good, [`-${secret}`]: "x" }])
          expect(messages(connection).filter((message) => message.includes(secret))).toEqual([]);
      },
    ),
  );
});

test.each(["host", "port", "user", "agentSocketPath", "insecureIgnoreHostKey", "dialErrorLimit"])(
  "a private key in %s is told as such, with the field and what it takes, and without a line of it",
  (field) => {
    const { privateKey } = deriveHostKey("0123456789abcdef");
    const [message, ...more] = messages({ ...good, [field]: privateKey });
    expect(more).toEqual([]);
    expect(message).toMatch(
      new RegExp(`^  - connection\\.${field}: got a private key \\(387 characters, 7 lines\\)\\. Give `),
    );
    for (const line of privateKey.trim().split("\n")) expect(message).not.toContain(line.slice(0, 8));
  },
);

test.each<[string, unknown, string]>([
  ["host", "", "connection.host: got empty text. Give an address or a DNS name alone"],
  ["host", "a b", "connection.host: got text (3 characters). Give an address"],
  ["user", "a\n", "connection.user: got text (2 characters). Give a login name"],
  ["port", "22", "connection.port: got text (2 characters). Give a whole number from 1 to 65535"],
  ["port", 65536, "connection.port: got 65536. Give a whole number"],
  ["user", null, "connection.user: got null. Give"],
  ["host", ["x"], "connection.host: got a list. Give"],
  ["user", { x: "y" }, "connection.user: got an object. Give"],
  ["my key", "x", "connection: got text (6 characters) as the name of a field. Known here are host, port"],
])("%s: %j is told so that it can be put right", (field, value, message) => {
  expect(messages({ ...good, [field]: value })).toEqual([expect.stringContaining(message)]);
});
