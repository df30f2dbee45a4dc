import type { Live, LiveConstant } from "../types";
import { number } from "./format";

/** A slider for each constant; those shown first, then all others by layer. */
export function Constants(props: {
  figure: Live;
  values: ReadonlyArray<number>;
  onChange: (values: ReadonlyArray<number>) => void;
}) {
  const { figure, values } = props;
  const all = figure.constants.map((constant, k) => ({ constant, k }));
  const rest = all.filter(({ constant }) => !constant.first);
  const groups = [...new Set(rest.map(({ constant }) => constant.group))];
  const moved = all.filter(({ constant, k }) => values[k] !== constant.value).length;
  const slider = ({ constant, k }: (typeof all)[number]) => (
    <Slider
      key={constant.name}
      constant={constant}
      value={values[k] ?? constant.value}
      onChange={(value) => props.onChange(values.map((each, i) => (i === k ? value : each)))}
    />
  );
  return (
    <section class="live-constants" aria-label="Constants">
      <h3>
        Constants{" "}
        <span class="soft">
          from which every weight follows{moved > 0 && `; ${moved} moved`}
        </span>
      </h3>
      <div class="live-sliders">{all.filter(({ constant }) => constant.first).map(slider)}</div>
      <details>
        <summary>The other {rest.length} constants</summary>
        {groups.map((group) => (
          <fieldset key={group}>
            <legend class="label">{group}</legend>
            <div class="live-sliders">{rest.filter(({ constant }) => constant.group === group).map(slider)}</div>
          </fieldset>
        ))}
      </details>
      <button
        type="button"
        class="live-button"
        onClick={() => props.onChange(figure.constants.map((each) => each.value))}
      >
        Reset all constants
      </button>
    </section>
  );
}

function Slider(props: { constant: LiveConstant; value: number; onChange: (value: number) => void }) {
  const { constant, value } = props;
  const shown = `${number(value)}${constant.unit === "°" ? "°" : constant.unit === "px" ? " px" : ""}`;
  return (
    <label class={value === constant.value ? "live-slider" : "live-slider moved"}>
      <span class="live-constant">{constant.name.replaceAll("_", " ")}</span>
      <output>{shown}</output>
      <input
        type="range"
        name={constant.name}
        aria-label={constant.name.replaceAll("_", " ")}
        aria-valuetext={shown}
        min={constant.low}
        max={constant.high}
        step="any"
        value={value}
        onInput={(event) => props.onChange(Number(event.currentTarget.value))}
      />
      <span class="live-meaning">{constant.meaning}</span>
    </label>
  );
}
