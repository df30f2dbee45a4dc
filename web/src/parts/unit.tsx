import type { ComponentChildren } from "preact";
import { known, unitHash } from "../lib/units";

/** A unit's address, which opens the unit where it can be looked up. */
export function UnitLink(props: {
  /** As `known` takes it. */
  unit: string;
  /** What is shown, if not the address. */
  children?: ComponentChildren;
  class?: string;
  title?: string | undefined;
}) {
  const { unit, title } = props;
  const shown = props.children ?? unit;
  const name = `unit ${props.class ?? ""}`.trim();
  const address = known(unit);
  if (address === null) {
    return (
      <span class={name} title={title}>
        {shown}
      </span>
    );
  }
  // Of all links of a figure one is reached by the tab key, the others by arrow keys: see `roving`.
  return (
    <a class={`${name} unit-link`} href={unitHash(address)} tabIndex={-1} title={title} data-unit={address}>
      {shown}
    </a>
  );
}

/** Text whose addresses open their units. */
export function Linked({ text }: { text: string }) {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(/(?:(?:artificial|matched) )?[\p{L}\p{N}_.]+:\d+/gu)) {
    if (known(match[0]) === null) continue;
    parts.push(text.slice(end, match.index), <UnitLink class="in-text" unit={match[0]} />);
    end = match.index + match[0].length;
  }
  return parts.length === 0 ? <>{text}</> : <>{[...parts, text.slice(end)]}</>;
}
