import type { Logger } from "@logtape/logtape";
import type { LogEvent } from "../log/mod.ts";

/** Writes what happened in the log as a line that an operator understands. */
export function writeLogEvent(logger: Logger, event: LogEvent): void {
  switch (event.type) {
    case "torn-tail":
      logger.warn("cut {bytes} unreadable bytes off {file} at {at}, which were never acknowledged: {reason}", {
        ...event,
      });
      break;
    case "index-rebuilt":
      logger.info("rebuilt the index of {file}: {reason}", { ...event });
      break;
    case "new-writer":
      logger.info("new writer {writer}: {reason}", { ...event });
      break;
    case "feed-stopped":
      logger.error("stopped feed {writer} of topic {topic} at sequence {sequence}: {reason}", { ...event });
      break;
    case "segments-dropped":
      logger.info("forgot {segments} segments of topic {topic}, as retention says: it begins at {firstOffset} now", {
        ...event,
      });
      if (event.uncopied > 0) {
        logger.warn("{uncopied} of them were not on enough nodes yet: topic {topic} had more bytes than it may", {
          ...event,
        });
      }
      break;
    case "compacted":
      logger.info(
        "removed {records} records of topic {topic}: {segments} segments have {bytesAfter} bytes, not {bytesBefore}",
        {
          ...event,
        },
      );
      break;
    case "compaction-failed":
      logger.warn("cannot compact topic {topic}: {message}", { ...event });
      break;
    case "corrupt":
      logger.error("{bytes} bytes of {file} are damaged at {at} and served to nobody: {reason}", { ...event });
      break;
    case "lost":
      logger.error("no peer holds {bytes} bytes of {file} at {at}: readers are told of a gap: {reason}", { ...event });
      break;
    case "repaired":
      logger.info("put back {bytes} bytes of {file} at {at}", { ...event });
      break;
    case "journal-replayed":
      logger.info("wrote {entries} groups of {topics} topics from the journal to where they belong", { ...event });
      break;
    case "write-failed":
      logger.error("cannot write topic {topic}: {message}", { ...event });
      break;
    case "topic-created":
      logger.info("created topic {topic}, generation {generation}", { ...event });
      break;
    case "topic-deleted":
      logger.info("topic {topic} was deleted: removed generation {generation}, {records} records", { ...event });
      break;
    default:
      event satisfies never;
  }
}
