import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FrrNamespace, describeWithFrr } from "../support/frr";
import { Namespaces } from "../support/netns";
import { ProgramHost, program } from "../support/program";
import { STUB, identityHost, linkedHost } from "./network";

/** A change is confirmed and rolled back by whichever program is at hand, also by one that knows nothing of FRR. */
describeWithFrr("an identity that waits to be confirmed, by a program of a plan without one", () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
  const namespaces = new Namespaces("idpend");
  const spec = identityHost(STUB);
  const announcing = program(spec);
  const silent = program({ ...spec, policy: {} });
  let namespace: FrrNamespace;
  let host: ProgramHost;
  let found: string;

  beforeAll(async () => {
    namespace = await FrrNamespace.in(linkedHost(namespaces), dir);
    host = new ProgramHost(namespace);
    found = files();
  });
  afterAll(async () => {
    host?.run(announcing, "remove");
    host?.destroy();
    await namespace?.destroy();
    await namespaces.destroy();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const files = (): string => namespace.ok("sh", "-c", "cat /etc/frr/frr.conf /etc/frr/daemons");
  const pend = (): void => {
    host.ok(silent, "apply");
    expect(host.run(announcing, "apply", "--confirm-within", "600").status).toBe(0);
    expect(files()).toContain("router ospf");
  };

  test("is rolled back with FRR as it was found", () => {
    pend();
    host.ok(silent, "rollback");
    expect(files()).toBe(found);
    host.ok(silent, "verify");
  });

  test("goes on to be announced when it is confirmed", () => {
    pend();
    host.ok(silent, "confirm");
    expect(files()).toContain("router ospf");
    host.ok(announcing, "verify");
    expect(JSON.parse(host.ok(announcing, "status", "--json")).drift).toBe(false);
  });
});
