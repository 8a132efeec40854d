/** What `edge-canceler exec --help` says. */
export const EXEC_HELP = `Runs a command as a task. When the task is cancelled, exec stops the command, with all that it has started.

  edge-canceler exec [OPTION…] TASK -- COMMAND [ARG…]

Options:
  --signal NAME          the signal that asks the command to stop (default: SIGTERM)
  --grace DURATION       how long the command may take to stop before SIGKILL, if the canceller does not
                         say (default: 30s, less 2 s for the report)
  --kill-mode MODE       group: all processes of the command get the signal (default)
                         mixed: only the command itself gets it; the rest gets SIGKILL once it has ended
  --stop-command CMD     a command for sh -c to run instead of sending the signal, for work that is
                         elsewhere: in a container, on another host, in a batch system
  --timeout DURATION     the task's deadline, counted from its start (default: none). exec always
                         enforces it; the service also records it if the token may declare the task
  --if-running WHAT      take-over: the newest run of a task wins, and the earlier one stops (default)
                         refuse: do not start a task that another worker is running. With --lease or
                         --max-attempts, the default is to refuse only if that run holds a lease
  --lease DURATION       how long the run may be silent before it counts as lost and the task is handed
                         on, 10s to 1h (default: for ever). exec sends signs of life, and stops the
                         command if none gets through for this long
  --max-attempts N       how many attempts may fail or be lost before the task fails, 1 to 100
                         (default: 1). With more than one, a stop from outside gives the task back
  --backoff DURATION     the longest wait for the next attempt, after the first failure (default: 10s).
                         It doubles with each failure, and the actual wait is a random part of it
  --on-unreachable WHAT  continue: keep running while the service is down (default)
                         abort-after=10m: stop the command if the service is silent for this long
  --parent TASK          the task that this one is cancelled with (default: the task of the exec or work
                         around this one)
  --no-parent            give the task no parent
  --pass-token           let the command see EDGE_CANCELER_TOKEN (default: it does not)

Examples:
  edge-canceler exec job-1 -- python3 train.py --epochs 90
  edge-canceler exec --timeout 2h --grace 1m job-2 -- sh -c 'fetch | transform > out'
  edge-canceler exec "build-$CI_JOB_ID" -- make -j8

The command inherits stdin, stdout, stderr and the terminal from exec. It sees EDGE_CANCELER_TASK and
EDGE_CANCELER_ATTEMPT (the number of the run; not set if the service does not answer within 2 s). It
reports progress by writing JSON, at most 4 KiB, to the file EDGE_CANCELER_PROGRESS_FILE: readers of the
task see it, and the next attempt gets it as EDGE_CANCELER_PROGRESS. TRACEPARENT is the trace that the
task was created in, if there is one.
A process of the same user can read the token from the environment of exec in /proc. With --token-file
or --token-command, it is not there.
exec itself writes to stderr only, in plain lines, even with --json. A line that cannot be written
within a second is dropped.

On a cancel, every process of the command gets the signal; those that remain after the grace period
get SIGKILL. This includes grandchildren and, on Linux, processes in sessions of their own. Processes
that are started after the signal are left alone until SIGKILL. The grace period counts from when exec
hears of the cancel. A later cancel can shorten it, and changes nothing else. If the command ends by
itself, what it left in the background keeps running.
To leave a daemon alone: EDGE_CANCELER_RUN= setsid DAEMON & (Linux).

exec forwards the signals it gets to the command itself: SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1,
SIGUSR2, SIGALRM, SIGVTALRM, SIGXCPU, SIGXFSZ, SIGIO, SIGSYS, SIGABRT and SIGWINCH. The first four mean
a stop from outside: once the command has ended, exec stops what is left of it. A task with more than
one attempt (--max-attempts) is then given back, which does not count as a failure. Any other ends as
failed with the error type "interrupted", and can run again with the same id. This holds even if the
command exits with 0.
On a terminal, Ctrl-C reaches the command directly, so exec forwards no SIGINT, SIGQUIT, SIGHUP or
SIGWINCH: to stop an exec there by its process ID, send SIGTERM. None of these signals ends exec before
its command. SIGKILL and real-time signals do, and leave the command running, unwatched: in a container,
set STOPSIGNAL to SIGTERM.
npx may not pass a signal on to exec, except for Ctrl-C on a terminal: where anything else may stop
exec, start edge-canceler itself.
To keep a command running when the terminal closes: edge-canceler exec TASK -- nohup COMMAND.

If the service is down, the command starts anyway, after 2 s at most. exec keeps trying to start the
task, and hears of a cancel later. It tries to report the end for 30 s, or for the whole grace period
(up to 5 minutes) if the task was cancelled; Ctrl-C on a terminal shortens that to 2 s. If exec never
reached the service, it tries for 5 s, which any signal to stop shortens to 2 s.

Limits: a process escapes if it leaves its group, loses its parent and clears its environment before
exec looks for it. Without a /proc of exec's own PID namespace (on other systems: without ps), exec
finds only the command and its process group, and on a terminal only the command. There, an orphan
that nobody has reaped delays exec until the grace period is over. As PID 1, exec does not reap
orphans: add an init (docker run --init, or tini -- edge-canceler exec …).

Exit code: the command's own, or 128 + the number of the signal that ended it. And
  2    the arguments are invalid
  77   the task was not started: the token does not allow it, the task has ended or waits for its next
       attempt, or another worker runs it (--lease, --if-running=refuse)
  124  the deadline has passed, or nobody started the task in time
  126  the command cannot be executed
  127  the command was not found
  130  Ctrl-C (exec itself then dies of SIGINT, so that a shell loop ends)
  143, 137  stopped by a cancel or a lost lease, with SIGTERM or, after the grace period, SIGKILL.
       A command that was told to stop and exits with 0 counts as 143, because its work is not done;
       another code is kept. The same goes for a stop from outside (SIGTERM 143, SIGINT 130, SIGHUP 129).
       A command whose task was cancelled before it started is not started at all: 143.`;
