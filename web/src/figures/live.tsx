import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { degrees, number, percent } from "../lib/format";
import { useMedia } from "../lib/hooks";
import { Constants } from "../lib/live-constants";
import { Dial } from "../lib/live-dial";
import { Engine, type Frame, type State } from "../lib/live-engine";
import { Families } from "../lib/live-families";
import { openImage } from "../lib/live-files";
import {
  type Content, MOST_ZOOM, Pad, type Point, type Tool, radiusOf, shareOf,
} from "../lib/live-pad";
import { paintKernels } from "../lib/live-paint";
import { type Pixels, blank, canvasPixels, curvePixels, place, show } from "../lib/live-pixels";
import { type CurveReading, curveReading, spokes } from "../lib/live-readings";
import { type Answer, lacking } from "../lib/live-session";
import { rounded } from "../lib/signed";
import { Options } from "../parts/options";
import type { Live } from "../types";
import "./live.css";

const TOOLS: ReadonlyArray<{ tool: Tool; name: string }> = [
  { tool: "draw", name: "Draw" },
  { tool: "curve", name: "Bend a curve" },
  { tool: "image", name: "Move an image" },
];

/** What is shown now, for the download. */
const latest = new WeakMap<Live, { frame: Frame; at: Point; constants: ReadonlyArray<number> }>();

declare global {
  interface Window {
    curvecircuits?: {
      /** Every layer's responses to 3 × rows × columns numbers, with the weights as they are; `side` rows. */
      live: (pixels: ArrayLike<number>, side?: number) => Promise<Record<string, Answer>>;
      /** What the pad shows, as such numbers. */
      shown: () => Pixels;
    };
  }
}

/** A pad to draw on, and the hand-written network answering as one draws. */
export function Body({ figure }: { figure: Live }) {
  const problem = lacking();
  return problem === null ? <Running figure={figure} /> : <p class="note">{problem}</p>;
}

