/** An error as disks report it. */
export class SimulatedDiskError extends Error {
  override readonly name = "SimulatedDiskError";
  readonly code: "ENOSPC" | "EIO" | "ESTALE" | "ENOENT";

  constructor(code: "ENOSPC" | "EIO" | "ESTALE" | "ENOENT", message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}
