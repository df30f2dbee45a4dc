import { familyHash, unitHash } from "../lib/units";

/** The element that focus goes back to when the explorer is closed. */
let opener: HTMLElement | null = null;

export function takeOpener(): HTMLElement | null {
  const found = opener;
  opener = null;
  return found;
}

/** Opens the unit of an address; focus comes back to the element it was opened from. */
export function openUnit(address: string, from: Element | null): void {
  show(unitHash(address), from);
}

/** The page's address is the one place that says what is shown. */
function show(hash: string, from: Element | null): void {
  remember(from);
  if (location.hash === hash) dispatchEvent(new Event("hashchange"));
  else location.hash = hash;
}

/** What an element opens, as the page's address has it. */
function hashOf(shown: Element): string {
  const family = shown.getAttribute("data-unit-family");
  return family === null ? unitHash(shown.getAttribute("data-unit") ?? "") : familyHash(family);
}

const SHOWS = "[data-unit], [data-unit-family]";

function remember(from: Element | null): void {
  if (from?.closest(".explorer")) return; // units that lead to units leave the way back as it was
  const near = from?.closest<HTMLElement>("a[href], button, input, summary, [tabindex]");
  opener = near ?? from?.closest("figure")?.querySelector<HTMLElement>(".units-open") ?? null;
}

/** Clicks and keys on whatever shows a unit, anywhere in the page; what stops listening. */
export function listen(): () => void {
  const click = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    const shown = target?.closest(SHOWS);
    if (!shown || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // Where a finger points to read a value, a mouse points without pressing.
    if (shown.hasAttribute("data-unit-mouse") && (event as PointerEvent).pointerType === "touch") return;
    event.preventDefault();
    show(hashOf(shown), target);
  };
  const twice = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    const shown = target?.closest("label[data-unit-key]");
    if (shown) openUnit(shown.getAttribute("data-unit-key") ?? "", target?.closest("label")?.querySelector("input") ?? target);
  };
  const press = (event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.key !== "Enter" || target === null || event.defaultPrevented) return;
    if (target.matches("a[href], button, summary, textarea")) return; // these are clicked by it
    const name = event.shiftKey ? "data-unit-shift" : "data-unit-key";
    const control = target.closest(`[${name}]`);
    if (control === null && (event.shiftKey || !target.matches(SHOWS))) return;
    event.preventDefault();
    show(control === null ? hashOf(target) : unitHash(control.getAttribute(name) ?? ""), target);
  };
  addEventListener("click", click);
  addEventListener("dblclick", twice);
  addEventListener("keydown", press);
  return () => {
    removeEventListener("click", click);
    removeEventListener("dblclick", twice);
    removeEventListener("keydown", press);
  };
}
