import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

const LINKS = "a.unit-link";
const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** One tab stop for all links to units inside an element; arrow keys, Home and End go through them. */
export function useRoving(place: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const root = place.current;
    if (root === null) return;
    const links = () => [...root.querySelectorAll<HTMLElement>(LINKS)].filter((each) => each.getClientRects().length > 0);
    const stopAt = (chosen: HTMLElement | undefined) => {
      for (const each of root.querySelectorAll<HTMLElement>(LINKS)) each.tabIndex = each === chosen ? 0 : -1;
    };
    const keepOne = () => {
      const shown = links();
      const stops = shown.filter((each) => each.tabIndex === 0);
      if (shown.length > 0 && stops.length !== 1) stopAt(stops[0] ?? shown[0]);
    };
    const press = (event: KeyboardEvent) => {
      const at = event.target instanceof HTMLElement && event.target.matches(LINKS) ? event.target : null;
      if (at === null || event.altKey || event.ctrlKey || event.metaKey) return;
      const shown = links();
      const by = STEPS[event.key];
      const next =
        event.key === "Home" ? shown[0]
        : event.key === "End" ? shown.at(-1)
        : by === undefined ? undefined
        : shown[(shown.indexOf(at) + by + shown.length) % shown.length];
      if (next === undefined) return;
      event.preventDefault();
      stopAt(next);
      next.focus();
    };
    const focused = (event: FocusEvent) => {
      if (event.target instanceof HTMLElement && event.target.matches(LINKS)) stopAt(event.target);
    };
    const watcher = new MutationObserver(keepOne);
    watcher.observe(root, { childList: true, subtree: true });
    root.addEventListener("keydown", press);
    root.addEventListener("focusin", focused);
    keepOne();
    return () => {
      watcher.disconnect();
      root.removeEventListener("keydown", press);
      root.removeEventListener("focusin", focused);
    };
  }, []);
}
