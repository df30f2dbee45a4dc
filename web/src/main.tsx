import { render } from "preact";
import { Page } from "./page";
import type { Figure } from "./registry";
import type { Report } from "./types";
import "./page.css";

const SCHEMA: Report["schema"] = "curvecircuits.report/1";

/** A figure as read: its data, or why it could not be read. */
export type Read = { figure: Figure } | { problem: string };

function start(): void {
  const root = document.getElementById("page");
  if (root === null) return;
  root.replaceChildren();
  try {
    const block = document.querySelector('script[data-role="report"]');
    if (block === null) throw new Error("the file ends before its data");
    const report = JSON.parse(block.textContent ?? "") as Report;
    if (report.schema !== SCHEMA) {
      throw new Error(`its data is “${report.schema}”, and this page shows “${SCHEMA}”`);
    }
    const blocks = document.querySelectorAll('script[data-role="figure"]');
    render(<Page report={report} figures={Array.from(blocks, read)} />, root);
  } catch (error) {
    const line = document.createElement("p");
    line.className = "note";
    line.textContent = `This report cannot be shown: ${why(error)}.`;
    root.replaceChildren(line);
  }
}

function read(block: Element): Read {
  try {
    return { figure: JSON.parse(block.textContent ?? "") as Figure };
  } catch (error) {
    return { problem: why(error) };
  }
}

function why(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// The data stands after the script, so that the text above is painted before it is read.
if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
else start();
