/** From the samples of a CPU profile to a table that a reader takes in at once. */

export type ProfileName = "produce" | "consume";

/** One process under one load. */
export interface Profile {
  readonly process: string;
  /** User and kernel time for one record, as the kernel counts it. */
  readonly cpuMicroseconds: number;
  /** How much of that is the kernel's. */
  readonly kernelShare: number;
  /** Samples while something was done, and the share of all that were not. */
  readonly samples: number;
  readonly idleShare: number;
  /** The largest first; the shares add up to 1. */
  readonly categories: readonly { readonly name: string; readonly share: number }[];
}

/** What `--cpu-prof` writes, on Node and on Bun. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  /** Microseconds: since the epoch on Bun, of the monotonic clock on Node. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Microseconds of the profile's own clock. */
export interface ProfileWindow {
  readonly from: number;
  readonly to: number;
}

interface Frame {
  readonly name: string;
  readonly url: string;
}

const idle = "idle";
const fileWrites = /^(f?data)?sync$|^f?(data)?sync(Sync)?$|^(write|writev|writeBuffers?|pwrite|append)(Sync)?$/;
const fileReads = /^(read|readv|readBuffers?|pread)(Sync|Cb)?$/;
const copies = /^(set|slice|copy|concat|_copyActual|copyArrayBuffer|fill|allocUnsafe\w*|createUnsafeBuffer)$/;
const fileCode = /node:(internal\/)?fs|\/src\/io\/[a-z_]*(file|disk|director)/;
const socketCode = /(node:|internal:?\/?)(internal\/)?(http2|net|stream|_http|tls|tty|events|_stream)/;

/** The first frame from the innermost on that says what is done names the category of the sample. */
export function categoryOf(stack: readonly Frame[]): string {
  const [leaf] = stack as [Frame];
  if (leaf.name === "(idle)") return idle;
  if (leaf.name === "(garbage collector)") return "garbage collection";
  if (leaf.url === "") {
    const callers = stack.slice(1, 4);
    const isOfFiles = callers.some(({ url }) => fileCode.test(url));
    if (isOfFiles && fileWrites.test(leaf.name)) return "file: write and fsync (kernel)";
    if (isOfFiles && fileReads.test(leaf.name)) return "file: read (kernel)";
    if (copies.test(leaf.name)) return "copies and new arrays of bytes";
  }
  for (const { name, url } of stack) {
    if (name === "crc32" || /\/src\/base\/crc32\.ts/.test(url)) return "checksum";
    const room = /\/src\/([a-z]+)\//.exec(url)?.[1];
    if (room !== undefined) return `our code: ${room}`;
    if (/\/bench\//.test(url)) return "the load itself";
    if (fileCode.test(url)) return "files (runtime)";
    if (socketCode.test(url)) return "HTTP/2, streams and sockets (runtime and kernel)";
    if (/node_modules\/prom-client/.test(url)) return "metrics";
    if (/node_modules\/@(bufbuild|connectrpc)/.test(url)) return "protobuf and Connect";
  }
  return "event loop, promises and the rest of the runtime";
}

/** Counts the samples of the window by category. */
export function foldProfile(
  profile: CpuProfile,
  window: ProfileWindow,
): Pick<Profile, "samples" | "idleShare" | "categories"> {
  const stacks = stacksOf(profile);
  const counts = new Map<string, number>();
  let atMicroseconds = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    atMicroseconds += profile.timeDeltas[index] as number;
    if (atMicroseconds < window.from || atMicroseconds > window.to) continue;
    const category = categoryOf(stacks.get(id) ?? [{ name: "(program)", url: "" }]);
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  const idleCount = counts.get(idle) ?? 0;
  counts.delete(idle);
  const samples = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const categories = [...counts]
    .map(([name, count]) => ({ name, share: count / Math.max(1, samples) }))
    .sort((left, right) => right.share - left.share || (left.name < right.name ? -1 : 1));
  return { samples, idleShare: idleCount / Math.max(1, samples + idleCount), categories: gathered(categories) };
}

/** Below this, a category is told together with others. */
const shareMin = 0.01;

function gathered(categories: Profile["categories"]): Profile["categories"] {
  const told = categories.filter(({ share }) => share >= shareMin);
  const rest = categories.reduce((sum, { share }) => sum + (share < shareMin ? share : 0), 0);
  return rest === 0 ? told : [...told, { name: "less than 1 % each", share: rest }];
}

/** For each node its frames, the innermost first. */
function stacksOf({ nodes }: CpuProfile): Map<number, readonly Frame[]> {
  const parents = new Map(nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id] as const)));
  const frames = new Map(
    nodes.map(({ id, callFrame }) => [id, { name: callFrame.functionName, url: callFrame.url }] as const),
  );
  return new Map(
    nodes.map(({ id }) => {
      const stack: Frame[] = [];
      for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
        const frame = frames.get(at);
        if (frame !== undefined) stack.push(frame);
      }
      return [id, stack] as const;
    }),
  );
}
