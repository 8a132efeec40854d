/** An event of a stream. */
interface StreamEvent {
  readonly id: string | null;
  readonly data: string;
}

/** Parses server-sent events as they arrive. `EventSource` cannot send a token in a header. */
export class EventParser {
  #rest = "";

  /** Takes a piece of the stream. Returns the events that it completes. */
  push(piece: string): StreamEvent[] {
    const blocks = (this.#rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      const event = eventIn(block);
      return event === null ? [] : [event];
    });
  }
}

/** Returns null for a comment, which only shows that the connection is alive. */
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

/** The service sends a comment every 15 s, so a connection that is silent for this long is dead. */
const SILENT_MS = 40_000;

/**
 * Yields the events of a response as they arrive. Throws if the connection is cut or falls silent;
 * returns if the service ends it.
 */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  const parser = new EventParser();
  try {
    while (true) {
      const silence = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => silence.reject(new Error("the connection is silent")),
        SILENT_MS,
      );
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
