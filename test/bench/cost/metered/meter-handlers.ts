import { meter } from "./meter.ts";
import { replaceMethods } from "./replace-methods.ts";

/** The load counts messages where they are sent, and nobody is billed for the end of a socket. */
const BILLED_ELSEWHERE = ["webSocketMessage", "webSocketClose", "webSocketError"];

/** Lets the meter see every event that the objects of a class handle, and for how long. */
export function meterHandlers(objectClass: { readonly prototype: object }): void {
  replaceMethods(objectClass.prototype, (name, method) => async (object, args) => {
    if (name === "alarm") meter.count("alarms");
    else if (!BILLED_ELSEWHERE.includes(name)) meter.count("objectRequests");
    meter.begin(object);
    try {
      return await method(object, args);
    } finally {
      meter.end(object);
    }
  });
}
