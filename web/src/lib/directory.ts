import type { Figure } from "../registry";
import type { ExploredLayer, ExploredNetwork, Explorer, Links, Tuned } from "../types";

/** A unit that can be looked up. */
export interface Found {
  network: ExploredNetwork;
  layer: ExploredLayer;
  channel: number;
  /** Its address, such as "3b:379" or "artificial 3b:12". */
  address: string;
}

/** A connection with another unit. */
export interface Connection {
  address: string;
  share: number;
}

/** Where a unit's picture is. */
export interface Pictured {
  uri: string;
  columns: number;
  side: number;
  cell: number;
  shown: "filter" | "image";
}

const WHOLE = 32767;
const unpacked = new WeakMap<object, { channels: Uint16Array; shares: Int16Array }>();
const responses = new WeakMap<Tuned, Uint8Array>();

/** All units of all networks of the page, by address. */
export class Directory {
  readonly #layers = new Map<string, { network: ExploredNetwork; layer: ExploredLayer }>();
  readonly #pictures = new Map<string, Pictured>();

  constructor(
    readonly explorer: Explorer,
    figures: ReadonlyArray<Figure> = [],
  ) {
    for (const network of explorer.networks) {
      for (const layer of network.layers) {
        for (const name of [layer.name, layer.layer]) this.#layers.set(before(network) + name, { network, layer });
      }
    }
    for (const figure of figures) this.#add(figure);
  }

  /** The unit of an address; null where there is none. */
  find(text: string): Found | null {
    const match = /^(.+):(\d{1,6})$/.exec(text.trim().replace(/\s+/g, " "));
    if (match === null) return null;
    const place = this.#layers.get(match[1] ?? "");
    const channel = Number(match[2]);
    if (place === undefined || channel >= place.layer.units) return null;
    return { ...place, channel, address: `${before(place.network)}${place.layer.layer}:${channel}` };
  }

  /** What is wrong with an address, and what is valid. */
  problem(text: string): string {
    const asked = text.trim();
    if (asked === "") return `Write a unit’s address, such as ${this.example()}.`;
    const match = /^(.+):(\d+)$/.exec(asked);
    if (match === null) {
      return `“${asked}” is no address: write layer:channel, such as ${this.example()}.`;
    }
    const place = this.#layers.get(match[1] ?? "");
    if (place !== undefined) {
      return `${match[1]} has the units ${match[1]}:0 to ${match[1]}:${place.layer.units - 1}, and no ${asked}.`;
    }
    const titles = this.explorer.networks.map(
      (network) => `${network.layers.map((each) => before(network) + each.layer).join(", ")}`,
    );
    return `There is no layer “${match[1]}” here. Layers are ${titles.join("; ")}.`;
  }

  /** Units of a family of a layer, written as in `#family=`; null where there is none. */
  family(text: string): { network: ExploredNetwork; layer: ExploredLayer; name: string; units: Found[] } | null {
    const at = text.indexOf(":");
    const place = this.#layers.get(text.slice(0, at));
    const name = text.slice(at + 1);
    const index = place?.layer.names.indexOf(name) ?? -1;
    if (place === undefined || index < 0) return null;
    const units = place.layer.families.flatMap((each, channel): Found[] =>
      each === index
        ? [{ ...place, channel, address: `${before(place.network)}${place.layer.layer}:${channel}` }]
        : [],
    );
    return { ...place, name, units };
  }

  inputs({ network, layer, channel }: Found): Connection[] {
    return layer.inputs === null ? [] : connections(network, layer.inputs, channel);
  }

  outputs({ network, layer, channel }: Found): Connection[] {
    return layer.outputs === null ? [] : connections(network, layer.outputs, channel);
  }

  /** The hand-written unit that was written for a unit, or the unit that it was written for. */
  partner({ network, layer, channel, address }: Found): Found | null {
    if (network.key === "matched") {
      return layer === network.layers.at(-1) ? this.find(network.partners[channel] ?? "") : null;
    }
    const written = this.explorer.networks.find((each) => each.key === "matched");
    const at = network.key === "" ? (written?.partners ?? []).findIndex((each) => this.find(each)?.address === address) : -1;
    return at < 0 ? null : this.find(`matched ${written?.layers.at(-1)?.layer}:${at}`);
  }

  picture({ layer, channel, address }: Found): Pictured | null {
    const cell = layer.pictured.indexOf(channel);
    if (layer.sprite !== null && cell >= 0) return { ...layer.sprite, cell, shown: layer.shown };
    return this.#pictures.get(address) ?? null;
  }

  /** Pictures that figures show already need no copy. */
  #add(figure: Figure): void {
    const keep = (text: string, picture: Pictured) => {
      const found = this.find(text);
      if (found !== null) this.#pictures.set(found.address, picture);
    };
    if (figure.kind === "family-sheet") {
      for (const { layer, sprite, columns, cell, shown, rows } of figure.layers) {
        for (const unit of rows.flatMap((row) => row.units)) {
          keep(`${layer}:${unit.channel}`, { uri: sprite, columns, side: cell, cell: unit.cell, shown });
        }
      }
    }
    if (figure.kind === "pictures") {
      for (const { natural, artificial } of figure.pairs) {
        keep(natural.unit, { ...figure.sprite, cell: natural.cell, shown: "image" });
        if (artificial !== null) {
          keep(`matched ${artificial.unit}`, { ...figure.sprite, cell: artificial.cell, shown: "image" });
        }
      }
    }
  }

  /** An address that is valid. */
  example(): string {
    const layer = this.explorer.networks[0]?.layers.at(-1);
    return layer === undefined ? "layer:0" : `${layer.layer}:${layer.units - 1}`;
  }
}

function before(network: ExploredNetwork): string {
  return network.key === "" ? "" : `${network.key} `;
}

/** The family of a unit; null where its layer has no labels. */
export function familyOf({ layer, channel }: Found): { name: string; period: number } | null {
  const index = layer.families[channel];
  if (index === undefined) return null;
  return { name: layer.names[index] ?? "other", period: layer.periods[index] ?? 0 };
}

/** A unit's responses over orientation, from 0 to 1. */
export function tuningOf(tuned: Tuned, channel: number): number[] {
  let all = responses.get(tuned);
  if (all === undefined) {
    all = Uint8Array.from(atob(tuned.data), (each) => each.charCodeAt(0));
    responses.set(tuned, all);
  }
  return Array.from(all.subarray(channel * tuned.steps, (channel + 1) * tuned.steps), (each) => each / 255);
}

function connections(network: ExploredNetwork, links: Links, channel: number): Connection[] {
  let kept = unpacked.get(links);
  if (kept === undefined) {
    kept = {
      channels: new Uint16Array(plain(links.channels)),
      shares: new Int16Array(plain(links.shares)),
    };
    unpacked.set(links, kept);
  }
  const { channels, shares } = kept;
  return Array.from({ length: links.each }, (_, k) => channel * links.each + k)
    .filter((k) => (shares[k] ?? 0) !== 0)
    .map((k) => ({
      address: `${before(network)}${links.layer}:${channels[k]}`,
      share: (shares[k] ?? 0) / WHOLE,
    }));
}

function plain(data: string): ArrayBuffer {
  return Uint8Array.from(atob(data), (each) => each.charCodeAt(0)).buffer;
}
