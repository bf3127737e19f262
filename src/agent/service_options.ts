/** Services that the options of a node name. */
import type { ServiceDefinition } from "../base/mod.ts";
import { InvalidServiceError, nodeServicesMax, type ResolvedService, resolveService } from "../registry/mod.ts";

/** A service as it can be registered. Throws `InvalidServiceError` for what cannot. */
export function checkedService(given: unknown): ServiceDefinition {
  return resolveService(given);
}

/** What is wrong with an option, and what would be allowed. */
export interface ServiceOptionFault {
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;
}

/** Checked, and with all defaults filled in; or what is wrong. */
export function servicesOption(given: unknown): readonly ResolvedService[] | ServiceOptionFault {
  if (!Array.isArray(given) || given.length > nodeServicesMax) {
    return { option: "services", value: given, allowed: `a list of up to ${nodeServicesMax} services` };
  }
  const services = new Map<string, ResolvedService>();
  for (const [at, definition] of given.entries()) {
    try {
      const service = resolveService(definition);
      if (services.has(service.id)) {
        const allowed = `an id of no other service, for id of services[${at}]; the id is the name unless one is given`;
        return { option: "services", value: service.id, allowed };
      }
      services.set(service.id, service);
    } catch (error) {
      if (!(error instanceof InvalidServiceError)) throw error;
      const { field, value, allowed } = error;
      return { option: "services", value, allowed: `${allowed}, for ${field} of services[${at}]` };
    }
  }
  return [...services.values()];
}
