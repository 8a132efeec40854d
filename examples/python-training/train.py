"""A training job that saves a checkpoint and ends when its task is cancelled."""

import json
import os
import pathlib
import sys
import time

from task import Task

CHECKPOINT = pathlib.Path(os.environ.get("CHECKPOINT", "checkpoint.json"))
EPOCHS = int(os.environ.get("EPOCHS", "600"))

task = Task(os.environ["TASK_ID"])
first = json.loads(CHECKPOINT.read_text())["epoch"] if CHECKPOINT.exists() else 0
try:
    for epoch in range(first, EPOCHS):
        if task.cancelled.wait(0.1):  # Your work, in steps.
            CHECKPOINT.write_text(json.dumps({"epoch": epoch}))
            print(f"cancelled: checkpoint saved after epoch {epoch}", flush=True)
            task.finish("cancelled")
            sys.exit(143)
        print(f"epoch {epoch}", flush=True)
except Exception as error:
    task.finish("failed", error={"message": str(error)})
    raise
task.finish("succeeded", result={"epochs": EPOCHS})
