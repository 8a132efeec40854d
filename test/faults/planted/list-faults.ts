import type { PlantedFault } from "./planted.ts";

const BULK = "src/directory/bulk-core.ts";
const ANNOUNCE = "src/webhooks/announce.ts";
const DELIVERY = "src/webhooks/delivery.ts";

/** Breaks of the directory, of cancels of many, and of webhooks. */
export const listFaults: readonly PlantedFault[] = [
  {
    name: "in the directory an older word overwrites a newer one",
    scenario: "trees",
    edits: [
      {
        file: "src/directory/directory-store.ts",
        before: "WHERE excluded.revision > revision`,",
        after: "WHERE true`,",
      },
    ],
  },
  {
    name: "a list does not ask about a task that it has not heard of for long",
    scenario: "trees",
    edits: [
      {
        file: "src/directory/query.ts",
        before: "return isFromBefore || heardAtMs + ALIVE_HEARD_WITHIN_MS < nowMs;",
        after: "return isFromBefore;",
      },
    ],
  },
  {
    name: "a cancel of many forgets how far it has read",
    scenario: "trees",
    edits: [
      {
        file: BULK,
        before: "return { ...bulk, after: page.to, matched: bulk.matched + page.tasks.length };",
        after: "return { ...bulk, after: null, matched: bulk.matched + page.tasks.length };",
      },
      {
        file: BULK,
        before: "const page = await this.#port.list({ filter, covered, after, limit: AT_ONCE });",
        after: "const page = await this.#port.list({ filter, covered, after, limit: 5 });",
      },
    ],
  },
  {
    name: "a cancel of many counts a task that did not answer as done",
    scenario: "trees",
    edits: [
      {
        file: BULK,
        before: '      if (isAsked) this.#mark(task, "unreachable");\n      return bulk;',
        after:
          '      this.#run("DELETE FROM waiting WHERE id = ?", task.id);\n      return { ...bulk, ended: bulk.ended + 1 };',
      },
    ],
  },
  {
    name: "a cancel of many leaves it to the tasks to tell the directory",
    scenario: "trees",
    edits: [
      {
        file: BULK,
        before:
          "const taken = new Set((await this.#port.settle(ends)).map(({ listed }) => listed.id));",
        after: "const taken = new Set(ends.map(({ listed }) => listed.id));",
      },
    ],
  },
  {
    name: "a task drops an event that its webhook has not taken",
    scenario: "trees",
    edits: [
      {
        file: ANNOUNCE,
        before:
          "await Promise.all(wanting.map(({ id }) => env.WEBHOOKS.getByName(id).take(event)));",
        after:
          "await Promise.allSettled(wanting.map(({ id }) => env.WEBHOOKS.getByName(id).take(event)));",
      },
    ],
  },
  {
    name: "an event has another id each time it is announced",
    scenario: "trees",
    edits: [
      {
        file: ANNOUNCE,
        before: 'await crypto.subtle.digest("SHA-256", text)',
        after: 'await crypto.subtle.digest("SHA-256", crypto.getRandomValues(text))',
      },
    ],
  },
  {
    name: "an event that was refused is not sent again",
    scenario: "trees",
    edits: [
      {
        file: DELIVERY,
        before: "delivery: { ...delivery, nextTryAtMs },",
        after: "delivery,",
      },
    ],
  },
  {
    name: "a webhook that answers 410 is sent the next events",
    scenario: "trees",
    edits: [
      {
        file: DELIVERY,
        before: 'return { delivery, endpoint: disabled(endpoint, "gone", nowMs) };',
        after: "return { delivery, endpoint };",
      },
    ],
  },
  {
    name: "an event is sent again under another id",
    scenario: "trees",
    edits: [
      {
        file: "src/webhooks/webhook-core.ts",
        before: "const delivery = { ...before, tries: 0, nextTryAtMs, isDelivered: false };",
        after:
          "const delivery = { ...before, id: id + 2, tries: 0, nextTryAtMs, isDelivered: false };",
      },
    ],
  },
  {
    name: "what is signed is not what is sent",
    scenario: "trees",
    edits: [
      {
        file: "src/webhooks/signature.ts",
        before: "new Webhook(one).sign(id, new Date(nowMs), payload)",
        after: "new Webhook(one).sign(id, new Date(nowMs), payload.toUpperCase())",
      },
    ],
  },
];
