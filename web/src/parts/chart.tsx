import { plot, type PlotOptions } from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";
import { openUnit } from "../explorer/events";
import { known } from "../lib/units";

/** An Observable Plot chart as wide as its place, drawn again when that changes. */
export function Chart(props: {
  label: string;
  options: (width: number) => PlotOptions;
  /** The unit of what is pointed at, which a press opens. */
  unitOf?: (datum: unknown) => string | undefined;
}) {
  const place = useRef<HTMLDivElement>(null);
  const { label, options, unitOf } = props;
  const pressed = (event: Event) => unitAt(place.current, event, unitOf);
  useEffect(() => {
    const root = place.current;
    if (root === null) return;
    let drawn = 0;
    const draw = () => {
      const width = Math.floor(root.clientWidth);
      if (width === 0 || width === drawn) return;
      drawn = width;
      const chart = plot({
        ...options(width),
        width,
        style: { fontSize: "13px", fontFamily: "inherit", overflow: "visible" },
      });
      // One picture with one name: the names Plot gives to its parts have no role to go with.
      chart.setAttribute("role", "img");
      chart.setAttribute("aria-label", label);
      for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
      for (const part of chart.querySelectorAll("[aria-description]")) {
        part.removeAttribute("aria-description");
      }
      root.replaceChildren(chart);
    };
    const observer = new ResizeObserver(draw);
    observer.observe(root);
    draw();
    return () => observer.disconnect();
  }, [label, options]);
  return (
    <div
      class="chart"
      ref={place}
      onPointerMove={(event) => {
        const unit = pressed(event);
        event.currentTarget.style.cursor = unit === null ? "" : "pointer";
      }}
      // Else the chart would keep its note open.
      onPointerDownCapture={(event) => {
        if (event.pointerType === "mouse" && pressed(event) !== null) event.stopPropagation();
      }}
      onClick={(event) => {
        const unit = pressed(event);
        if (unit !== null && (event as unknown as PointerEvent).pointerType !== "touch") openUnit(unit, event.currentTarget);
      }}
    />
  );
}

/** The unit that a chart's pointer is on. */
function unitAt(
  root: HTMLElement | null,
  event: Event,
  unitOf: ((datum: unknown) => string | undefined) | undefined,
): string | null {
  if (unitOf === undefined || !(event.target instanceof Element)) return null;
  const chart = root?.querySelector("svg") as (SVGSVGElement & { value?: unknown }) | null | undefined;
  return chart?.value === undefined || chart.value === null ? null : known(unitOf(chart.value));
}
