/** What `edge-canceler exec --help` says. */
export const EXEC_HELP = `Runs a command as a task: whoever cancels the task stops the command, with all that it has started.

  edge-canceler exec [OPTION…] TASK -- COMMAND [ARG…]

Options:
  --signal NAME          what tells the command to stop (default: SIGTERM)
  --grace DURATION       how long it may take; then SIGKILL (default: as long as the cancel says,
                         less up to 2 s, so that the report gets in)
  --timeout DURATION     the task's deadline, from its start (default: none); exec keeps it in any case,
                         and has it on record where the token may declare the task
  --on-unreachable WHAT  continue: a service that is down stops nothing (default);
                         abort-after=10m: stop when nothing was heard for so long
  --pass-token           let the command see EDGE_CANCELER_TOKEN; it is taken out otherwise

Examples:
  edge-canceler exec job-1 -- python3 train.py --epochs 90
  edge-canceler exec --timeout 2h --grace 1m job-2 -- sh -c 'fetch | transform > out'
  edge-canceler exec "build-$CI_JOB_ID" -- make -j8

The command has the stdin, stdout, stderr and terminal of exec, as they are, and sees
EDGE_CANCELER_TASK and EDGE_CANCELER_ATTEMPT (the number of the run; not there if the service did
not answer within 2 s). What exec says goes to stderr, in plain lines, with --json too; a line that
nobody takes within a second is lost, and holds up nothing more.

On a cancel every process of the command gets the signal, and what is left after the grace period
SIGKILL: grandchildren too, and on Linux those in sessions of their own. After an end of the
command's own accord, what it left running in the background goes on. A second cancel changes
nothing. Signals that exec gets reach the command: SIGINT, SIGTERM, SIGHUP and SIGQUIT all of it;
SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGXCPU, SIGXFSZ, SIGIO, SIGSYS, SIGABRT and, without a
terminal, SIGWINCH the command itself. None of these ends exec before its command. Others do, and
leave the command running, unwatched, and its task too, until its deadline: SIGKILL, and SIGRTMIN+3
as some images have it for a STOPSIGNAL (choose SIGTERM).
To outlive a terminal: exec TASK -- nohup COMMAND.

A service that is down never stops or delays the command (2 s at most, if it accepts connections and
says nothing). The start is made up for when it is back, and a cancel made meanwhile is heard.
The end is tried to be reported for 30 s, or 5 s where the service was never heard; a signal cuts
that short.

Limits: a process gets away that leaves its group, loses its parent and clears its environment
before it is looked for. Without a /proc of exec's own PID namespace (on other systems: without ps)
only the command and its process group are found, and on a terminal the command alone.

Exit code: the command's own, or 128 + the number of the signal that ended it. And
  2    it was called in a wrong way
  77   the service refused to start it: the token, or a task that has ended already
  124  the deadline has passed
  126  the command cannot be executed
  127  the command is not found
  130  Ctrl-C (exec dies of SIGINT too, and so ends a loop of the shell, as its command would)
  143, 137  stopped by a cancel, with SIGTERM or, after the grace period, SIGKILL.
       A command that was told to stop and exits with 0 counts as 143, because it was stopped and
       not done; another code is kept. Cancelled before it was started: not started, 143.`;
