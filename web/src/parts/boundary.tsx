import { Component, type ComponentChildren } from "preact";

/** Shows one line of text in place of a part that fails, and leaves the rest standing. */
export class Boundary extends Component<
  { name: string; children: ComponentChildren },
  { problem: string | null }
> {
  override state = { problem: null };

  static override getDerivedStateFromError(error: unknown) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.problem === null) return this.props.children;
    return (
      <p class="note">
        {this.props.name} cannot be drawn: {this.state.problem}.
      </p>
    );
  }
}
