import { watchesMax } from "./limits.ts";

/** A service that makes no sense. `allowed` says what would. Nothing was registered. */
export class InvalidServiceError extends TypeError {
  override readonly name = "InvalidServiceError";
  readonly code = "INVALID_SERVICE";
  /** As `checks[0].intervalMs`. */
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(field: string, value: unknown, allowed: string) {
    super(`Cannot register service: ${field} is ${shown(value)}, allowed is ${allowed}`);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}

/** What is asked of the registry makes no sense. Nothing was changed. */
export class InvalidServiceQueryError extends TypeError {
  override readonly name = "InvalidServiceQueryError";
  readonly code = "INVALID_SERVICE_QUERY";
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(field: string, value: unknown, allowed: string) {
    super(`Cannot look up services: ${field} is ${shown(value)}, allowed is ${allowed}`);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}

/**
 * Another service of the node has the id. Whoever registers the same service again replaces what he registered before; one
 * of another name is taken for a mistake. Nothing was changed.
 */
export class ServiceIdTakenError extends TypeError {
  override readonly name = "ServiceIdTakenError";
  readonly code = "SERVICE_ID_TAKEN";
  readonly id: string;
  /** The name of the service that has it. */
  readonly holder: string;

  constructor({ name, id }: { readonly name: string; readonly id: string }, holder: string, node: string) {
    const whose = `id ${shown(id)} is that of service ${shown(holder)} on node ${JSON.stringify(node)}`;
    super(
      `Cannot register service ${shown(name)}: ${whose}; give it an id of its own, or deregister ${shown(id)} first`,
    );
    this.id = id;
    this.holder = holder;
  }
}

/** The asked node has no such service of its own. Nothing was changed. */
export class UnknownServiceError extends RangeError {
  override readonly name = "UnknownServiceError";
  readonly code = "SERVICE_NOT_FOUND";
  readonly id: string;

  constructor(doing: "deregister" | "report on", id: string, node: string) {
    const where = `node ${JSON.stringify(node)} has not registered it; ask the node that has`;
    super(`Cannot ${doing} service ${shown(id)}: ${where}`);
    this.id = id;
  }
}

/** Nothing was reported: the service has no such check, or it is not one that waits for reports. */
export class NotReportableError extends TypeError {
  override readonly name = "NotReportableError";
  readonly code = "NOT_REPORTABLE";

  constructor(id: string, problem: string) {
    super(`Cannot report on service ${shown(id)}: ${problem}`);
  }
}

/** Whoever reaches the port could have the node run programs. Nothing was registered. */
export class CommandChecksRefusedError extends Error {
  override readonly name = "CommandChecksRefusedError";
  readonly code = "COMMAND_CHECKS_REFUSED";

  constructor(field: string) {
    const fix = "start it with --allow-command-checks, or name the service in its configuration";
    super(`Cannot register service: ${field} runs a program, which the node lets no caller ask for; ${fix}`);
  }
}

/** A limit is reached. Nothing was registered. */
export class TooManyServicesError extends RangeError {
  override readonly name = "TooManyServicesError";
  readonly code = "TOO_MANY_SERVICES";
  /** Services there are. */
  readonly count: number;
  readonly allowed: number;

  constructor(where: "this node" | "the cluster", count: number, allowed: number) {
    const fixes = {
      "this node": "deregister some of its services, or register with another node",
      "the cluster": "deregister services, on whichever node",
    };
    super(`Cannot register service: ${where} has ${count} already, allowed are ${allowed}; ${fixes[where]}`);
    this.count = count;
    this.allowed = allowed;
  }
}

/** A limit is reached. */
export class TooManyWatchesError extends RangeError {
  override readonly name = "TooManyWatchesError";
  readonly code = "TOO_MANY_WATCHES";
  /** Watches that are open. */
  readonly count: number;
  readonly allowed: number = watchesMax;

  constructor(count: number) {
    const fix = "end some, or watch at another node";
    super(`Cannot watch services: ${count} watches of this node are open, allowed are ${watchesMax}; ${fix}`);
    this.count = count;
  }
}

const shownCharactersMax = 60;

/** A value as messages tell it: what a stranger gave may be long. */
function shown(value: unknown): string {
  const text = value === undefined ? "missing" : (JSON.stringify(value) ?? String(value));
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}… (${text.length} characters)`;
}
