import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { opensByKey } from "../lib/units";
import "../circuits.css";

export interface Option {
  /** What it is called, for those who do not see it. */
  name: string;
  content: ComponentChildren;
  /** The unit it chooses: Enter or a second press opens it. */
  unit?: string;
}

/** One of several to choose, as buttons in a row; arrow keys move the choice. */
export function Options(props: {
  label: string;
  options: ReadonlyArray<Option>;
  value: number;
  onChange: (value: number) => void;
  class?: string;
}) {
  const group = useId();
  return (
    <fieldset class={`options ${props.class ?? ""}`}>
      <legend class="label">{props.label}</legend>
      {props.options.map((option, i) => (
        <label class={i === props.value ? "option chosen" : "option"} title={option.name} {...opensByKey(option.unit)}>
          <input
            data-unprinted
            type="radio"
            name={group}
            aria-label={option.name}
            checked={i === props.value}
            onChange={() => props.onChange(i)}
          />
          {option.content}
        </label>
      ))}
    </fieldset>
  );
}
