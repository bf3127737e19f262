/**
 * Putting back what damage took where it has another length now: after compaction the same batches need not be the same
 * bytes on two nodes. The segment is written anew around them, and takes the place of the damaged one.
 */
import { copyFrames, DraftFile, draftFault, removeDraft, swapIn } from "./compact_segment.ts";
import { RepairMisfitError } from "./errors.ts";
import { indexBytes } from "./recovery.ts";
import { indexName, repairedName, type Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { CorruptRange } from "./types.ts";

/** Of a closed segment without any other damage. The frames are the whole of what the range lost, and fit around it. */
export async function repairSegment(
  state: TopicState,
  segment: Segment,
  { range, frames }: { readonly range: CorruptRange; readonly frames: readonly Uint8Array[] },
): Promise<void> {
  const name = repairedName(segment.baseOffset);
  try {
    const file = await state.directory.open(name);
    let into: DraftFile;
    try {
      await file.truncate(0);
      into = new DraftFile(file, segment.baseOffset, state.shared.options.indexEveryBytes);
      await copyFrames(state, segment, { from: 0, to: range.at, into });
      into.append(frames);
      await copyFrames(state, segment, { from: range.at + range.bytes, to: segment.bytes, into });
      const fault = draftFault(segment.index, into.index);
      if (fault !== undefined) throw new RepairMisfitError(range, `with them, ${fault}`);
      await file.sync();
    } finally {
      await file.close();
    }
    // Durably, for indexes are not synced: after a power cut an earlier one could otherwise fit the new file in size alone.
    // Never without one: nobody could open the damaged segment then.
    await state.directory.replaceFile(indexName(segment.baseOffset), indexBytes(state, segment));
    await swapIn(state, segment, { name, index: into.index });
  } catch (error) {
    await removeDraft(state, name);
    throw error;
  }
}
