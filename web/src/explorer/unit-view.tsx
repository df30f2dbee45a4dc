import { useMemo, useState } from "preact/hooks";
import { type Connection, type Directory, type Found, familyOf } from "../lib/directory";
import { degrees } from "../lib/format";
import { familyHash, unitHash } from "../lib/units";
import { OrientationIcon } from "../parts/orientation-icon";
import { Pictures, useSprite } from "../parts/sprite";
import { UnitLink } from "../parts/unit";
import { copy } from "./copy";
import { TuningPlot } from "./tuning";

/** All that is known of one unit. */
export function UnitView({ directory, found }: { directory: Directory; found: Found }) {
  const { layer, channel, address } = found;
  const [inputs, outputs] = [directory.inputs(found), directory.outputs(found)];
  return (
    <>
      <Address directory={directory} found={found} />
      <div class="explorer-top">
        <Picture directory={directory} found={found} />
        <Facts directory={directory} found={found} />
      </div>
      {layer.tuned.length > 0 && (
        <section aria-label="Tuning">
          <h3>Tuning</h3>
          <div class="explorer-tunings">
            {layer.tuned.map((each) => (
              <TuningPlot key={each.shape} tuned={each} channel={channel} unit={address} />
            ))}
          </div>
          <p class="explorer-note">
            Mean response to dark shapes on white, over radius or offset, in tiles of{" "}
            {[...new Set(layer.tuned.map((each) => `${each.tile} px`))].join(" and ")}; the outer ring
            is the peak of each plot.
          </p>
        </section>
      )}
      <Connections directory={directory} title="Inputs" from={layer.inputs?.layer} found={inputs} />
      <Connections directory={directory} title="Outputs" from={layer.outputs?.layer} found={outputs} />
      {inputs.length + outputs.length > 0 && (
        <p class="explorer-note">
          A number is the sum of the expanded weights from one unit to the other, over all positions,
          as a share of the magnitude of all weights into the later one. Expanded weights are linear:
          what would arrive if nothing were clipped.
        </p>
      )}
    </>
  );
}

function Address({ directory, found }: { directory: Directory; found: Found }) {
  const { address, layer, channel } = found;
  const [said, setSaid] = useState("");
  const prefix = address.slice(0, address.lastIndexOf(":") + 1);
  const beside = [channel - 1, channel + 1].map((each) => directory.find(`${prefix}${each}`));
  return (
    <>
      <div class="explorer-address">
        <button
          type="button"
          onClick={() => void copy(address).then((done) => setSaid(done ? `${address} is copied.` : `Select it to copy: ${address}`))}
        >
          Copy address
        </button>
        <a href={unitHash(address)}>Link to this unit</a>
        <span class="explorer-beside">
          {beside.map((each, k) =>
            each === null ? null : (
              <a key={k} href={unitHash(each.address)} aria-label={`${k === 0 ? "Previous" : "Next"} unit of ${layer.layer}, ${each.address}`}>
                {k === 0 ? "‹" : ""} {each.channel} {k === 1 ? "›" : ""}
              </a>
            ),
          )}
        </span>
      </div>
      <p class="explorer-said" role="status">
        {said}
      </p>
    </>
  );
}

function Picture({ directory, found }: { directory: Directory; found: Found }) {
  const picture = directory.picture(found);
  const image = useSprite(picture);
  const cells = useMemo(() => (picture === null ? [] : [picture.cell]), [picture?.cell]);
  const { command } = found.network;
  if (picture !== null) {
    const what = picture.shown === "filter" ? "Its weights on the pixels" : "What excites it most";
    return (
      <div class={picture.side < 24 ? "explorer-picture coarse" : "explorer-picture"}>
        <Pictures sprite={picture} picture={image} cells={cells} across={1} label={`Picture of ${found.address}`} />
        <p>{what}</p>
      </div>
    );
  }
  return (
    <div class="explorer-picture none">
      <p>
        No picture is in this page.
        {command !== null && (
          <>
            {" "}
            This makes one:
            <code>{command.replace("UNIT", `${found.layer.layer}:${found.channel}`)}</code>
          </>
        )}
      </p>
    </div>
  );
}

function Facts({ directory, found }: { directory: Directory; found: Found }) {
  const { layer, channel, network } = found;
  const family = familyOf(found);
  const angle = layer.orientations[channel] ?? null;
  const partner = directory.partner(found);
  const before = found.address.slice(0, found.address.lastIndexOf(":"));
  return (
    <dl class="explorer-facts">
      <dt>Family</dt>
      <dd>
        {family === null ? (
          "not labelled"
        ) : (
          <>
            <a href={familyHash(`${before}:${family.name}`)}>{family.name}</a>
            {layer.negative.includes(channel) && ", by going down"}
          </>
        )}
      </dd>
      {family !== null && angle !== null && family.period > 0 && (
        <>
          <dt>Orientation</dt>
          <dd class="with-icon">
            <OrientationIcon family={family.name} period={family.period} angle={angle} />
            {degrees(angle)}
          </dd>
        </>
      )}
      {partner !== null && (
        <>
          <dt>{network.key === "matched" ? "Written for" : "Written by hand for it"}</dt>
          <dd>
            <UnitLink unit={partner.address} />
          </dd>
        </>
      )}
      <dt>Receptive field</dt>
      <dd>
        {layer.field} px{layer.effective !== null && `, of which ${Math.round(layer.effective)} px move it`}
      </dd>
      <dt>Grid</dt>
      <dd>
        every {layer.stride} px; unit {channel + 1} of {layer.units}
      </dd>
      <dt>Network</dt>
      <dd>{network.title}</dd>
    </dl>
  );
}

function Connections(props: { directory: Directory; title: string; from: string | undefined; found: ReadonlyArray<Connection> }) {
  const { directory, title, from, found } = props;
  if (found.length === 0) return null;
  const most = Math.max(...found.map((each) => Math.abs(each.share)));
  const inputs = title === "Inputs";
  const lists = [
    { name: inputs ? "Excited by" : "Excites", some: found.filter((each) => each.share > 0) },
    { name: inputs ? "Inhibited by" : "Inhibits", some: found.filter((each) => each.share < 0) },
  ];
  return (
    <section aria-label={title}>
      <h3>
        {title} <span class="soft">{inputs ? `from ${from}` : `to ${from}`}</span>
      </h3>
      <div class="explorer-lists">
        {lists.map(({ name, some }, sign) => (
          <div key={name}>
            <h4>{name}</h4>
            {some.length === 0 ? (
              <p class="explorer-note">none</p>
            ) : (
              <ol>
                {some.map((each) => (
                  <Row key={each.address} directory={directory} connection={each} most={most} excites={sign === 0} />
                ))}
              </ol>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}

function Row(props: { directory: Directory; connection: Connection; most: number; excites: boolean }) {
  const { directory, connection, most, excites } = props;
  const other = directory.find(connection.address);
  const family = other === null ? null : familyOf(other);
  const { address, share } = connection;
  return (
    <li>
      <UnitLink unit={address}>
        {family !== null && other !== null && (
          <OrientationIcon family={family.name} period={family.period} angle={other.layer.orientations[other.channel] ?? null} />
        )}
        {address}
      </UnitLink>
      <span class="soft explorer-family">{family?.name}</span>
      <span class="explorer-bar" aria-hidden="true">
        <i class={excites ? "excites" : "inhibits"} style={{ width: `${(100 * Math.abs(share)) / most}%` }} />
      </span>
      <span class="explorer-share">{(100 * share).toFixed(2).replace("-", "−")}%</span>
    </li>
  );
}
