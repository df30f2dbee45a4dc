import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import type { Cell } from "../lib/csv";

/** A column: its heading, the value it is sorted and exported by, and how it is shown. */
export interface Column<Row> {
  name: string;
  value: (row: Row) => Cell;
  show?: (row: Row) => ComponentChild;
  numeric?: boolean;
  wide?: boolean;
}

interface Order {
  column: number;
  down: boolean;
}

/** A table whose headings sort it. */
export function Sortable<Row>(props: {
  label: string;
  columns: ReadonlyArray<Column<Row>>;
  rows: ReadonlyArray<Row>;
}) {
  const { columns, rows, label } = props;
  const [order, setOrder] = useState<Order | null>(null);
  const by = order === null ? undefined : columns[order.column];
  const sorted = by === undefined || order === null ? rows : sort(rows, by.value, order.down);
  return (
    // A wide table scrolls in its own box, which the keyboard must reach.
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th
                scope="col"
                class={column.numeric ? "numeric" : undefined}
                aria-sort={order?.column === i ? (order.down ? "descending" : "ascending") : "none"}
              >
                <button
                  type="button"
                  onClick={() =>
                    setOrder({ column: i, down: order?.column === i ? !order.down : false })
                  }
                >
                  {column.name}
                  <span class="arrow" aria-hidden="true" data-unprinted>
                    {order?.column === i ? (order.down ? "▼" : "▲") : "↕"}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr>
              {columns.map((column, i) => {
                const content = column.show ? column.show(row) : column.value(row);
                const name = [column.numeric && "numeric", column.wide && "wide"];
                const className = name.filter(Boolean).join(" ") || undefined;
                return i === 0 ? (
                  <th scope="row" class={className}>
                    {content}
                  </th>
                ) : (
                  <td class={className}>{content}</td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Rows by a value; what has none stays last either way. */
function sort<Row>(rows: ReadonlyArray<Row>, value: (row: Row) => Cell, down: boolean): Row[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (typeof x === "number" && typeof y === "number") return sign * (x - y);
    return sign * String(x).localeCompare(String(y), "en", { numeric: true });
  });
}
