import { render } from "preact";
import { App } from "./app.tsx";
import { showTheme } from "./service/session.ts";
import { startClock } from "./ui/clock.ts";
import { listenToKeys } from "./ui/keys.ts";

// The console: everything it knows it asks the public API for, with the types of the wire.
const root = document.getElementById("app");
if (root === null) throw new Error("the page has no place for the console");
showTheme();
startClock();
listenToKeys();
// In place of the head that the page brought along.
root.replaceChildren();
render(<App />, root);
