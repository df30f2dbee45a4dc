import { InferenceSession, Tensor, env } from "onnxruntime-web/wasm";
import type { Live, LiveGraph } from "../types";

/** What a layer answers: units, then rows, then columns. */
export interface Answer {
  units: number;
  rows: number;
  cols: number;
  data: Float32Array;
}

/** What every output of the second graph answers, by its name. */
export type Answers = ReadonlyMap<string, Answer>;

/** The weights by their names, each with its shape. */
export type Weights = Readonly<Record<string, { dims: readonly number[]; data: Float32Array }>>;

/** Why the network cannot run in this browser, in one sentence; null where it can. */
export function lacking(): string | null {
  const lacks = [
    typeof WebAssembly === "undefined" && "WebAssembly",
    typeof DecompressionStream === "undefined" && "DecompressionStream",
  ].filter((each) => each !== false);
  if (lacks.length === 0) return null;
  return `This browser has no ${lacks.join(" and no ")}, without which the network cannot run in the page.`;
}

/** The artificial network, open: two graphs and the weights that the first gave the second. */
export class Session {
  private written: Record<string, Tensor> = {};
  /** A graph takes one call at a time: each waits for the one before. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly figure: Live,
    private readonly weights: InferenceSession,
    private readonly responses: InferenceSession,
  ) {}

  /** Opens both graphs; the runtime is unpacked when the first session is opened. */
  static async open(figure: Live): Promise<Session> {
    await started();
    const [weights, responses] = [await graph(figure.weights), await graph(figure.responses)];
    const session = new Session(figure, weights, responses);
    await session.write(figure.constants.map((each) => each.value), new Set());
    // The first run reserves what the others use: none of the reader's frames waits for it.
    await session.respond(new Float32Array(3 * figure.side ** 2).fill(1), figure.side);
    return session;
  }

  /** Computes the weights from the constants; of the layers in `cut` without the negative ones. */
  write(constants: ReadonlyArray<number>, cut: ReadonlySet<string>): Promise<void> {
    return this.next(() => this.rewrite(constants, cut));
  }

  private next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }

  private async rewrite(constants: ReadonlyArray<number>, cut: ReadonlySet<string>): Promise<void> {
    const values = new Tensor("float32", Float32Array.from(constants), [constants.length]);
    const name = this.figure.weights.inputs[0] ?? "";
    const made = await this.weights.run({ [name]: values });
    for (const layer of cut) {
      const tensor = made[`${layer}.weight`];
      if (tensor === undefined) continue;
      const data = tensor.data as Float32Array;
      for (let i = 0; i < data.length; i++) if ((data[i] ?? 0) < 0) data[i] = 0;
    }
    this.written = made as Record<string, Tensor>;
  }

  /** The weights as they are now. */
  get now(): Weights {
    return this.written as unknown as Weights;
  }

  /** Every layer's answer to an image of 3 × rows × columns numbers from 0 to 1. */
  respond(pixels: Float32Array, side: number): Promise<Answers> {
    return this.next(() => this.answer(pixels, side));
  }

  private async answer(pixels: Float32Array, side: number): Promise<Answers> {
    const [image = ""] = this.figure.responses.inputs;
    const shown = new Tensor("float32", pixels, [1, 3, side, pixels.length / 3 / side]);
    const found = await this.responses.run({ [image]: shown, ...this.written });
    return new Map(
      Object.entries(found).map(([name, tensor]) => {
        const [, units = 0, rows = 0, cols = 0] = tensor.dims;
        return [name, { units, rows, cols, data: tensor.data as Float32Array }];
      }),
    );
  }
}

let start: Promise<void> | null = null;

function started(): Promise<void> {
  start ??= (async () => {
    const block = document.querySelector('script[data-role="runtime"]');
    if (block === null) throw new Error("the file ends before its runtime");
    env.wasm.wasmBinary = (await unpacked(block.textContent ?? "")).buffer as ArrayBuffer;
    // More threads need memory that is shared, which a page opened from disk does not get.
    env.wasm.numThreads = 1;
    env.wasm.proxy = false;
    env.logLevel = "error";
  })();
  return start;
}

async function graph(packed: LiveGraph): Promise<InferenceSession> {
  return InferenceSession.create(await unpacked(packed.data), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
}

/** The bytes that were gzipped and written in base64. */
async function unpacked(text: string): Promise<Uint8Array> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
