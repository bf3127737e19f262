/** Networks of a test's own: nothing outside them hears what goes on there, and cables between them can be cut. */
import { execFile } from "node:child_process";
import { readlinkSync } from "node:fs";
import { type Place, type Processes, until } from "./processes.ts";

/** A network namespace. It lasts as long as the process that holds it, and that as long as the test. */
export class Namespace implements Place {
  readonly processId: number;

  /** Opens one with a loopback interface. */
  static async open(processes: Processes): Promise<Namespace> {
    // It ends with its input, which is ours: nothing stays when this process is killed.
    const { pid } = processes.spawn(["unshare", "--net", "cat"]);
    if (pid === undefined) throw new Error("Cannot open a network namespace: unshare did not start");
    const namespaceOf = (id: number | "self") => readlinkSync(`/proc/${id}/ns/net`);
    await until("the namespace stands", () => namespaceOf(pid) !== namespaceOf("self"));
    const namespace = new Namespace(pid);
    await namespace.run("ip", "link", "set", "lo", "up");
    return namespace;
  }

  private constructor(processId: number) {
    this.processId = processId;
  }

  within(command: readonly string[]): readonly string[] {
    return ["nsenter", `--net=/proc/${this.processId}/ns/net`, ...command];
  }

  /** Runs a command to its end there; resolves with what it prints. */
  run(...command: readonly string[]): Promise<string> {
    const [program, ...words] = this.within(command) as [string, ...string[]];
    return new Promise((resolve, reject) => {
      execFile(program, words, { timeout: 60_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`Cannot run ${command.join(" ")}: ${error.message} ${stderr}`));
      });
    });
  }
}

/** A cable between two namespaces. */
export class Cable {
  readonly left: string = "10.77.0.1";
  readonly right: string = "10.77.0.2";
  readonly #end: Namespace;

  static async between(left: Namespace, right: Namespace): Promise<Cable> {
    const ends = ["gv0", "netns", String(left.processId), "type", "veth", "peer"];
    await left.run("ip", "link", "add", "name", ...ends, "name", "gv1", "netns", String(right.processId));
    const cable = new Cable(left);
    for (const [namespace, device, address] of [
      [left, "gv0", cable.left],
      [right, "gv1", cable.right],
    ] as const) {
      await namespace.run("ip", "address", "add", `${address}/24`, "dev", device);
      await namespace.run("ip", "link", "set", device, "up");
    }
    return cable;
  }

  private constructor(end: Namespace) {
    this.#end = end;
  }

  /** Nothing goes through, in either direction. */
  async cut(): Promise<void> {
    await this.#end.run("ip", "link", "set", "gv0", "down");
  }

  async mend(): Promise<void> {
    await this.#end.run("ip", "link", "set", "gv0", "up");
  }
}
