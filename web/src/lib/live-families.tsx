import { useEffect, useRef } from "preact/hooks";
import type { Live, LiveFamily, LiveLayer } from "../types";
import { degrees, number } from "./format";
import { useMedia } from "./hooks";
import { SmallDial } from "./live-dial";
import { opensFamily } from "./units";
import type { Frame } from "./live-engine";
import type { Point } from "./live-pad";
import { paintFamily } from "./live-paint";
import { spokes, strongest } from "./live-readings";

/** Every family of every layer over the pad, and what its units at the ring answer. */
export function Families(props: { figure: Live; frame: Frame | null; at: Point; onAt: (at: Point) => void }) {
  const { figure, frame, at, onAt } = props;
  return (
    <div class="live-layers">
      {figure.layers.map((layer) => (
        <section key={layer.name} aria-label={`Layer ${layer.alias}`}>
          <h3>{layer.alias}</h3>
          <ul>
            {layer.families.map((family) => (
              <Family {...{ figure, layer, family, frame, at, onAt }} key={family.family} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Family(props: {
  figure: Live;
  layer: LiveLayer;
  family: LiveFamily;
  frame: Frame | null;
  at: Point;
  onAt: (at: Point) => void;
}) {
  const { figure, layer, family, frame, at, onAt } = props;
  const dark = useMedia("(prefers-color-scheme: dark)");
  const canvas = useRef<HTMLCanvasElement>(null);
  const answer = frame?.answers.get(layer.name);
  // In the same turn as the numbers, so that both are of one frame.
  useEffect(() => {
    if (canvas.current !== null && answer !== undefined) paintFamily(canvas.current, family, answer, dark);
  }, [answer, family, dark]);
  const found = answer === undefined ? [] : spokes(layer, family, answer, at);
  const best = strongest(found);
  const click = (event: MouseEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    onAt({
      x: ((event.clientX - box.left) / box.width) * figure.side,
      y: ((event.clientY - box.top) / box.height) * figure.side,
    });
  };
  const said = best === null ? "silent" : `${family.period === 0 ? "" : `${degrees(best.orientation)}, `}${number(best.value)}`;
  return (
    <li data-family={`${layer.alias} ${family.family}`}>
      <canvas
        ref={canvas}
        width={16}
        height={16}
        role="img"
        aria-label={`${family.family} of ${layer.alias}, responses over the pad; at the ring ${said}`}
        onClick={click}
      />
      <SmallDial family={family} found={found} />
      <span class="live-name" {...opensFamily(`artificial ${layer.alias}`, family.family)}>
        {family.family}
      </span>
      <span class="live-said">{said}</span>
    </li>
  );
}
