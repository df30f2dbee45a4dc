import type { Directory } from "../lib/directory";
import { degrees } from "../lib/format";
import { familyOf } from "../lib/directory";
import { OrientationIcon } from "../parts/orientation-icon";
import { UnitLink } from "../parts/unit";

type Family = NonNullable<ReturnType<Directory["family"]>>;

/** All units of a family, in order of orientation. */
export function FamilyUnits({ family }: { family: Family }) {
  const angle = (channel: number) => family.layer.orientations[channel] ?? null;
  const units = [...family.units].sort((a, b) => (angle(a.channel) ?? 999) - (angle(b.channel) ?? 999));
  const period = units[0] === undefined ? 0 : (familyOf(units[0])?.period ?? 0);
  return (
    <>
      <p class="explorer-note">
        {units.length === 1 ? "One unit" : `${units.length} units`} of {family.layer.units} in {family.layer.layer}
        {period > 0 && ", in order of orientation"}.
      </p>
      <ul class="explorer-members">
        {units.map((each) => (
          <li key={each.address}>
            <UnitLink unit={each.address}>
              <OrientationIcon family={family.name} period={period} angle={angle(each.channel)} />
              {each.channel}
            </UnitLink>
            {angle(each.channel) !== null && <span class="soft"> {degrees(angle(each.channel))}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
