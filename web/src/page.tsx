import type { Read } from "./main";
import { Boundary } from "./parts/boundary";
import { Colophon } from "./parts/colophon";
import { Frame, figureId } from "./parts/frame";
import { Provenance } from "./parts/provenance";
import type { Report } from "./types";

/** Everything under the title and the lede. */
export function Page({ report, figures }: { report: Report; figures: ReadonlyArray<Read> }) {
  return (
    <>
      <Provenance model={report.model} />
      <Contents figures={figures} />
      {figures.map((each, index) =>
        "problem" in each ? (
          <p class="note">
            Figure {index + 1} cannot be read: {each.problem}.
          </p>
        ) : (
          <Boundary name={`Figure ${index + 1}`} key={index}>
            <Frame figure={each.figure} number={index + 1} schema={report.schema} />
          </Boundary>
        ),
      )}
      {report.missing.length > 0 && (
        <section class="missing" aria-label="Parts not made">
          {report.missing.map((part) => (
            <p class="note">
              {part.title} is left out; <code>{part.command}</code> adds it.
            </p>
          ))}
        </section>
      )}
      <Colophon report={report} />
    </>
  );
}

function Contents({ figures }: { figures: ReadonlyArray<Read> }) {
  if (figures.length < 2) return null;
  return (
    <nav class="contents" aria-label="Figures">
      <ol>
        {figures.map((each, index) => (
          <li>
            {"figure" in each ? (
              <a href={`#${figureId(each.figure, index + 1)}`}>{each.figure.words.title}</a>
            ) : (
              "Not readable"
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
