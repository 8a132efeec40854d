/** An event of a stream. */
export interface StreamEvent {
  readonly id: string | null;
  readonly data: string;
}

/**
 * Reads server-sent events piece by piece, as the pieces come. `EventSource` would do it, but it cannot
 * send a token in a header.
 */
export class EventParser {
  #rest = "";

  /** Takes in a piece of the stream; returns the events that are complete by now. */
  push(piece: string): StreamEvent[] {
    const blocks = (this.#rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      const event = eventIn(block);
      return event === null ? [] : [event];
    });
  }
}

/** Returns null for a comment, which only says that the line is alive. */
function eventIn(block: string): StreamEvent | null {
  const data: string[] = [];
  let id: string | null = null;
  for (const line of block.split("\n")) {
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === "data") data.push(value);
    if (name === "id") id = value;
  }
  return data.length === 0 ? null : { id, data: data.join("\n") };
}

/** The service sends a comment every 15 s: a line that is silent for longer is dead. */
const SILENT_MS = 40_000;

/**
 * The events of an answer, as they come. Throws if the line is cut or falls silent; ends if the
 * service ends it.
 */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  const parser = new EventParser();
  try {
    while (true) {
      const silence = Promise.withResolvers<never>();
      const timer = setTimeout(() => silence.reject(new Error("the line is silent")), SILENT_MS);
      try {
        const { done, value } = await Promise.race([reader.read(), silence.promise]);
        if (done) return;
        yield* parser.push(value);
      } finally {
        clearTimeout(timer);
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