function Running({ figure }: { figure: Live }) {
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const hint = useId();
  const [tool, setTool] = useState<Tool>("draw");
  const [content, setContent] = useState<Content>({ kind: "curve", orientation: 60, radius: figure.radius });
  const middle = { x: figure.read, y: figure.read };
  const [at, setAt] = useState<Point>(middle);
  const [constants, setConstants] = useState<ReadonlyArray<number>>(() => figure.constants.map((each) => each.value));
  const [cut, setCut] = useState<ReadonlySet<string>>(new Set<string>());
  const [frame, setFrame] = useState<Frame | null>(null);
  const [state, setState] = useState<State>("waiting");
  const [refused, setRefused] = useState<string | null>(null);
  const pixels = useRef<Pixels | null>(null);
  const read = () => {
    const context = canvas.current?.getContext("2d", { willReadFrequently: true });
    if (pixels.current === null && context) pixels.current = canvasPixels(context, figure.side);
    return pixels.current ?? new Float32Array(3 * figure.side * figure.side).fill(1);
  };
  const engine = useMemo(() => new Engine(figure, read, setFrame, setState), [figure]);

  // Opened when it is first seen: who never scrolls here never pays for it.
  useEffect(() => {
    const watched = root.current;
    if (watched === null) return;
    const observer = new IntersectionObserver((seen) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      observer.disconnect();
      engine.ask();
    });
    observer.observe(watched);
    window.curvecircuits = {
      live: async (given, side = figure.side) => {
        if (given.length === 0 || given.length % (3 * side) !== 0) {
          throw new Error(`give 3 × ${side} × any number of values from 0 to 1, not ${given.length}`);
        }
        return Object.fromEntries(await engine.answer(Float32Array.from(given), side));
      },
      shown: read,
    };
    return () => {
      observer.disconnect();
      engine.close();
    };
  }, [engine]);

  useEffect(() => {
    const context = canvas.current?.getContext("2d", { willReadFrequently: true });
    if (!context) return;
    if (content.kind === "curve") {
      pixels.current = curvePixels(content.orientation, content.radius, figure.width, figure.side, middle);
      show(context, pixels.current, figure.side);
    } else if (content.kind === "image") {
      place(context, content.image, figure.side, content);
      pixels.current = null;
    }
    if (state !== "waiting") engine.ask();
  }, [content, engine]);

  const drawn = () => {
    pixels.current = null;
    engine.ask();
  };
  const rewrite = (values: ReadonlyArray<number>, without: ReadonlySet<string>) => {
    setConstants(values);
    setCut(without);
    engine.rewrite(values, without);
  };
  const clear = () => {
    const context = canvas.current?.getContext("2d");
    if (context) blank(context, figure.side);
    setContent({ kind: "drawing" });
    setTool("draw");
    drawn();
  };
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    try {
      const image = await openImage(file);
      setContent({ kind: "image", image, zoom: 1, x: 0.5, y: 0.5 });
      setTool("image");
      setRefused(null);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  };
  const change = (next: Content) => {
    if (next.kind === "curve" && tool === "image") setTool("curve");
    setContent(next);
  };

  const reading = useMemo(() => frame && curveReading(figure, frame.answers, at), [frame, at]);
  if (frame !== null) latest.set(figure, { frame, at, constants });
  const curves = figure.layers.at(-1)?.families[0];
  const bend = content.kind === "curve" ? content : { orientation: 0, radius: figure.radius };
  return (
    <div
      class="live"
      ref={root}
      data-state={typeof state === "string" ? state : "failed"}
      data-frame={frame?.number ?? 0}
      data-strongest={reading?.best?.orientation}
      data-echo={reading?.best && reading.opposite.value / reading.best.value}
      data-last-ms={frame?.ms}
      data-median-ms={frame?.median}
    >
      <div class="live-top">
        <div class="live-left">
          <Pad
            {...{ figure, canvas, content, tool, at }}
            describedBy={hint}
            onContent={change}
            onDrawn={drawn}
            onFile={(file) => void open(file)}
          />
          <p class="live-hint" id={hint}>
            Draw through the ring, drop an image, or bend a curve: arrow keys turn it and change its
            radius.
          </p>
          <p class="live-hint live-problem" role="alert">
            {refused ?? (typeof state === "object" ? `The network cannot run: ${state.problem}` : null)}
          </p>
        </div>
        <div class="live-controls" data-unprinted>
          <Options
            label="On the pad"
            value={TOOLS.findIndex((each) => each.tool === tool)}
            onChange={(k) => {
              const next = TOOLS[k]?.tool ?? "draw";
              setTool(next);
              if (next === "curve" && content.kind !== "curve") setContent({ kind: "curve", ...bend });
            }}
            options={TOOLS.map(({ name }) => ({ name, content: name }))}
          />
          <Range
            name="Orientation"
            shown={degrees(bend.orientation)}
            low={0}
            high={359}
            step={1}
            value={Math.round(bend.orientation) % 360}
            onChange={(orientation) => change({ kind: "curve", radius: bend.radius, orientation })}
          />
          <Range
            name="Radius"
            shown={`${number(Math.round(bend.radius * 10) / 10)} px`}
            low={0}
            high={1}
            step={0.01}
            value={shareOf(bend.radius)}
            onChange={(share) => change({ kind: "curve", orientation: bend.orientation, radius: radiusOf(share) })}
          />
          {content.kind === "image" && (
            <Range
              name="Zoom"
              shown={`× ${content.zoom.toFixed(1)}`}
              low={1}
              high={MOST_ZOOM}
              step={0.1}
              value={content.zoom}
              onChange={(zoom) => setContent({ ...content, zoom })}
            />
          )}
          <div class="live-buttons">
            <button type="button" class="live-button" onClick={clear}>
              Clear
            </button>
            <label class="live-button live-file">
              Choose an image
              <input
                type="file"
                accept="image/png,image/jpeg,image/gif,image/webp"
                onChange={(event) => {
                  void open(event.currentTarget.files?.[0]);
                  event.currentTarget.value = "";
                }}
              />
            </label>
          </div>
          <fieldset class="live-cuts">
            <legend class="label">Negative weights</legend>
            {figure.cut.map((name) => {
              const layer = figure.layers.find((each) => each.name === name);
              return (
                <label key={name} class="choice">
                  <input
                    type="checkbox"
                    name={`negative ${layer?.alias ?? name}`}
                    checked={!cut.has(name)}
                    onChange={(event) => {
                      const without = new Set(cut);
                      if (event.currentTarget.checked) without.delete(name);
                      else without.add(name);
                      rewrite(constants, without);
                    }}
                  />
                  into {layer?.families[0]?.family}s ({layer?.alias})
                </label>
              );
            })}
          </fieldset>
        </div>
        <div class="live-right">
          {curves !== undefined && <Dial family={curves} layer={figure.layers.at(-1)?.alias ?? ""} reading={reading} />}
          <Numbers reading={reading} frame={frame} state={state} />
        </div>
      </div>
      <Families figure={figure} frame={frame} at={at} onAt={setAt} />
      <div class="live-low">
        <Kernels figure={figure} frame={frame} unit={reading?.best?.orientation ?? 0} />
        <section class="live-where" aria-label="Where units are read" data-unprinted>
          <h3>Where units are read</h3>
          {(["x", "y"] as const).map((axis) => (
            <Range
              key={axis}
              name={axis === "x" ? "Across" : "Down"}
              shown={`${number(Math.round(at[axis]))} px`}
              low={0}
              high={figure.side}
              step={0.5}
              value={at[axis]}
              onChange={(value) => setAt({ ...at, [axis]: value })}
            />
          ))}
          <button type="button" class="live-button" onClick={() => setAt(middle)}>
            Back to the middle
          </button>
        </section>
      </div>
      <Constants figure={figure} values={constants} onChange={(values) => rewrite(values, cut)} />
    </div>
  );
}

