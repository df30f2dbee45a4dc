import { plot, type PlotOptions } from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";

/** An Observable Plot chart as wide as its place, drawn again when that changes. */
export function Chart(props: { label: string; options: (width: number) => PlotOptions }) {
  const place = useRef<HTMLDivElement>(null);
  const { label, options } = props;
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
  return <div class="chart" ref={place} />;
}
