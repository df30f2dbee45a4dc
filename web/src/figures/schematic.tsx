import { useRef, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { familyColour } from "../lib/families";
import { percent } from "../lib/format";
import { opensFamily } from "../lib/units";
import type { SchematicEdge, SchematicFigure, SchematicNode } from "../types";
import "./families.css";

const WIDTH = 1040;
const TOP = 34;
const LARGEST = 30;
/** With more layers than this the names are smaller, so that they do not meet. */
const MANY = 6;
const WIDEST = 15;
const LABEL = 15;
const GAP = 9;

interface Placed {
  node: SchematicNode;
  x: number;
  y: number;
  r: number;
}

/** Families as circles in columns, and the net weights between them. */
export function Body({ figure }: { figure: SchematicFigure }) {
  const core = new Set(figure.core);
  const ofCore = figure.edges.filter((each) => core.has(each.source) && core.has(each.target));
  const largest = Math.max(1e-9, ...figure.edges.map((each) => Math.abs(net(each))));
  const [all, setAll] = useState(false);
  const [least, setLeast] = useState(() => firstLook(figure, ofCore));
  const [at, setAt] = useState<string | null>(null);
  const [stop, setStop] = useState(0);
  const drawing = useRef<SVGSVGElement>(null);

  const nodes = figure.nodes.filter((each) => all || core.has(each.id));
  const { placed, height } = layout(figure.layers, nodes, core);
  const edges = (all ? figure.edges : ofCore)
    .filter((each) => Math.abs(net(each)) >= least && net(each) !== 0)
    .sort((a, b) => Math.abs(net(a)) - Math.abs(net(b)));
  const items = [...nodes.map((each) => each.id), ...edges.map(edgeId)];
  const step = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = (Math.min(stop, items.length - 1) + by + items.length) % items.length;
    drawing.current?.querySelector<SVGElement>(`[data-stop="${next}"]`)?.focus();
  };
  // One stop for the tab key; arrow keys go through the rest.
  const item = (id: string) => {
    const index = items.indexOf(id);
    return {
      "data-stop": index,
      tabIndex: index === Math.min(stop, items.length - 1) ? 0 : -1,
      onFocus: () => {
        setStop(index);
        setAt(id);
      },
      onBlur: () => setAt(null),
      onPointerEnter: () => setAt(id),
      onPointerDown: () => setAt(id),
    };
  };
  const touched = (edge: SchematicEdge) =>
    at === null || at === edgeId(edge) || at === edge.source || at === edge.target;
  const near = new Set(
    edges.filter((each) => at !== null && touched(each)).flatMap((each) => [each.source, each.target]),
  );
  return (
    <div class="schematic">
      <div class="controls" data-unprinted>
        <label>
          <input
            type="checkbox"
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />{" "}
          families outside the circuit
        </label>
        <label>
          Hide net weights below{" "}
          <input
            type="range"
            min={0}
            max={100}
            // The square gives small weights most of the slider.
            value={100 * Math.sqrt(least / largest)}
            aria-valuetext={percent(least)}
            onInput={(event) => setLeast(largest * (Number(event.currentTarget.value) / 100) ** 2)}
          />{" "}
          <output>{percent(least)}</output>
        </label>
        <span class="schematic-count">
          {edges.length} of {all ? figure.edges.length : ofCore.length} lines
        </span>
      </div>
      <div class="schematic-key">
        <span>
          <svg viewBox="0 0 34 10" aria-hidden="true">
            <path class="edge excites" d="M0 5H34" stroke-width="4" />
          </svg>
          net excitation
        </span>
        <span>
          <svg viewBox="0 0 34 10" aria-hidden="true">
            <path class="edge inhibits" d="M0 5H34" stroke-width="4" />
          </svg>
          net inhibition
        </span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Graph of the families">
        <svg
          ref={drawing}
          class={`schematic-drawing${figure.layers.length > MANY ? " many" : ""}`}
          viewBox={`0 0 ${WIDTH} ${height}`}
          role="group"
          aria-label={`Graph of ${nodes.length} families and ${edges.length} lines; arrow keys go through them`}
          onKeyDown={step}
          onPointerLeave={() => setAt(null)}
        >
          {figure.layers.map((layer, i) => {
            const x = column(i, figure.layers.length);
            return (
              <text class="schematic-layer" x={x} y={14}>
                {layer.split(".").map((part, line) => (
                  <tspan x={x} dy={line * 13}>
                    {part}
                  </tspan>
                ))}
              </text>
            );
          })}
          {edges.map((edge) => {
            const [a, b] = [placed.get(edge.source), placed.get(edge.target)];
            if (a === undefined || b === undefined) return null;
            const value = net(edge);
            return (
              <path
                key={edgeId(edge)}
                class={`edge ${value > 0 ? "excites" : "inhibits"}${touched(edge) ? "" : " faded"}`}
                d={between(a, b)}
                stroke-width={Math.max(0.8, (WIDEST * Math.abs(value)) / largest)}
                role="img"
                aria-label={sayEdge(edge)}
                {...item(edgeId(edge))}
              />
            );
          })}
          {nodes.map((node) => {
            const place = placed.get(node.id);
            if (place === undefined) return null;
            const faded = at !== null && at !== node.id && !near.has(node.id);
            return (
              <g
                key={node.id}
                class={`node${core.has(node.id) ? " core" : ""}${faded ? " faded" : ""}`}
                role="img"
                aria-label={sayNode(node, edges)}
                {...item(node.id)}
                {...opensFamily(node.layer, node.family)}
              >
                <circle cx={place.x} cy={place.y} r={place.r} fill={familyColour(node.family)} />
                <text x={place.x} y={place.y + place.r + 12}>
                  {node.family} {node.units}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
      <Readout figure={figure} edges={edges} at={at} />
    </div>
  );
}

/** What is pointed at, in words, with its strongest lines. */
function Readout(props: {
  figure: SchematicFigure;
  edges: ReadonlyArray<SchematicEdge>;
  at: string | null;
}) {
  const { figure, edges, at } = props;
  const node = figure.nodes.find((each) => each.id === at);
  const edge = edges.find((each) => edgeId(each) === at);
  let text = "Point at a family or a line, or focus the graph and go through it with the arrow keys.";
  if (node !== undefined) text = `${sayNode(node, edges)}.`;
  if (edge !== undefined) text = `${sayEdge(edge)}.`;
  return (
    <p class="hint" data-unprinted>
      {text}
    </p>
  );
}

function net(edge: SchematicEdge): number {
  return edge.positive + edge.negative;
}

function edgeId(edge: SchematicEdge): string {
  return `${edge.source} → ${edge.target}`;
}

/** The net weight that four lines into each layer reach, for a first look. */
function firstLook(figure: SchematicFigure, edges: ReadonlyArray<SchematicEdge>): number {
  const layers = new Map(figure.nodes.map((each) => [each.id, each.layer]));
  const least = figure.layers.slice(1).map((layer) => {
    const into = edges.filter((each) => layers.get(each.target) === layer);
    return into.map((each) => Math.abs(net(each))).sort((a, b) => b - a)[3] ?? 0;
  });
  return least.length ? Math.min(...least) : 0;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${percent(Math.abs(value))}`;
}

function sayEdge(edge: SchematicEdge): string {
  return `${edgeId(edge)}: net ${signed(net(edge))}, of it ${signed(edge.positive)} and ${signed(edge.negative)}`;
}

function sayNode(node: SchematicNode, edges: ReadonlyArray<SchematicEdge>): string {
  const name = `${node.id}: ${node.units} units, ${percent(node.share)} of the layer`;
  const list = (end: "source" | "target", other: "source" | "target") =>
    edges
      .filter((each) => each[end] === node.id)
      .sort((a, b) => Math.abs(net(b)) - Math.abs(net(a)))
      .slice(0, 4)
      .map((each) => `${each[other]} ${signed(net(each))}`)
      .join(", ");
  const [from, to] = [list("target", "source"), list("source", "target")];
  return `${name}${from && `; from ${from}`}${to && `; to ${to}`}`;
}

function column(index: number, columns: number): number {
  const margin = 70;
  return columns < 2 ? WIDTH / 2 : margin + ((WIDTH - 2 * margin) * index) / (columns - 1);
}

/** Columns from the top, the circuit's own families first, each column in the middle. */
function layout(
  layers: ReadonlyArray<string>,
  nodes: ReadonlyArray<SchematicNode>,
  core: ReadonlySet<string>,
): { placed: Map<string, Placed>; height: number } {
  const most = Math.max(1, ...nodes.map((each) => each.units));
  const radius = (node: SchematicNode) => Math.max(3, LARGEST * Math.sqrt(node.units / most));
  const tall = (some: ReadonlyArray<SchematicNode>) =>
    some.reduce((sum, each) => sum + 2 * radius(each) + LABEL + GAP, 0);
  const columns = layers.map((layer) => {
    const own = nodes.filter((each) => each.layer === layer);
    return [...own.filter((each) => core.has(each.id)), ...own.filter((each) => !core.has(each.id))];
  });
  const height = TOP + Math.max(120, ...columns.map(tall));
  const placed = new Map<string, Placed>();
  columns.forEach((own, i) => {
    let y = TOP + (height - TOP - tall(own)) / 2;
    for (const node of own) {
      const r = radius(node);
      placed.set(node.id, { node, x: column(i, layers.length), y: y + r, r });
      y += 2 * r + LABEL + GAP;
    }
  });
  return { placed, height };
}

function between(a: Placed, b: Placed): string {
  const [from, to] = [a.x + a.r, b.x - b.r];
  const middle = (from + to) / 2;
  const text = (value: number) => value.toFixed(1);
  return `M${text(from)} ${text(a.y)}C${text(middle)} ${text(a.y)} ${text(middle)} ${text(b.y)} ${text(to)} ${text(b.y)}`;
}

export function table(figure: SchematicFigure): Table {
  const units = new Map(figure.nodes.map((each) => [each.id, each.units]));
  return {
    header: ["source", "target", "source_units", "target_units", "positive", "negative", "net"],
    rows: figure.edges.map((each) => [
      each.source,
      each.target,
      units.get(each.source) ?? null,
      units.get(each.target) ?? null,
      each.positive,
      each.negative,
      net(each),
    ]),
  };
}
