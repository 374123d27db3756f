import { decide } from "../../lib/deliver/confirmation";

const command = 'Process exited with status 75: running "timeout ...":\n';
const WAITS = `${command}multihome: change 0a1b2c3d is in force, and waits to be confirmed, for 60 s, by the same command over a new connection`;
const LATE = `${command}multihome: change 0a1b2c3d cannot be confirmed any more, since it was rolled back: it was not confirmed within 60 s. In force is generation 0, digest 5f. Apply it again`;
const OTHER = `${command}multihome: change 99999999 waits to be confirmed, for 17 s more: confirm it, or roll it back, first`;
const SILENT = "after 10 failed attempts: dial tcp 198.51.100.7:22: i/o timeout";
const REFUSED = `${command}multihome: ip is needed, and not found in /usr/bin`;

describe("an operation that has failed", () => {
  test.each<[string, string[], number | undefined, number | "stop"]>([
    ["waits to be confirmed: again, at once", [WAITS], 0, 0],
    ["waits a second time: nobody knows what was confirmed", [WAITS, WAITS], 1, "stop"],
    ["is refused by the host", [REFUSED], undefined, "stop"],
    ["is refused by the host after it asked for the confirmation", [REFUSED, WAITS], 1, "stop"],
    ["finds nobody", [SILENT], undefined, "stop"],
    ["finds nobody after the change: until the host has rolled back", [SILENT, WAITS], 30, 2],
    ["still finds nobody, and so the host is back", [SILENT, SILENT, WAITS], 74, 2],
    ["finds nobody when the host must have been back for long", [SILENT, SILENT, WAITS], 76, "stop"],
    ["learns that its change was rolled back", [LATE, SILENT, WAITS], 65, "stop"],
    ["learns that the change of an earlier update was: again", [LATE], undefined, 0],
    ["and goes on as ever", [WAITS, LATE], 0, 0],
    ["learns it over and over", [LATE, LATE], undefined, "stop"],
    ["finds another change pending: when that has ended", [OTHER], undefined, 20],
    ["finds another change pending again", [OTHER, OTHER], undefined, "stop"],
    ["and goes on as ever after that", [WAITS, OTHER], 0, 0],
    ["has no reason", [], undefined, "stop"],
  ])("%s", (_, errors, since, after) => {
    expect(decide(errors, since, 60)).toEqual(after === "stop" ? { again: false } : { again: true, after });
  });
});
