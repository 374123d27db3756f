import * as pulumi from "@pulumi/pulumi";
import {
  PENDING,
  fieldOf,
  independently,
  knownNow,
  pendingPaths,
  settle,
  unknownAgain,
} from "../../lib/deliver/known";
import { runWithMocks } from "../../lib/testing";

const unknown = <T>() => pulumi.output(pulumi.unknown) as unknown as pulumi.Output<T>;

test("plain values are known at once, outputs and promises later", () => {
  expect(
    knownNow({ a: 1, b: [pulumi.output(2), "x"], c: Promise.resolve(3), d: undefined } as object),
  ).toEqual({
    a: 1,
    b: [PENDING, "x"],
    c: PENDING,
  });
});

test("an output is looked at as soon as a part of it is known", async () => {
  let seen: unknown;
  await runWithMocks(
    () => settle({ a: unknown<number>(), b: [pulumi.output(2)] }, (draft) => void (seen = draft)),
    { preview: true },
  );
  expect(seen).toEqual({ a: PENDING, b: [2] });
});

test("what was learnt from it counts as known", async () => {
  const run = await runWithMocks(() => settle({ a: unknown<number>() }, () => "done"), { preview: true });
  expect(await run.isKnown(run.result)).toBe(true);
  expect(await run.value(run.result)).toBe("done");
});

test("a draft becomes an output of which the parts are known one by one", async () => {
  const draft = { a: [PENDING, "x"], b: 1 };
  const run = await runWithMocks(
    () => pulumi.output({}).apply(() => unknownAgain<{ a: string[]; b: number }>(draft as never)),
    { preview: true },
  );
  const output = run.result as unknown as pulumi.Output<{ a: string[]; b: number }>;
  expect(await run.isKnown(output)).toBe(false);
  expect(await run.value(fieldOf<{ a: string[]; b: number }, "b">(output, "b"))).toBe(1);
});

test("pending values are named by path", () => {
  expect(pendingPaths({ a: [{ b: PENDING }, 1], c: PENDING })).toEqual(["a[0].b", "c"]);
  expect(pendingPaths("x")).toEqual([]);
});

test("a value can be waited for without depending on where it is from, and its failure is the same", async () => {
  const run = await runWithMocks(() => independently(pulumi.output("x")));
  expect(await run.value(run.result)).toBe("x");
  await expect(
    runWithMocks(() => independently(pulumi.output(1).apply(() => { throw new Error("no"); }))),
  ).rejects.toThrow("no"); // prettier-ignore
});

test("secrets stay what they are", async () => {
  const run = await runWithMocks(() => settle({ s: pulumi.secret("s") }, () => "seen"));
  expect(await pulumi.isSecret(run.result)).toBe(true);
});
