import type { ActiveCheck, CheckOutcome, RunCheck } from "../registry/mod.ts";
import { checkCommand } from "./check_command.ts";
import { checkGrpc } from "./check_grpc.ts";
import { checkHttp } from "./check_http.ts";
import { checkTcp } from "./check_tcp.ts";

/** Runs a check of any kind once. */
export const runCheck: RunCheck<ActiveCheck, AbortSignal> = (check, signal): Promise<CheckOutcome> => {
  switch (check.type) {
    case "http":
      return checkHttp(check, signal);
    case "tcp":
      return checkTcp(check, signal);
    case "grpc":
      return checkGrpc(check, signal);
    case "command":
      return checkCommand(check, signal);
    default:
      throw check satisfies never;
  }
};
