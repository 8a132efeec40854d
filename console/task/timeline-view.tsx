import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { TaskState } from "../../worker-client/protocol.ts";
import { statusText } from "../ui/status.ts";
import { between, duration } from "../ui/time.ts";
import { type CancelStrip, type Timeline, timelineOf } from "./timeline.ts";

interface TimelineViewProps {
  readonly task: TaskState;
  readonly nowMs: number;
}

const LIFE_Y = 8;
const LIFE_HEIGHT = 18;
const ATTEMPT_HEIGHT = 7;
const ATTEMPT_STEP = 11;
const AXIS_HEIGHT = 26;
const FUNNEL_HEIGHT = 22;
const STRIP_HEIGHT = 18;
const LABEL_HEIGHT = 17;

/** Draws a task's life, and below it its cancel, enlarged. */
export function TimelineView({ task, nowMs }: TimelineViewProps) {
  const ref = useRef<HTMLElement>(null);
  const width = useWidth(ref);
  const timeline = timelineOf(task, nowMs, Math.max(120, width));
  const attemptsY = LIFE_Y + LIFE_HEIGHT + 8;
  const axisY = attemptsY + timeline.attempts.length * ATTEMPT_STEP;
  const stripY = axisY + AXIS_HEIGHT + FUNNEL_HEIGHT;
  const height =
    timeline.cancel === null
      ? axisY + AXIS_HEIGHT
      : stripY + STRIP_HEIGHT + 12 + timeline.cancel.rows * LABEL_HEIGHT;
  return (
    <section class="card timeline" aria-labelledby="timeline-title" ref={ref}>
      <h2 id="timeline-title">Timeline</h2>
      {width > 0 && (
        <svg role="img" aria-label={wordsOf(task, nowMs)} width={timeline.width} height={height}>
          <Patterns />
          <g class="drawing">
            <Axis timeline={timeline} top={LIFE_Y} bottom={axisY} />
            {timeline.life.map((span) => (
              <rect
                key={span.x}
                class={`span span-${span.tone}`}
                x={span.x}
                y={LIFE_Y}
                width={span.width}
                height={LIFE_HEIGHT}
                rx={Math.min(3, span.width / 2)}
              >
                <title>{span.label}</title>
              </rect>
            ))}
            {timeline.attempts.map((span, index) => (
              <rect
                key={span.label}
                class={`span span-${span.tone}`}
                x={span.x}
                y={attemptsY + index * ATTEMPT_STEP}
                width={Math.max(3, span.width)}
                height={ATTEMPT_HEIGHT}
                rx={2}
              >
                <title>{span.label}</title>
              </rect>
            ))}
            {timeline.cancel !== null && (
              <Cancel strip={timeline.cancel} width={timeline.width} axisY={axisY} y={stripY} />
            )}
          </g>
        </svg>
      )}
    </section>
  );
}

interface AxisProps {
  readonly timeline: Timeline;
  readonly top: number;
  readonly bottom: number;
}

function Axis({ timeline, top, bottom }: AxisProps) {
  const { ticks, width, deadlineX } = timeline;
  return (
    <g class="axis">
      {ticks.map(({ x, label }) => (
        <g key={x}>
          <line x1={x} x2={x} y1={top - 4} y2={bottom + 4} />
          <text
            x={x}
            y={bottom + 17}
            text-anchor={x === 0 ? "start" : x > width - 20 ? "end" : "middle"}
          >
            {label}
          </text>
        </g>
      ))}
      {deadlineX !== null && (
        <line class="deadline" x1={deadlineX} x2={deadlineX} y1={top - 6} y2={bottom + 4} />
      )}
    </g>
  );
}

interface CancelProps {
  readonly strip: CancelStrip;
  readonly width: number;
  readonly axisY: number;
  readonly y: number;
}

/** The cancel at full width, with a funnel from its place in the life. */
function Cancel({ strip, width, axisY, y }: CancelProps) {
  const from = strip.from;
  const to = Math.max(strip.to, from + 1);
  const funnelY = axisY + AXIS_HEIGHT - 2;
  return (
    <g>
      <path
        class="funnel"
        d={`M${from} ${LIFE_Y - 4}L${to} ${LIFE_Y - 4}L${to} ${funnelY}L${width} ${y}L0 ${y}L${from} ${funnelY}Z`}
      />
      <rect class="strip" x={0} y={y} width={width} height={STRIP_HEIGHT} rx={3} />
      {strip.grace !== null && (
        <rect
          class="span span-stopping"
          x={strip.grace.x}
          y={y}
          width={strip.grace.width}
          height={STRIP_HEIGHT}
          rx={3}
        />
      )}
      {strip.nowX !== null && (
        <rect
          class="future"
          x={strip.nowX}
          y={y}
          width={Math.max(0, width - strip.nowX)}
          height={STRIP_HEIGHT}
        />
      )}
      {strip.moments.map(({ x, label, row, labelX }) => {
        const textY = y + STRIP_HEIGHT + 14 + row * LABEL_HEIGHT;
        return (
          <g class="moment" key={label}>
            <path d={`M${x} ${y - 3}V${textY - 10}`} />
            <circle cx={x} cy={y + STRIP_HEIGHT / 2} r={4} />
            <text x={labelX} y={textY + 2}>
              {label}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** Patterns that distinguish waiting and stopping from running without colour. */
function Patterns() {
  return (
    <defs>
      <pattern id="stripes-waiting" width="6" height="6" patternUnits="userSpaceOnUse">
        <rect class="pattern-ground" width="6" height="6" />
        <circle class="pattern-mark" cx="3" cy="3" r="1" />
      </pattern>
      <pattern
        id="stripes-stopping"
        width="6"
        height="6"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <rect class="pattern-ground" width="6" height="6" />
        <rect class="pattern-mark" width="3" height="6" />
      </pattern>
    </defs>
  );
}

/** The text alternative of the drawing. */
function wordsOf(task: TaskState, nowMs: number): string {
  const { word, note } = statusText(task, nowMs);
  const lived = duration(between(task.createdAt, task.endedAt ?? nowMs));
  const attempts = task.attempts.length === 1 ? "1 attempt" : `${task.attempts.length} attempts`;
  const status = note === null ? word : `${word}, ${note}`;
  return `Spans ${lived}: ${attempts}, ${status}. The receipt and the attempts are listed below.`;
}

/** The width of an element, updated when it changes. */
function useWidth(ref: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    setWidth(
      Math.floor(
        element.clientWidth - 2 * Number.parseFloat(getComputedStyle(element).paddingLeft),
      ),
    );
    return () => observer.disconnect();
  }, []);
  return width;
}
