import type { RefObject } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { csv } from "../lib/csv";
import { save } from "../lib/download";
import { snapshot, toPng } from "../lib/snapshot";
import { known, unitsIn } from "../lib/units";
import { type Figure, entryOf } from "../registry";
import type { ClaimRow } from "../types";
import { ClaimsBeside } from "./claims-beside";
import { useRoving } from "./roving";
import { Linked, UnitLink } from "./unit";

export function figureId(figure: Figure, number: number): string {
  return `figure-${number}-${figure.kind}`;
}

/** A figure with what every figure has: number, title, takeaway, caption and downloads. */
export function Frame(props: {
  figure: Figure;
  number: number;
  schema: string;
  /** Level of its heading: 3 below the heading of a section. */
  level: 2 | 3;
  /** Those that it shows. */
  claims: ReadonlyArray<ClaimRow>;
}) {
  const { figure, number, level } = props;
  const body = useRef<HTMLDivElement>(null);
  const whole = useRef<HTMLElement>(null);
  useRoving(whole);
  const { Body } = entryOf(figure);
  const id = figureId(figure, number);
  return (
    <figure ref={whole} id={id} aria-labelledby={`${id}-title`} data-kind={figure.kind}>
      <div class="text">
        <p class="label">Figure {number}</p>
        <h2 id={`${id}-title`} aria-level={level}>
          {figure.words.title}
        </h2>
        <p class="takeaway">
          <Linked text={figure.words.takeaway} />
        </p>
      </div>
      <div class="body" ref={body}>
        <Body figure={figure} />
      </div>
      <figcaption class="text">
        <p>
          <Linked text={figure.words.caption} />
        </p>
        <ClaimsBeside rows={props.claims} />
        <Downloads {...props} body={body} />
      </figcaption>
    </figure>
  );
}

function Downloads(props: {
  figure: Figure;
  number: number;
  schema: string;
  body: RefObject<HTMLDivElement | null>;
}) {
  const { figure, number, body } = props;
  const [problem, setProblem] = useState<string | null>(null);
  const drawing = () => {
    if (body.current === null) throw new Error("the figure is not drawn");
    return snapshot(body.current, figure.words);
  };
  const makers: Record<string, () => Promise<Blob> | Blob> = {
    SVG: () => new Blob([drawing().text], { type: "image/svg+xml" }),
    PNG: () => toPng(drawing()),
    CSV: () => new Blob([csv(entryOf(figure).table(figure))], { type: "text/csv" }),
    JSON: () =>
      new Blob([JSON.stringify({ schema: props.schema, figure }, null, 1)], {
        type: "application/json",
      }),
  };
  const click = async (format: string, make: () => Promise<Blob> | Blob) => {
    try {
      await save(await make(), `curves-figure-${number}-${figure.kind}.${format.toLowerCase()}`);
      setProblem(null);
    } catch (error) {
      setProblem(`No ${format}: ${error instanceof Error ? error.message : String(error)}.`);
    }
  };
  return (
    <div class="downloads">
      <span class="label" aria-hidden="true">
        Download
      </span>
      {Object.entries(makers).map(([format, make]) => (
        <button
          type="button"
          aria-label={`${format}: download figure ${number}`}
          onClick={() => void click(format, make)}
        >
          {format}
        </button>
      ))}
      <Units figure={figure} number={number} />
      <span role="status">{problem}</span>
    </div>
  );
}

/** The units that a figure shows, as a list: also of those that it shows as points and tiles. */
function Units({ figure, number }: { figure: Figure; number: number }) {
  const [open, setOpen] = useState(false);
  const shown = useMemo(() => {
    const { units } = entryOf(figure);
    const found = units === undefined ? unitsIn(figure) : units(figure).flatMap((each) => known(each) ?? []);
    return [...new Set(found)];
  }, [figure]);
  const list = `units-of-figure-${number}`;
  if (shown.length === 0) return null;
  return (
    <>
      <button
        type="button"
        class="units-open"
        aria-expanded={open}
        aria-controls={open ? list : undefined}
        aria-label={`Units of figure ${number}: ${shown.length}`}
        onClick={() => setOpen(!open)}
      >
        Units {shown.length}
      </button>
      {open && (
        <ul class="units-list" id={list}>
          {shown.map((each) => (
            <li key={each}>
              <UnitLink unit={each} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