function Numbers(props: { reading: CurveReading | null; frame: Frame | null; state: State }) {
  const { reading, frame, state } = props;
  const best = reading?.best ?? null;
  const part = (value: number) => {
    if (best === null) return "–";
    return value === 0 ? "silent" : `${number(value)}, ${percent(value / best.value)} of it`;
  };
  return (
    <>
      <dl class="live-numbers">
        <dt>Strongest curve unit</dt>
        <dd data-number="strongest">
          {best === null ? (frame === null ? "–" : "none answers") : `${degrees(best.orientation)}: ${number(best.value)}`}
        </dd>
        <dt>The unit opposite (echo)</dt>
        <dd data-number="echo">{part(reading?.opposite.value ?? 0)}</dd>
        <dt>The stronger of ±90°</dt>
        <dd data-number="across">{part(reading?.across ?? 0)}</dd>
        <dt>Time for a frame</dt>
        <dd data-number="time" data-unprinted>
          {state === "opening" ? "opening the network …" : frame === null || frame.median === 0 ? "–" : `${frame.median.toFixed(0)} ms`}
        </dd>
      </dl>
      <p class="live-heard" role="status">
        <Said reading={reading} />
      </p>
    </>
  );
}

/** The strongest unit for those who hear it, once the hand rests. */
function Said({ reading }: { reading: CurveReading | null }) {
  const [text, setText] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => {
      if (reading === null) return;
      const { best, opposite } = reading;
      setText(
        best === null
          ? "No curve unit answers."
          : `Strongest curve unit ${degrees(best.orientation)}, ${number(best.value)}; echo ${percent(opposite.value / best.value)}.`,
      );
    }, 700);
    return () => clearTimeout(timer);
  }, [reading]);
  return <>{text}</>;
}

/** The weights that the strongest curve unit has now, from early curves and from lines. */
function Kernels({ figure, frame, unit }: { figure: Live; frame: Frame | null; unit: number }) {
  const dark = useMedia("(prefers-color-scheme: dark)");
  const canvas = useRef<HTMLCanvasElement>(null);
  const [before, layer] = figure.layers.slice(-2);
  const early = before?.families[0];
  const k = layer?.families[0]?.orientations.indexOf(unit) ?? 0;
  useEffect(() => {
    if (canvas.current === null || frame === null || layer === undefined || early === undefined) return;
    const sources = { first: early.first, count: early.orientations.length };
    paintKernels(canvas.current, frame.weights, layer.name, Math.max(k, 0), sources, 12, dark);
  }, [frame?.weights, k, dark]);
  return (
    <section class="live-kernels" aria-label="Weights">
      <h3>
        Weights into the {degrees(unit)} unit{" "}
        <span class="soft">
          from the {early?.orientations.length} {early?.family}s, 0° first; over their largest, red
          positive, blue negative
        </span>
      </h3>
      <canvas ref={canvas} role="img" aria-label={`Kernels from ${early?.family}s to the curve unit of ${degrees(unit)}`} />
    </section>
  );
}

function Range(props: {
  name: string;
  shown: string;
  low: number;
  high: number;
  step: number;
  value: number;
  onChange: (value: number) => void;
}) {
  return (
    <label class="live-slider">
      <span>{props.name}</span>
      <output>{props.shown}</output>
      <input
        type="range"
        aria-label={props.name}
        aria-valuetext={props.shown}
        min={props.low}
        max={props.high}
        step={props.step}
        value={props.value}
        onInput={(event) => props.onChange(Number(event.currentTarget.value))}
      />
    </label>
  );
}

export function units(figure: Live): string[] {
  const layer = figure.layers.at(-1);
  return (layer?.families[0]?.orientations ?? []).map((_, k) => `artificial ${layer?.alias}:${k}`);
}

/** The constants, and the responses of all units at the ring, as they are now. */
export function table(figure: Live): Table {
  const now = latest.get(figure);
  return {
    header: ["part", "layer", "name", "orientation_deg", "value"],
    rows: [
      ...figure.constants.map(({ name, value }, k) => ["constant", null, name, null, rounded(now?.constants[k] ?? value)]),
      ...figure.layers.flatMap((layer) =>
        layer.families.flatMap((family) => {
          const answer = now?.frame.answers.get(layer.name);
          if (now === undefined || answer === undefined) return [];
          return spokes(layer, family, answer, now.at).map(({ orientation, value }) => [
            "response", layer.alias, family.family, rounded(orientation), rounded(value),
          ]);
        }),
      ),
    ],
  };
}
