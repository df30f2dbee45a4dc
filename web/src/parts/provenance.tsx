import type { Model } from "../types";

/** A line on what was measured; a warning where nothing vouches for the weights. */
export function Provenance({ model }: { model: Model }) {
  const { weights } = model;
  if (weights.verified) return null;
  return (
    <aside class="warning" aria-label="Provenance of the weights">
      <p>
        <strong>Unverified weights.</strong> No published checksum matches <em>{weights.source}</em>:
        everything below holds for this file and for no other.
      </p>
      {weights.sha256 !== null && (
        <p class="hash">
          <span class="label">SHA-256</span> <code>{weights.sha256}</code>
        </p>
      )}
    </aside>
  );
}
