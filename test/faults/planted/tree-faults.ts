import type { PlantedFault } from "./planted.ts";

const ADOPTION = "src/tasks/adoption.ts";
const CHILDREN = "src/tasks/children.ts";
const EFFECTS = "src/tasks/effects.ts";
const KINSHIP = "src/tasks/kinship.ts";
const SWEEPER = "src/tasks/sweeper.ts";
const TELLING = "src/tasks/telling.ts";

/** Breaks of trees: who is cancelled with whom, and who knows of it. */
export const treeFaults: readonly PlantedFault[] = [
  {
    name: "a child that comes after the cancel of its parent is not cancelled",
    scenario: "trees",
    edits: [
      {
        file: ADOPTION,
        before: "const cancel = family.latch && !staysOn ? cancelOf(family.latch, id) : null;",
        after: "const cancel = family.living < 0 ? cancelOf(family.latch, id) : null;",
      },
    ],
  },
  {
    name: "a child that may stay is cancelled with its parent",
    scenario: "trees",
    edits: [
      {
        file: TELLING,
        before: "if (latch !== null && !row.staysOn && !row.isTold) {",
        after: "if (latch !== null && !row.isTold) {",
      },
      {
        file: KINSHIP,
        before: 'cancel?.cause === "parent" && task?.staysOn === true;',
        after: 'cancel?.cause === "parent" && parent === "";',
      },
    ],
  },
  {
    name: "a child that may stay is cancelled with its parent once somebody else starts it",
    scenario: "trees",
    edits: [
      {
        file: KINSHIP,
        before: 'cancel?.cause === "parent" && task?.staysOn === true;',
        after: 'cancel?.cause === "parent" && parent === "";',
      },
    ],
  },
  {
    name: "a parent does not go on to tell its children after one could not be reached",
    scenario: "trees",
    edits: [
      {
        file: TELLING,
        before: "if (!hasFailed && !hasWaited && !mustRepeat) return null;",
        after: "if (!hasWaited && !mustRepeat) return null;",
      },
    ],
  },
  {
    name: "a child counts as told before it has answered",
    scenario: "trees",
    edits: [
      {
        file: SWEEPER,
        before: '} else if (errand.type === "cancel") {\n',
        after:
          '} else if (errand.type === "cancel") {\n        this.#port.children.store({ ...known, isTold: true });\n',
      },
    ],
  },
  {
    name: "a parent tells a hundred children, and then no more",
    scenario: "trees",
    edits: [
      {
        file: SWEEPER,
        before: "const VISITS_PER_EVENT = 500;",
        after: "const VISITS_PER_EVENT = 100;",
      },
      {
        file: SWEEPER,
        before: "this.#storeAnswers(leg, this.#port.now());",
        after: "this.#keeper.store({ ...this.#swept(leg), sweep: null });",
      },
    ],
  },
  {
    name: "a parent that is killed while it tells its children does not go on",
    scenario: "trees",
    edits: [
      {
        file: CHILDREN,
        before: "return earliest(sweep?.dueAtMs ?? null, doubtAtMs);",
        after: "return null;",
      },
    ],
  },
  {
    name: "a cancel of a parent that has ended does not go on to its children",
    scenario: "trees",
    edits: [
      {
        file: KINSHIP,
        before:
          'if (command.type !== "cancel" || !isEnded(task) || !this.livesBelow(task)) return;',
        after: 'if (command.type !== "cancel" || isEnded(task)) return;',
      },
    ],
  },
  {
    name: "a task that supersedes others lets those go on that came before",
    scenario: "trees",
    edits: [
      {
        file: TELLING,
        before: "row.adoptedAtMs < superseder.adoptedAtMs && !row.isTold",
        after: "row.adoptedAtMs < 0 && !row.isTold",
      },
    ],
  },
  {
    name: "a parent does not learn of the end of its children",
    scenario: "trees",
    edits: [
      {
        file: EFFECTS,
        before: "if (!hasHeard && !isSame(before ? countsOf(before) : ALIVE, countsOf(after))) {",
        after: "if (before === after) {",
      },
    ],
  },
  {
    name: "a parent counts a child for good that its Worker did not make",
    scenario: "trees",
    edits: [{ file: ADOPTION, before: "isDoubtful: true,", after: "isDoubtful: false," }],
  },
  {
    name: "a parent does not ask what became of a child that it took in",
    scenario: "trees",
    edits: [
      {
        file: TELLING,
        before: "if (doubtful === 0) return { ...family, doubtAtMs: null };",
        after: "if (doubtful >= 0) return { ...family, doubtAtMs: null };",
      },
    ],
  },
];
