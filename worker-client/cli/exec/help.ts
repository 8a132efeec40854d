/** What `edge-canceler exec --help` says. */
export const EXEC_HELP = `Runs a command as a task. When the task is cancelled, the command stops, with all that it has started.

  edge-canceler exec [OPTION…] TASK -- COMMAND [ARG…]

Options:
  --signal NAME          the signal that asks the command to stop (default: SIGTERM)
  --grace DURATION       how long the command may take to stop before SIGKILL, where the canceller does
                         not say (default: 30s, less 2 s for the report)
  --kill-mode MODE       group: all processes of the command get the signal (default)
                         mixed: only the command itself gets it; SIGKILL for the rest once it has ended
  --stop-command CMD     what sh(1) runs in place of the signal, to stop work that is elsewhere: in a
                         container, on another host, in a batch system
  --timeout DURATION     the task's deadline, counted from its start (default: none). exec keeps it in
                         any case; the service records it if the token may declare the task
  --if-running WHAT      take-over: the newest run of a task wins, and the one before stops (default)
                         refuse: do not start a task that another worker runs (with --lease, the default
                         for one that holds its lease)
  --lease DURATION       how long the run counts as alive without a sign of life, 10s to 1h; then the
                         task is handed on (default: for ever). exec gives the signs of life, and stops
                         the command if none gets through for this long
  --max-attempts N       how many attempts may fail or be lost before the task has failed, 1 to 100
                         (default: 1). With more than one, a stop from outside gives the task back
  --backoff DURATION     how long the task waits for its next attempt, after the first failure; the
                         time doubles with each, and a random part of it counts (default: 10s)
  --on-unreachable WHAT  continue: a service that is down stops nothing (default)
                         abort-after=10m: stop the command when nothing is heard for this long
  --parent TASK          the task that this one is cancelled with (default: the task of an exec or a
                         worker around this one)
  --no-parent            cancel it with no other task
  --pass-token           let the command see EDGE_CANCELER_TOKEN (default: it does not)

Examples:
  edge-canceler exec job-1 -- python3 train.py --epochs 90
  edge-canceler exec --timeout 2h --grace 1m job-2 -- sh -c 'fetch | transform > out'
  edge-canceler exec "build-$CI_JOB_ID" -- make -j8

The command has the stdin, stdout, stderr and terminal of exec. It sees EDGE_CANCELER_TASK and
EDGE_CANCELER_ATTEMPT (the number of the run; not set if the service does not answer within 2 s).
Whenever it writes JSON to the file EDGE_CANCELER_PROGRESS_FILE, at most 4 KiB, readers of the task see
that, and the next attempt gets it as EDGE_CANCELER_PROGRESS. TRACEPARENT is the trace that the task
was made in, if there is one.
A process of the same user can read the token in the environment of exec, by /proc: with --token-file
or --token-command, it is not there.
exec itself writes to stderr only, in plain lines, even with --json. A line that cannot be written
within a second is dropped.

On a cancel, every process of the command gets the signal; those that remain after the grace period
get SIGKILL. This includes grandchildren and, on Linux, processes in sessions of their own. What a
process starts after it got the signal is left to it until SIGKILL. The grace period counts from when
exec hears of the cancel. A later cancel may shorten it, and changes nothing else. If the command ends
by itself, what it left in the background keeps running.
To leave a daemon alone: EDGE_CANCELER_RUN= setsid DAEMON & (Linux).

exec forwards the signals it gets to the command itself: SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1,
SIGUSR2, SIGALRM, SIGVTALRM, SIGXCPU, SIGXFSZ, SIGIO, SIGSYS, SIGABRT and SIGWINCH. The first four mean
a stop from outside: the rest of the command is stopped once the command has ended, even if it exits
with 0. Then a task with more than one attempt (--max-attempts) is given back, which is no failure; any
other ends as failed with the error type "interrupted", and can run again with the same id. On a terminal, Ctrl-C reaches the command directly, so exec forwards no SIGINT,
SIGQUIT, SIGHUP or SIGWINCH: to stop an exec there by its number, send SIGTERM. None of these signals
ends exec before its command. SIGKILL and real-time signals do, and leave the command running,
unwatched: in a container, set STOPSIGNAL to SIGTERM.
To outlive a terminal: edge-canceler exec TASK -- nohup COMMAND.

A service that is down never stops the command, and delays it by 2 s at most. exec keeps trying to
start the task, and hears of a cancel later. It tries to report the end for 30 s, or for the whole
grace period (up to 5 minutes) if the task was cancelled; Ctrl-C on a terminal leaves it 2 s. If exec
never reached the service, it tries for 5 s, and any signal to stop leaves it 2 s.

Limits: a process escapes if it leaves its group, loses its parent and clears its environment before
exec looks for it. Without a /proc of exec's own PID namespace (on other systems: without ps), exec
finds only the command and its process group, and on a terminal only the command. There, an orphan
that nobody has waited for delays exec until the grace period is over. As PID 1, exec does not reap
orphans: add an init (docker run --init, or tini -- edge-canceler exec …).

Exit code: the command's own, or 128 + the number of the signal that ended it. And
  2    exec was called wrongly
  77   the task was not started: the token does not allow it, the task has ended or waits for its next
       attempt, or another worker runs it (--lease, --if-running=refuse)
  124  the deadline has passed, or nobody had started the task in time
  126  the command cannot be executed
  127  the command is not found
  130  Ctrl-C (exec itself dies of SIGINT then, so that a loop of the shell ends)
  143, 137  stopped by a cancel or a lost lease, with SIGTERM or, after the grace period, SIGKILL.
       A command that was told to stop and exits with 0 counts as 143, because its work is not done;
       another code is kept. The same goes for a stop from outside (SIGTERM 143, SIGINT 130, SIGHUP 129).
       If the task was cancelled before it started: not started, 143.`;
