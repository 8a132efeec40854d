"""An edge-canceler task in Python, with only the standard library."""

import http.client
import json
import os
import threading
import time
import urllib.error
import urllib.request
import uuid


class Task:
    """One run of a task. `cancelled` is set when somebody cancels it, or another run takes over."""

    def __init__(self, task_id):
        self.url = f"{os.environ['EDGE_CANCELER_URL']}/v1/tasks/{task_id}"
        self.holder = str(uuid.uuid4())
        self.cancelled = threading.Event()
        state = self.ask("POST", "/start", {"holder": self.holder})
        self.attempt = state["attempt"]
        if state["status"] != "running":
            self.cancelled.set()
        threading.Thread(target=self._watch, args=[state], daemon=True).start()

    def finish(self, status, **more):
        """Reports how the run ended: succeeded, failed or cancelled."""
        end = {"attempt": self.attempt, "holder": self.holder, "status": status, **more}
        return self.ask("POST", "/finish", end)

    def ask(self, method, path, body=None):
        """Retries until the service responds. Returns the task, or None if it has not changed."""
        headers = {"Content-Type": "application/json"}
        if token := os.environ.get("EDGE_CANCELER_TOKEN"):
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        while True:
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                if error.code == 304:
                    return None
                if error.code < 500 and error.code not in (408, 429):
                    raise RuntimeError(f"the service refuses: {error.read().decode()}") from error
            except (OSError, http.client.HTTPException, ValueError):
                pass  # It is down, the connection was cut, or something else responded.
            time.sleep(1)

    def _watch(self, state):
        while state["status"] == "running" and state["attempt"] == self.attempt:
            query = f"?wait=50&attempt={self.attempt}&holder={self.holder}&revision={state['revision']}"
            try:
                state = self.ask("GET", query) or state
            except RuntimeError as error:
                print(f"the task is no longer watched: {error}", flush=True)
                return
        self.cancelled.set()
