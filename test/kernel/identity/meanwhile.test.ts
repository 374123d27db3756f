import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Between } from "../support/between";
import { FrrNamespace, describeWithFrr } from "../support/frr";
import { Namespaces } from "../support/netns";
import { ProgramHost, program } from "../support/program";
import { STUB, identityHost, linkedHost } from "./network";

/** What becomes of FRR between a commit and the last look is not taken for how it was left. Here it happens for certain. */
describeWithFrr("an identity whose FRR somebody meddles with after the commit", () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
  const namespaces = new Namespaces("idmean");
  const [one, two] = [300, 500].map((bfdInterval) => program(identityHost({ ...STUB, bfdInterval })));
  let namespace: FrrNamespace;
  let host: ProgramHost;

  beforeAll(async () => {
    namespace = await FrrNamespace.in(linkedHost(namespaces), dir);
    host = new ProgramHost(namespace);
  });
  afterAll(async () => {
    host?.run(one, "remove");
    host?.destroy();
    await namespace?.destroy();
    await namespaces.destroy();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  test.each([
    ["its configuration", "echo >/etc/frr/frr.conf"],
    ["that it runs", "/usr/lib/frr/frrinit.sh stop >/dev/null"],
  ])("%s: the next apply has it again", (_, act) => {
    host.ok(one, "apply");
    const between = new Between(host);
    between.afterCommit(1, act);
    host.ok(two, "apply");
    between.end();
    expect([between.met, host.run(two, "verify").status]).toEqual([true, 1]);
    host.ok(two, "apply");
    expect(namespace.vtysh("show running-config")).toContain("transmit-interval 500");
    host.ok(two, "verify");
    expect(JSON.parse(host.ok(two, "status", "--json")).drift).toBe(false);
  });
});
