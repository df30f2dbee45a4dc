import { useEffect, useState } from "preact/hooks";
import type { Table } from "../lib/csv";
import { together } from "../lib/format";
import { signed } from "../lib/signed";
import type { ClaimRow, ClaimsTableFigure } from "../types";
import "./families.css";

type Verdict = ClaimRow["verdict"];

const SYMBOLS: Readonly<Record<Verdict, string>> = {
  holds: "✓",
  "does not hold": "✗",
  undecided: "?",
  "says nothing": "○",
  "cannot be tested": "–",
};
const VERDICTS = Object.keys(SYMBOLS) as Verdict[];

/** The claims, filtered by verdict, section and words; each opens to how it was measured. */
export function Body({ figure }: { figure: ClaimsTableFigure }) {
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [section, setSection] = useState("");
  const [words, setWords] = useState("");
  // Figures link to their claims, which are to be seen whatever the filters are.
  useEffect(() => {
    const follow = () => {
      const id = location.hash.slice(1);
      if (!figure.rows.some((row) => `claim-${row.id}` === id)) return;
      setVerdict(null);
      setSection("");
      setWords("");
      // The row is there once the filters are off.
      requestAnimationFrame(() => setTimeout(() => document.getElementById(id)?.scrollIntoView()));
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [figure]);
  const present = VERDICTS.filter((each) => figure.rows.some((row) => row.verdict === each));
  const rows = figure.rows.filter(
    (row) =>
      (verdict === null || row.verdict === verdict) &&
      (section === "" || row.section === section) &&
      matches(row, words),
  );
  const counted = (each: Verdict) => figure.rows.filter((row) => row.verdict === each).length;
  return (
    <div class="claims">
      <div class="controls" data-unprinted>
        <div role="group" aria-label="Verdict">
          <button
            type="button"
            class="tab"
            aria-pressed={verdict === null}
            onClick={() => setVerdict(null)}
          >
            all {figure.rows.length}
          </button>
          {present.map((each) => (
            <button
              type="button"
              class="tab"
              aria-pressed={verdict === each}
              onClick={() => setVerdict(verdict === each ? null : each)}
            >
              <Sign verdict={each} /> {each} {counted(each)}
            </button>
          ))}
        </div>
        <label>
          Section{" "}
          <select value={section} onChange={(event) => setSection(event.currentTarget.value)}>
            <option value="">all</option>
            {sections(figure.rows).map(([name]) => (
              <option value={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Search{" "}
          <input
            type="search"
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </label>
        <span role="status">
          {rows.length === figure.rows.length ? "" : `${rows.length} shown`}
        </span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of the claims">
        <table>
          <thead>
            <tr>
              {["Claim", "Published", "Measured", "Permuted copy", "Verdict", "Figure"].map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          {sections(rows).map(([section, claims]) => (
            <tbody key={section}>
              <tr class="claim-section">
                <th scope="rowgroup" colSpan={6}>
                  {section}
                </th>
              </tr>
              {claims.map((row) => (
                <Row key={row.id} row={row} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </div>
  );
}

/** Claims by section, in the order in which the sections first come. */
function sections(rows: ReadonlyArray<ClaimRow>): Array<[string, ClaimRow[]]> {
  const found = new Map<string, ClaimRow[]>();
  for (const row of rows) found.set(row.section, [...(found.get(row.section) ?? []), row]);
  return [...found];
}

function Row({ row }: { row: ClaimRow }) {
  const [open, setOpen] = useState(false);
  const figure = useFigure(row.figure);
  const more = `claim-${row.id}-more`;
  return (
    <>
      <tr class="claim-row" id={`claim-${row.id}`}>
        <th scope="row">
          <button
            type="button"
            class="claim"
            aria-expanded={open}
            aria-controls={open ? more : undefined}
            onClick={() => setOpen(!open)}
          >
            <span class="claim-arrow" aria-hidden="true" data-unprinted>
              {open ? "▾" : "▸"}
            </span>
            {row.statement}
          </button>
        </th>
        <td data-name="Published" class={row.published === null ? "none" : undefined}>
          {row.published ?? "–"}
        </td>
        <td data-name="Measured">
          <Measured {...row} />{" "}
          <small>{row.quantity}</small>
        </td>
        <td data-name="Permuted copy" class={row.permuted_measured === null ? "none" : undefined}>
          <Measured
            measured={row.permuted_measured}
            low={row.permuted_low}
            high={row.permuted_high}
            count={row.permuted_count}
          />
        </td>
        <td class="verdict">
          <span>
            <Sign verdict={row.verdict} /> {row.verdict}
          </span>
        </td>
        <td class={figure === null ? "claim-figure none" : "claim-figure"}>
          {figure === null ? "–" : <a href={`#${figure.id}`}>Figure {figure.number}</a>}
        </td>
      </tr>
      {open && (
        <tr class="claim-more" id={more}>
          <td colSpan={6}>
            <p>
              <b>How.</b> {row.how}
            </p>
            <p>
              <b>Holds when</b> the interval is {row.criterion}.
            </p>
            {row.note !== "" && (
              <p>
                <b>Note.</b> {row.note}
              </p>
            )}
          </td>
        </tr>
      )}
    </>
  );
}

export function Sign({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`sign ${verdict.replaceAll(" ", "-")}`} aria-hidden="true">
      {SYMBOLS[verdict]}
    </span>
  );
}

/** A value with its interval; one that is exact, as a count is, stands alone. */
export function Measured(props: Pick<ClaimRow, "measured" | "low" | "high" | "count">) {
  const { measured: value, low, high, count } = props;
  if (value === null) return <>–</>;
  if (count !== null) return <b>{signed(count)}</b>;
  if (low === null || high === null) {
    return (
      <>
        <b>{together([value])}</b> <span class="interval">no interval</span>
      </>
    );
  }
  if (low === high) return <b>{signed(value)}</b>;
  const [middle, from, to] = together([value, low, high]);
  return (
    <>
      <b>{middle}</b>{" "}
      <span class="interval">
        {from} to {to}
      </span>
    </>
  );
}

/** The figure of an id or a kind, once all are on the page. */
function useFigure(name: string | null): { id: string; number: string } | null {
  const [found, setFound] = useState<{ id: string; number: string } | null>(null);
  useEffect(() => {
    const all = Array.from(document.querySelectorAll("figure"));
    const at = all.find((each) => each.id === name) ?? all.find((each) => each.dataset.kind === name);
    const number = at && /^figure-(\d+)-/.exec(at.id)?.[1];
    setFound(at && number ? { id: at.id, number } : null);
  }, [name]);
  return found;
}

function matches(row: ClaimRow, words: string): boolean {
  const text = [row.id, row.section, row.statement, row.published, row.quantity, row.note]
    .join(" ")
    .toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function table(figure: ClaimsTableFigure): Table {
  return {
    header: [
      "id", "section", "statement", "published", "quantity", "measured", "low", "high",
      "permuted", "permuted_low", "permuted_high", "criterion", "verdict", "how", "note", "figure",
    ],
    rows: figure.rows.map((row) => [
      row.id, row.section, row.statement, row.published, row.quantity, row.count ?? row.measured,
      row.low, row.high, row.permuted_count ?? row.permuted_measured, row.permuted_low, row.permuted_high, row.criterion,
      row.verdict, row.how, row.note, row.figure,
    ]),
  };
}
