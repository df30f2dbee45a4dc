import { Measured, Sign } from "../figures/claims-table";
import type { ClaimRow } from "../types";

const FEW = 2;

/** What the article says that a figure shows, beside what was measured here. */
export function ClaimsBeside({ rows }: { rows: ReadonlyArray<ClaimRow> }) {
  if (rows.length === 0) return null;
  const list = (
    <ul>
      {rows.map((row) => (
        <li>
          <a href={`#claim-${row.id}`}>{row.statement}</a>
          <span>
            <b>In the article</b> {row.published ?? "no number"}
          </span>{" "}
          <span>
            <b>Here</b> <Measured {...row} /> {row.measured !== null && row.quantity}
          </span>{" "}
          <span>
            <Sign verdict={row.verdict} /> {row.verdict}
          </span>
        </li>
      ))}
    </ul>
  );
  if (rows.length <= FEW) return <div class="beside">{list}</div>;
  const holding = rows.filter((row) => row.verdict === "holds").length;
  return (
    <details class="beside">
      <summary>
        {rows.length} claims of the article and what was measured here:{" "}
        {holding === rows.length ? "all hold" : `${holding} hold`}
      </summary>
      {list}
    </details>
  );
}
