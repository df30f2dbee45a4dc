import { Fragment } from "preact";
import type { Read } from "./main";
import { ExplorerPanel } from "./explorer/panel";
import { directory } from "./lib/units";
import { Boundary } from "./parts/boundary";
import { Colophon } from "./parts/colophon";
import { Frame, figureId } from "./parts/frame";
import { Provenance } from "./parts/provenance";
import type { ClaimRow, Report } from "./types";

interface Numbered {
  read: Read;
  number: number;
}

/** Figures under one heading; those before the first section have none. */
interface Group {
  id: string;
  title: string | null;
  text: ReadonlyArray<string>;
  figures: ReadonlyArray<Numbered>;
}

/** Everything under the title and the lede; without a report the figures alone, as in a notebook. */
export function Page(props: {
  report: Report | null;
  figures: ReadonlyArray<Read>;
  schema: string;
}) {
  const { report, figures, schema } = props;
  const sections = report?.sections ?? [];
  const groups = grouped(sections, figures);
  const level = sections.length > 0 ? 3 : 2;
  const claims = claimsByFigure(figures);
  const units = directory();
  return (
    <>
      {report !== null && <Provenance model={report.model} />}
      {report !== null && figures.length > 1 && <Contents groups={groups} />}
      {groups.map((group) => (
        <Fragment key={group.id}>
          {group.title !== null && (
            <h2 class="section" id={group.id}>
              {group.title}
            </h2>
          )}
          {group.text.length > 0 && (
            <div class="opening">
              {group.text.map((paragraph) => (
                <p>{paragraph}</p>
              ))}
            </div>
          )}
          {group.figures.map(({ read, number }) =>
            "problem" in read ? (
              <p class="note">
                Figure {number} cannot be read: {read.problem}.
              </p>
            ) : (
              <Boundary name={`Figure ${number}`} key={number}>
                <Frame
                  figure={read.figure}
                  number={number}
                  schema={schema}
                  level={level}
                  claims={claims.get(figureId(read.figure, number)) ?? []}
                />
              </Boundary>
            ),
          )}
        </Fragment>
      ))}
      {report !== null && report.missing.length > 0 && (
        <section class="missing" aria-label="Parts not made">
          {report.missing.map((part) => (
            <p class="note">
              {part.title} is left out; <code>{part.command}</code> adds it.
            </p>
          ))}
        </section>
      )}
      {report !== null && <Colophon report={report} />}
      {units !== null && (
        <Boundary name="The explorer of units">
          <ExplorerPanel directory={units} />
        </Boundary>
      )}
    </>
  );
}

/** The claims that each figure shows, by the id of the figure that they name. */
function claimsByFigure(figures: ReadonlyArray<Read>): ReadonlyMap<string, ClaimRow[]> {
  const found = new Map<string, ClaimRow[]>();
  for (const read of figures) {
    if (!("figure" in read) || read.figure.kind !== "claims-table") continue;
    for (const row of read.figure.rows) {
      if (row.figure !== null) found.set(row.figure, [...(found.get(row.figure) ?? []), row]);
    }
  }
  return found;
}

function grouped(sections: Report["sections"], figures: ReadonlyArray<Read>): Group[] {
  const all = figures.map((read, index) => ({ read, number: index + 1 }));
  const starts = [{ title: null, first: 1, text: [] }, ...sections];
  return starts
    .map(({ title, first, text }, index) => ({
      id: `section-${index}`,
      title,
      text,
      figures: all.slice(first - 1, (starts[index + 1]?.first ?? Infinity) - 1),
    }))
    .filter((group) => group.figures.length > 0);
}

function Contents({ groups }: { groups: ReadonlyArray<Group> }) {
  return (
    <nav class="contents" aria-label="Figures">
      {groups.map((group) => (
        <section key={group.id}>
          {group.title !== null && (
            <p class="label">
              <a href={`#${group.id}`}>{group.title}</a>
            </p>
          )}
          <ol start={group.figures[0]?.number}>
            {group.figures.map(({ read, number }) => (
              <li>
                {"figure" in read ? (
                  <a href={`#${figureId(read.figure, number)}`}>{read.figure.words.title}</a>
                ) : (
                  "Not readable"
                )}
              </li>
            ))}
          </ol>
        </section>
      ))}
    </nav>
  );
}
