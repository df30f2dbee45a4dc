import type { Directory } from "./directory";

const UNIT = "#unit=";
const FAMILY = "#family=";

let here: Directory | null = null;

/** Makes the units of a page known; null for a page without an explorer. */
export function setDirectory(directory: Directory | null): void {
  here = directory;
}

export function directory(): Directory | null {
  return here;
}

/** The address of a unit that can be looked up, as it is written everywhere; null for any other. */
export function known(unit: string | null | undefined): string | null {
  return unit === null || unit === undefined ? null : (here?.find(unit)?.address ?? null);
}

/** The address of a unit of the network that was written for the family, as `known` takes it. */
export function matched(unit: string): string {
  return `matched ${unit}`;
}

/** What makes an element open a unit when it is clicked, or focused and Enter is pressed. */
export function opens(unit: string | null | undefined): { "data-unit"?: string } {
  const address = known(unit);
  return address === null ? {} : { "data-unit": address };
}

/** What makes an element open all units of a family of a layer. */
export function opensFamily(layer: string, family: string): { "data-unit-family"?: string } {
  const found = here?.family(`${layer}:${family}`);
  return found === undefined || found === null ? {} : { "data-unit-family": `${layer}:${family}` };
}

/** What makes a control open units by keyboard alone: Enter, and with Shift the other. */
export function opensByKey(unit: string | null | undefined, other?: string | null): Record<string, string> {
  const [first, second] = [known(unit), known(other)];
  return {
    ...(first === null ? {} : { "data-unit-key": first }),
    ...(second === null ? {} : { "data-unit-shift": second }),
  };
}

export function unitHash(address: string): string {
  return UNIT + encoded(address);
}

/** Of all units of a family, written `layer:family`. */
export function familyHash(family: string): string {
  return FAMILY + encoded(family);
}

/** What the page's address asks for; null where it asks for no unit. */
export function asked(): { of: "unit" | "family"; text: string } | null {
  for (const [of, start] of [["unit", UNIT], ["family", FAMILY]] as const) {
    if (!location.hash.startsWith(start)) continue;
    const rest = location.hash.slice(start.length);
    try {
      return { of, text: decodeURIComponent(rest) };
    } catch {
      return { of, text: rest };
    }
  }
  return null;
}

/** Takes the unit out of the page's address, without a step in its history. */
export function forget(): void {
  history.replaceState(history.state, "", location.href.split("#")[0]);
}

/** Every unit among the strings of some data, each once, in their order. */
export function unitsIn(data: unknown): string[] {
  const found = new Set<string>();
  const walk = (each: unknown) => {
    if (typeof each === "string") {
      const address = each.length < 200 ? known(each) : null;
      if (address !== null) found.add(address);
    } else if (Array.isArray(each)) each.forEach(walk);
    else if (typeof each === "object" && each !== null) Object.values(each).forEach(walk);
  };
  if (here !== null) walk(data);
  return [...found];
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll("%3A", ":");
}
