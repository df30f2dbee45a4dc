import type { Cell } from "../lib/csv";
import { signed } from "../lib/signed";
import type { Estimate, Rival } from "../types";
import "../figures/comparison.css";

/** What was set beside the natural units: mean correlations with intervals, as a strip and numbers. */
export function Rivals({ rivals, label }: { rivals: ReadonlyArray<Rival>; label: string }) {
  if (rivals.length === 0) return null;
  const low = Math.min(0, ...rivals.map((each) => each.straight.low ?? each.straight.value ?? 0));
  const turned = rivals.some((each) => each.aligned.value !== null);
  const from = Math.floor(low * 10) / 10;
  const place = (value: number) => (100 * (value - from)) / (1 - from);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="rivals">
        <caption class="label">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Set beside each natural unit</th>
            <td class="rival-strip" aria-hidden="true">
              {[0, 0.5, 1].map((each) => (
                <span style={{ left: `${place(each)}%` }}>{each}</span>
              ))}
            </td>
            <th scope="col" class="numeric">
              Correlation
            </th>
            {turned && (
              <th scope="col" class="numeric">
                Turned ≤ 15°
              </th>
            )}
            <th scope="col" class="numeric">
              Artificial ahead by
            </th>
          </tr>
        </thead>
        <tbody>
          {rivals.map((each) => (
            <tr class={each.role}>
              <th scope="row">
                {each.title}
                {each.role === "control" && <span class="soft"> (control)</span>}
              </th>
              <td class="rival-strip" aria-hidden="true">
                <i class="zero" style={{ left: `${place(0)}%` }} />
                <Mark estimate={each.aligned} place={place} class="turned" />
                <Mark estimate={each.straight} place={place} class="straight" />
              </td>
              <td class="numeric">
                <Numbers estimate={each.straight} />
              </td>
              {turned && (
                <td class="numeric">
                  <Numbers estimate={each.aligned} />
                </td>
              )}
              <td class="numeric">
                {each.role === "artificial" ? "" : <Numbers estimate={each.lead} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Mark(props: { estimate: Estimate; place: (value: number) => number; class: string }) {
  const { value, low, high } = props.estimate;
  if (value === null) return null;
  const { place } = props;
  return (
    <>
      {low !== null && high !== null && (
        <i
          class={`bar ${props.class}`}
          style={{ left: `${place(low)}%`, width: `${place(high) - place(low)}%` }}
        />
      )}
      <i class={`dot ${props.class}`} style={{ left: `${place(value)}%` }} />
    </>
  );
}

/** An estimate with two decimals, its interval smaller. */
export function Numbers({ estimate }: { estimate: Estimate }) {
  const { value, low, high } = estimate;
  if (value === null) return <>–</>;
  return (
    <>
      {fixed(value)}
      {low !== null && high !== null && (
        <>
          {" "}
          <span class="soft interval">
            [{fixed(low)}, {fixed(high)}]
          </span>
        </>
      )}
    </>
  );
}

/** Two decimals, with a minus that is one. */
export function fixed(value: number): string {
  return value.toFixed(2).replace(/^-(0\.00)$/, "$1").replace("-", "−");
}

/** Rows of a table: quantity, unit, orientation, value and interval. */
export function rivalRows(
  rivals: ReadonlyArray<Rival>,
  units: ReadonlyArray<{ unit: string; orientation: number }>,
): Cell[][] {
  return rivals.flatMap((each) => [
    [`correlation with ${each.title}, mean`, null, null, each.straight.value, each.straight.low, each.straight.high],
    [`correlation with ${each.title}, turned, mean`, null, null, each.aligned.value, each.aligned.low, each.aligned.high],
    [`lead of the artificial unit over ${each.title}, mean`, null, null, each.lead.value, each.lead.low, each.lead.high],
    ...units.map(({ unit, orientation }, k) => [
      `correlation with ${each.title}`,
      unit,
      orientation,
      each.units[k] ?? null,
      null,
      null,
    ]),
  ]);
}

/** A correlation for those who do not see it. */
export function spoken(value: number | null): string {
  return value === null ? "not known" : signed(value);
}
