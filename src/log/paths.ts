/** Path of a topic's file within the data directory. */
export function topicPath(folder: string, file: string): string {
  return `topics/${folder}/${file}`;
}
