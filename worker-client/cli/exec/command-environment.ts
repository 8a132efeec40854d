import type { ExecOptions } from "./exec-options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the command sees. The token is a worker's, and nothing that any command should be able to
 * read or hand on, so it is passed on only to who asks for it. Without an attempt the service has
 * not answered yet.
 */
export function commandEnvironment(
  environment: Environment,
  { taskId, passToken }: ExecOptions,
  attempt: number | null,
): Environment {
  const { EDGE_CANCELER_TOKEN: token, EDGE_CANCELER_ATTEMPT: _, ...others } = environment;
  return {
    ...others,
    ...(passToken && token !== undefined && { EDGE_CANCELER_TOKEN: token }),
    EDGE_CANCELER_TASK: taskId,
    ...(attempt !== null && { EDGE_CANCELER_ATTEMPT: String(attempt) }),
  };
}
