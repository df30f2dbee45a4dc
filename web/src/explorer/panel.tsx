import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Directory } from "../lib/directory";
import { asked, forget, unitHash } from "../lib/units";
import { useRoving } from "../parts/roving";
import { listen, takeOpener } from "./events";
import { FamilyUnits } from "./family";
import { UnitView } from "./unit-view";
import "./explorer.css";

type Asked = NonNullable<ReturnType<typeof asked>>;

/** A panel beside the page that shows the unit, or the family, that the page's address names. */
export function ExplorerPanel({ directory }: { directory: Directory }) {
  const [wanted, setWanted] = useState<Asked | null>(null);
  const [turn, setTurn] = useState(0);
  const back = useRef<HTMLElement | null>(null);
  const panel = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  const close = () => {
    if (asked() !== null) forget();
    setWanted(null);
    const to = back.current?.isConnected ? back.current : null;
    back.current = null;
    to?.focus({ preventScroll: true });
  };
  useEffect(() => {
    const read = () => {
      const next = asked();
      if (next === null) {
        // Another link of the page, or a step back: focus that is elsewhere stays there.
        if (panel.current?.contains(document.activeElement)) close();
        else setWanted(null);
        return;
      }
      back.current = takeOpener() ?? back.current;
      setWanted(next);
      setTurn((old) => old + 1);
    };
    read();
    const quiet = listen();
    addEventListener("hashchange", read);
    return () => {
      quiet();
      removeEventListener("hashchange", read);
    };
  }, [directory]);
  useEffect(() => {
    if (wanted === null) return;
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      close();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [wanted === null]);
  useLayoutEffect(() => {
    if (wanted === null) return;
    if (panel.current !== null) panel.current.scrollTop = 0;
    // Who writes addresses one after the other stays in the box, and hears the heading.
    if (!document.activeElement?.matches(".explorer-go input")) heading.current?.focus({ preventScroll: true });
  }, [turn]);
  if (wanted === null) return null;
  const shown = view(directory, wanted);
  return (
    <div class="explorer" role="dialog" aria-labelledby="explorer-title" ref={panel} data-unprinted>
      <header class="explorer-head">
        <div>
          <p class="label">{shown.label}</p>
          <h2 id="explorer-title" tabIndex={-1} ref={heading} aria-live="polite">
            {shown.title}
          </h2>
        </div>
        <button type="button" class="explorer-close" aria-label="Close the explorer" onClick={close}>
          <span aria-hidden="true">×</span>
        </button>
      </header>
      <Links key={turn}>{shown.body}</Links>
      <GoTo directory={directory} />
    </div>
  );
}

function view(directory: Directory, wanted: Asked) {
  if (wanted.of === "family") {
    const family = directory.family(wanted.text);
    if (family !== null) {
      return {
        label: "Family",
        title: `${family.layer.layer}, ${family.name}`,
        body: <FamilyUnits family={family} />,
      };
    }
    return { label: "Not found", title: `No family ${wanted.text}`, body: <p role="alert">There is no family of that name.</p> };
  }
  const found = directory.find(wanted.text);
  if (found === null) {
    return {
      label: "Not found",
      title: `No unit ${wanted.text}`,
      body: (
        <p class="explorer-problem" role="alert">
          {directory.problem(wanted.text)}
        </p>
      ),
    };
  }
  const label = { "": "Unit", artificial: "Unit written by hand", matched: "Unit written for the family" };
  return {
    label: label[found.network.key],
    title: found.address,
    body: <UnitView directory={directory} found={found} />,
  };
}

/** Links to units, of which the tab key reaches one. */
function Links({ children }: { children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null);
  useRoving(place);
  return (
    <div class="explorer-body" ref={place}>
      {children}
    </div>
  );
}

function GoTo({ directory }: { directory: Directory }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const go = (event: Event) => {
    event.preventDefault();
    const found = directory.find(text);
    setProblem(found === null ? directory.problem(text) : null);
    if (found !== null) location.hash = unitHash(found.address);
  };
  return (
    <form class="explorer-go" onSubmit={go} novalidate>
      <label>
        <span class="label">Go to unit</span> <span class="soft">such as {directory.example()}</span>
        <input
          type="text"
          value={text}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={problem !== null}
          aria-describedby="explorer-go-problem"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Go</button>
      <p id="explorer-go-problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
