/** Why targets may be missed: the report takes those that were. What a row's name begins with, and what stands behind it. */
export const reasons: readonly { readonly begins: string; readonly because: string }[] = [
  {
    begins: "send(), 1,000 in flight",
    because:
      "At larger records the copies weigh more than the calls: each byte is copied by the producer, by HTTP/2 on both sides and into the page cache, and a client in Go or C has none of the first.",
  },
  {
    begins: "batches of 1,000",
    because:
      "Above the bare connection stand a promise for each record, packing them one by one, HTTP/2's frames and flow control, and the log's work for each batch: the profile below tells their shares.",
  },
  {
    begins: "consume",
    because:
      "`for await` costs a promise for each record, and the client checks each batch's checksum and makes an object of each record. `consumer.batches()` saves the promise.",
  },
  {
    begins: "one record a call",
    because:
      "Calls of one client share a stream, but each is a message, a batch and an answer of its own, judged and checked by JavaScript, where NATS's server is written in Go.",
  },
  {
    begins: "one send() at a time",
    because:
      "A single record pays the whole way alone: a frame of HTTP/2 each way, a commit, and a turn of two event loops. NATS and Redis have a server in C or Go at the other end.",
  },
  {
    begins: "1,000 topics in turn",
    because:
      "Each record is a batch with a header of its own in a topic of its own; the journal shares the fsync among them, not the work for each batch.",
  },
  {
    begins: "end to end",
    because:
      "A record passes two event loops of JavaScript and four frames of HTTP/2. The slowest wait for collections of garbage, and for the watch of servers that a client opens once it was used for two seconds.",
  },
  {
    begins: "three nodes",
    because:
      "All three nodes and the client share this machine's processors, so the copies are made with the time that one node would have had for itself.",
  },
  {
    begins: "produce, by bytes",
    because: "The kernel writes back what came before while the measurement runs, and takes processor time for it.",
  },
  {
    begins: "delivered, by tails",
    because: "Every tail is a connection whose socket the kernel fills by itself: that part grows with the tails.",
  },
];
