import { clientFaults } from "./client-faults.ts";
import type { PlantedFault } from "./planted-fault.ts";
import { serviceFaults } from "./service-faults.ts";

/** Breaks of the code that the lab has to catch; each breaks a promise. */
export const plantedFaults: readonly PlantedFault[] = [...serviceFaults, ...clientFaults];
