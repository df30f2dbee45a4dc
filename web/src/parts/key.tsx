import type { ComponentChildren } from "preact";

export type MarkName = "natural" | "artificial" | "near-miss" | "copy" | "echo" | "network" | "curves" | "early" | "ring";

/** What the marks of a figure mean. */
export function Key({ children }: { children: ComponentChildren }) {
  return <div class="key">{children}</div>;
}

export function KeyItem({ mark, children }: { mark: MarkName; children: ComponentChildren }) {
  return (
    <span class="key-item">
      <Mark mark={mark} />
      {children}
    </span>
  );
}

/** A mark as the charts draw it. */
export function Mark({ mark }: { mark: MarkName }) {
  return (
    <svg class={`mark ${mark}`} viewBox="-7 -7 14 14" aria-hidden="true">
      <Shape mark={mark} />
    </svg>
  );
}

function Shape({ mark }: { mark: MarkName }) {
  if (mark === "artificial") return <path d="M0-6L6 0L0 6L-6 0Z" />;
  if (mark === "near-miss") return <path d="M-4-4L4 4M-4 4L4-4" />;
  if (mark === "copy" || mark === "curves" || mark === "early") return <path d="M-5-5H5V5H-5Z" />;
  if (mark === "echo") return <path d="M0 6L-6-5A12 12 0 0 1 6-5Z" />;
  if (mark === "network") return <path d="M0-7V7" />;
  return <circle r="5" />;
}
