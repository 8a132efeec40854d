import { processUsage } from "../../lab/measure.ts";

interface Shares {
  readonly generatorShare: number;
  readonly serviceShare: number;
}

/** Begins to count the CPU that this process and the service take; call the answer for the shares of a core. */
export function startShares(servicePid: number): () => Shares {
  const beganAtMs = performance.now();
  const generator = process.cpuUsage();
  const service = processUsage(servicePid).cpuSeconds;
  return () => {
    const seconds = (performance.now() - beganAtMs) / 1000;
    const { user, system } = process.cpuUsage(generator);
    return {
      generatorShare: (user + system) / 1e6 / seconds,
      serviceShare: (processUsage(servicePid).cpuSeconds - service) / seconds,
    };
  };
}
