import { render } from "preact";
import { Directory } from "./lib/directory";
import { setDirectory } from "./lib/units";
import { Page } from "./page";
import type { Figure } from "./registry";
import type { Explorer, Report } from "./types";
import "./page.css";

const SCHEMA: Report["schema"] = "curvecircuits.report/1";

/** A figure as read: its data, or why it could not be read. */
export type Read = { figure: Figure } | { problem: string };

async function start(): Promise<void> {
  const root = document.getElementById("page");
  if (root === null) return;
  root.replaceChildren();
  try {
    const report = root.dataset.bare === undefined ? readReport() : null;
    const blocks = document.querySelectorAll('script[data-role="figure"]');
    const figures = await Promise.all(Array.from(blocks, (each) => read(each)));
    const explorer = await readExplorer();
    setDirectory(explorer === null ? null : new Directory(explorer, figures.flatMap((each) => ("figure" in each ? [each.figure] : []))));
    render(<Page report={report} figures={figures} schema={SCHEMA} />, root);
  } catch (error) {
    const line = document.createElement("p");
    line.className = "note";
    line.textContent = `This report cannot be shown: ${why(error)}.`;
    root.replaceChildren(line);
  }
  // Large figures are inflated first: who waits for the page can see when it is there.
  root.dataset.state = "drawn";
}

function readReport(): Report {
  const block = document.querySelector('script[data-role="report"]');
  if (block === null) throw new Error("the file ends before its data");
  const report = JSON.parse(block.textContent ?? "") as Report;
  if (report.schema !== SCHEMA) {
    throw new Error(`its data is “${report.schema}”, and this page shows “${SCHEMA}”`);
  }
  return report;
}

async function read(block: Element): Promise<Read> {
  try {
    return { figure: (await parsed(block)) as Figure };
  } catch (error) {
    return { problem: why(error) };
  }
}

/** What the page knows of every unit; without it units are plain text, and the figures stand. */
async function readExplorer(): Promise<Explorer | null> {
  const block = document.querySelector('script[data-role="explorer"]');
  try {
    return block === null ? null : ((await parsed(block)) as Explorer);
  } catch {
    return null;
  }
}

async function parsed(block: Element): Promise<unknown> {
  const text = block.textContent ?? "";
  return JSON.parse(block.hasAttribute("data-deflated") ? await inflated(text) : text);
}

/** The text that was deflated and written in base64, as large figures are. */
function inflated(text: string): Promise<string> {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser has no DecompressionStream, without which large figures stay packed");
  }
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}

function why(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// The data stands after the script, so that the text above is painted before it is read.
if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => void start());
else void start();
