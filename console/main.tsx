import { render } from "preact";
import { App } from "./app.tsx";
import { showTheme } from "./service/session.ts";
import { startClock } from "./ui/clock.ts";
import { listenToKeys } from "./ui/keys.ts";

// The console uses only the public API, with the client's wire types.
const root = document.getElementById("app");
if (root === null) throw new Error("the page has no element #app");
showTheme();
startClock();
listenToKeys();
// Removes the header that index.html shows until then.
root.replaceChildren();
render(<App />, root);
