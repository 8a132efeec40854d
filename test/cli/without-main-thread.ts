/** The number of `exit`, which ends one thread and leaves the others, as `pthread_exit` does. */
const SYS_EXIT = process.arch === "arm64" ? 93 : 60;

/**
 * For `sh -c`: a process that says its pid, and whose main thread then ends, and no other. It is of
 * Deno, which comes with the project, has threads, and can call the kernel.
 */
export const WITHOUT_MAIN_THREAD = `deno eval '
  const call = { parameters: ["i64", "i64"], result: "i64" };
  const { symbols } = Deno.dlopen("libc.so.6", { syscall: call });
  Deno.stdout.writeSync(new TextEncoder().encode("pid " + Deno.pid + "\\n"));
  symbols.syscall(${SYS_EXIT}n, 0n);
'`;
