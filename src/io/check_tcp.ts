import net from "node:net";
import { parseAddress } from "../base/mod.ts";
import type { ActiveCheck, CheckOutcome } from "../registry/mod.ts";
import { connectionWords } from "./check_words.ts";

type TcpCheck = Extract<ActiveCheck, { readonly type: "tcp" }>;

/** Connects, and closes the connection without a word. */
export function checkTcp({ address }: Pick<TcpCheck, "address">, signal: AbortSignal): Promise<CheckOutcome> {
  const target = parseAddress(address, 0);
  if (target === undefined) return Promise.resolve({ state: "critical", output: `${address} is not host:port` });
  return new Promise((resolve) => {
    const socket = net.connect({ host: target.host, port: target.port });
    const end = (outcome: CheckOutcome): void => {
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      resolve(outcome);
    };
    const giveUp = (): void => end({ state: "critical", output: `no connection to ${address} came about` });
    socket.once("connect", () => end({ state: "passing", output: `connected to ${address}` }));
    // Errors may follow the first.
    socket.on("error", (error) => end({ state: "critical", output: `${connectionWords(error)}: ${address}` }));
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}
