import type { ComponentChildren } from "preact";
import type { Report } from "../types";

/** How to make the report again. */
export function Colophon({ report }: { report: Report }) {
  const { model, colophon } = report;
  const { weights } = model;
  return (
    <footer class="colophon">
      <h2>Colophon</h2>
      <dl>
        <Item name="Model">
          {model.name}, layer {model.layer}
        </Item>
        <Item name="Model SHA-256">
          <code>{model.sha256}</code>
        </Item>
        <Item name="Weights">
          {weights.source} ({weights.verified ? "verified against the catalogue" : "unverified"})
        </Item>
        {weights.sha256 !== null && (
          <Item name="Weights SHA-256">
            <code>{weights.sha256}</code>
          </Item>
        )}
        {colophon.versions.length > 0 && (
          <Item name="Versions">
            {colophon.versions.map((each) => `${each.name} ${each.version}`).join(", ")}
          </Item>
        )}
        {colophon.seed !== null && <Item name="Seed">{colophon.seed}</Item>}
        {colophon.command !== null && (
          <Item name="Made by">
            <code>{colophon.command}</code>
          </Item>
        )}
        <Item name="Data schema">
          <code>{report.schema}</code>
        </Item>
      </dl>
      <p class="small">
        Angles are degrees, clockwise on screen; a curve is named by its outward normal, so 0° is
        “)”, 90° is “U” and 180° is “(”.
      </p>
    </footer>
  );
}

function Item({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
