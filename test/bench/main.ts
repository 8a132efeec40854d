import { measureCost } from "./cost/measure-cost.ts";

const [name, ...args] = process.argv.slice(2);
try {
  if (name !== "cost") throw new Error(`there is no bench "${name}": cost is one`);
  await measureCost(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
