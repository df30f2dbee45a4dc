import type { Live } from "../types";
import type { Pixels } from "./live-pixels";
import { type Answers, Session, type Weights, lacking } from "./live-session";

/** One image's way through the network. */
export interface Frame {
  answers: Answers;
  weights: Weights;
  /** From the start of its computation to the end of its drawing, milliseconds. */
  ms: number;
  /** Median of `ms` over the last frames. */
  median: number;
  number: number;
}

export type State = "waiting" | "opening" | "ready" | { problem: string };

const KEPT = 60;

/** Runs the network on whatever the pad shows, at most once for each frame of the screen. */
export class Engine {
  private session: Promise<Session> | null = null;
  private busy = false;
  private again = false;
  private stale = false;
  private closed = false;
  private times: number[] = [];
  private count = 0;
  private constants: ReadonlyArray<number>;
  private cut: ReadonlySet<string> = new Set();

  constructor(
    private readonly figure: Live,
    /** What the pad shows now; asked for once a frame. */
    private readonly pixels: () => Pixels,
    private readonly onFrame: (frame: Frame) => void,
    private readonly onState: (state: State) => void,
  ) {
    this.constants = figure.constants.map((each) => each.value);
  }

  /** Opens the network, once. */
  open(): Promise<Session> {
    this.session ??= (async () => {
      const problem = lacking();
      if (problem !== null) throw new Error(problem);
      this.onState("opening");
      const session = await Session.open(this.figure);
      this.onState("ready");
      return session;
    })();
    return this.session;
  }

  /** Other weights from the next frame on. */
  rewrite(constants: ReadonlyArray<number>, cut: ReadonlySet<string>): void {
    [this.constants, this.cut, this.stale] = [constants, cut, true];
    this.ask();
  }

  /** The pad shows something else. */
  ask(): void {
    this.again = true;
    if (!this.busy) void this.run();
  }

  close(): void {
    this.closed = true;
  }

  /** Every layer's answer to an image that is not on the pad, with the weights as they are. */
  async answer(pixels: Pixels, side: number): Promise<Answers> {
    const session = await this.open();
    await this.refreshed(session);
    return session.respond(pixels, side);
  }

  private async run(): Promise<void> {
    this.busy = true;
    try {
      const session = await this.open();
      while (this.again && !this.closed) {
        this.again = false;
        await new Promise(requestAnimationFrame);
        const start = performance.now();
        await this.refreshed(session);
        const answers = await session.respond(this.pixels(), this.figure.side);
        this.count += 1;
        const frame = { answers, weights: session.now, number: this.count };
        this.onFrame({ ...frame, ms: this.times.at(-1) ?? 0, median: median(this.times) });
        // What was set in the call above is drawn before this goes on.
        await Promise.resolve();
        await Promise.resolve();
        this.times = [...this.times, performance.now() - start].slice(-KEPT);
      }
    } catch (error) {
      this.onState({ problem: error instanceof Error ? error.message : String(error) });
    } finally {
      this.busy = false;
    }
  }

  private async refreshed(session: Session): Promise<void> {
    if (!this.stale) return;
    this.stale = false;
    await session.write(this.constants, this.cut);
  }
}

function median(values: ReadonlyArray<number>): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
