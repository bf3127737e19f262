/** Where members stand on the map. Pure. */

export interface Spot {
  readonly x: number;
  readonly y: number;
  /** From the middle of the map outwards, as far as 1. */
  readonly outX: number;
  readonly outY: number;
}

/** Members that the map shows. The list beside it knows all. */
export const spotsMax = 96;
/** Up to so many, all links are drawn; beyond, only those of the asked node. */
export const meshMembersMax = 7;
const ringMax = 16;

export interface Box {
  readonly width: number;
  readonly height: number;
  /** What stays free around the members, for their names. */
  readonly margin: { readonly x: number; readonly y: number };
}

/** Evenly on an ellipse, the first on top; more than fit go on rings inside of it. */
export function spotsOf(count: number, { width, height, margin }: Box): Spot[] {
  const shown = Math.min(count, spotsMax);
  const rings = Math.max(1, Math.ceil(shown / ringMax));
  const spots: Spot[] = [];
  for (let index = 0; index < shown; index++) {
    const ring = index % rings;
    const inRing = Math.ceil((shown - ring) / rings);
    const turn = (Math.floor(index / rings) + ring / rings / 2) / inRing;
    const angle = 2 * Math.PI * turn - Math.PI / 2 + (count === 2 ? Math.PI / 2 : 0);
    const reach = shown === 1 ? 0 : 1 - (0.62 * ring) / rings;
    spots.push({
      x: width / 2 + Math.cos(angle) * reach * (width / 2 - margin.x),
      y: height / 2 + Math.sin(angle) * reach * (height / 2 - margin.y),
      outX: shown === 1 ? 0 : Math.cos(angle),
      outY: shown === 1 ? 1 : Math.sin(angle),
    });
  }
  return stretched(spots, { width, height, margin });
}

/** Few members leave parts of the ellipse empty: what there is takes all of the room. */
function stretched(spots: readonly Spot[], { width, height, margin }: Box): Spot[] {
  const spread = (values: readonly number[], size: number, edge: number): ((value: number) => number) => {
    const least = Math.min(...values);
    const span = Math.max(...values) - least;
    if (span < 1) return () => size / 2;
    return (value) => edge + ((value - least) / span) * (size - 2 * edge);
  };
  const xs = spots.map(({ x }) => x);
  const ys = spots.map(({ y }) => y);
  const toX = spread(xs, width, margin.x);
  const toY = spread(ys, height, margin.y);
  return spots.map((spot) => ({ ...spot, x: toX(spot.x), y: toY(spot.y) }));
}

/**
 * A tendril between two spots: it bends a little to one side, always the same one. Also where its label stands: among
 * many, out of the middle, where they all cross.
 */
export function tendrilOf(
  from: Spot,
  to: Spot,
  isAmongMany: boolean,
): { readonly path: string; readonly x: number; readonly y: number } {
  const bend = 0.07;
  const controlX = (from.x + to.x) / 2 - (to.y - from.y) * bend;
  const controlY = (from.y + to.y) / 2 + (to.x - from.x) * bend;
  const round = (value: number) => Math.round(value * 10) / 10;
  const path = `M${round(from.x)} ${round(from.y)}Q${round(controlX)} ${round(controlY)} ${round(to.x)} ${round(to.y)}`;
  const part = isAmongMany ? 0.36 : 0.5;
  const along = (start: number, control: number, end: number): number =>
    round((1 - part) ** 2 * start + 2 * part * (1 - part) * control + part ** 2 * end);
  return { path, x: along(from.x, controlX, to.x), y: along(from.y, controlY, to.y) };
}
