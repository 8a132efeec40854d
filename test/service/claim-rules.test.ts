import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyClaimRules, parseClaimRules } from "../../src/auth/claim-rules.ts";

/** The tasks of a rule with one pattern, which puts everything it captures into a task of its own. */
function tasksOf(pattern: string, claim: string): unknown {
  const names = Array.from(pattern.matchAll(/\{(\w+)\}/g), ([placeholder]) => placeholder);
  const rule = { claims: { ref: pattern }, scope: "work", tasks: names };
  const rules = parseClaimRules(JSON.stringify([rule]));
  if (rules === null) throw new Error(`${pattern} is not taken for a pattern`);
  const { scope, tasks } = applyClaimRules(rules, { ref: claim });
  return scope === "" ? null : tasks;
}

describe("a pattern", () => {
  it.each([
    ["v{n}", "v1", ["1"]],
    ["v{n}", "v", null],
    ["v{n}", "w1", null],
    ["{a}-{b}", "x-y-z", ["x-y", "z"]],
    ["{a}-{b}", "x-", null],
    ["aba{x}aba", "aba", null],
    ["{a}:{b}", "x:y:z", null],
    ["{a}/{b}.", "x/y..", ["x", "y."]],
    ["main", "main", []],
    ["main", "maine", null],
  ])("%s matches %s with %j", (pattern, claim, tasks) => {
    expect(tasksOf(pattern, claim)).toEqual(tasks);
  });

  it("matches as the regular expression does that it reads like", () => {
    const literal = fc.string({ unit: fc.constantFrom("a", "-", ":"), maxLength: 3 });
    const between = fc.string({ unit: fc.constantFrom("a", "-", ":"), minLength: 1, maxLength: 3 });
    const claim = fc.string({ unit: fc.constantFrom("a", "-", ":", "😀"), maxLength: 12 });
    const property = fc.property(
      literal,
      fc.array(between, { maxLength: 3 }),
      literal,
      claim,
      (first, middle, last, text) => {
        const literals = [first, ...middle, last];
        const pattern = literals.map((part, at) => (at === 0 ? part : `{n${at}}${part}`)).join("");
        const groups = new RegExp(`^${literals.join("([^:]+)")}$`, "u").exec(text)?.slice(1);
        const raw = (tasks: unknown) => JSON.stringify(tasks).replaceAll("~F0~9F~98~80", "😀");
        expect(raw(tasksOf(pattern, text))).toBe(raw(groups ?? null));
      },
    );
    fc.assert(property, { numRuns: 3000 });
  });

  it("with many places for each of its names does not try them all, which would take hours", () => {
    const pattern = "{a}-{b}-{c}-{d}-{e}-{f}";
    expect(tasksOf(pattern, `${"-".repeat(1000)}:`)).toBe(null);
  });

  it("matches no claim of more than 1,024 characters", () => {
    expect(tasksOf("{a}", "x".repeat(1024))).toHaveLength(1);
    expect(tasksOf("{a}", "x".repeat(1025))).toBe(null);
  });

  it.each([
    ["two names side by side, which could share a text in many ways", ["{a}{b}"]],
    ["a name twice", ["{a}-{a}"]],
    ["half a character", ["{a}\ud83d"]],
  ])("with %s is refused", (_, [ref = ""]) => {
    const rule = { claims: { ref }, scope: "work", tasks: [] };
    expect(parseClaimRules(JSON.stringify([rule]))).toBe(null);
  });

  it("fills in queues as it does tasks, and leaves out what a rule does not name", () => {
    const rule = {
      claims: { ref: "refs/{branch}" },
      scope: "work",
      queues: ["ci-{branch}", "gpu"],
    };
    const rules = parseClaimRules(JSON.stringify([rule])) ?? [];
    expect(applyClaimRules(rules, { ref: "refs/a/b", queues: ["*"] })).toMatchObject({
      tasks: [],
      queues: ["ci-a~2Fb", "gpu"],
    });
    expect(applyClaimRules(rules, { ref: "tags", queues: ["*"] })).toMatchObject({ queues: [] });
    const unknown = { ...rule, queues: ["{other}"] };
    expect(parseClaimRules(JSON.stringify([unknown]))).toBeNull();
  });
});
