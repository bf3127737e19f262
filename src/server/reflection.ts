/** Server reflection: lets a stock gRPC tool find out what this server speaks. Both versions say the same. */
import { type DescEnum, type DescFile, type DescMessage, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";

/** What both versions of the protocol can ask: they differ in nothing but their names. */
interface Request {
  readonly messageRequest:
    | { readonly case: "listServices" | "fileByFilename" | "fileContainingSymbol"; readonly value: string }
    | { readonly case: "allExtensionNumbersOfType"; readonly value: string }
    | {
        readonly case: "fileContainingExtension";
        readonly value: { readonly containingType: string; readonly extensionNumber: number };
      }
    | { readonly case: undefined };
}

type Answer =
  | { readonly case: "listServicesResponse"; readonly value: { service: { name: string }[] } }
  | { readonly case: "fileDescriptorResponse"; readonly value: { fileDescriptorProto: Uint8Array[] } }
  | {
      readonly case: "allExtensionNumbersResponse";
      readonly value: { baseTypeName: string; extensionNumber: number[] };
    }
  | { readonly case: "errorResponse"; readonly value: { errorCode: number; errorMessage: string } };

/** What there is to find: files by name and by the symbols they declare. */
export class Reflection {
  readonly #services: readonly string[];
  readonly #files = new Map<string, DescFile>();
  readonly #filesBySymbol = new Map<string, DescFile>();
  readonly #messages = new Set<string>();

  constructor(services: readonly DescService[]) {
    this.#services = services.map((service) => service.typeName).sort();
    for (const service of services) this.#addFile(service.file);
  }

  /** Answers one request. What cannot be found is an answer too, not the end of the stream. */
  answer(request: Request): Answer {
    const { messageRequest: asked } = request;
    switch (asked.case) {
      case "listServices":
        return { case: "listServicesResponse", value: { service: this.#services.map((name) => ({ name })) } };
      case "fileByFilename":
        return this.#filesAnswer(this.#files.get(asked.value), `file ${JSON.stringify(asked.value)}`);
      case "fileContainingSymbol":
        return this.#filesAnswer(this.#filesBySymbol.get(asked.value), `symbol ${JSON.stringify(asked.value)}`);
      case "fileContainingExtension":
        return missing(`extension ${asked.value.extensionNumber} of ${JSON.stringify(asked.value.containingType)}`);
      case "allExtensionNumbersOfType":
        return this.#messages.has(asked.value)
          ? { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value, extensionNumber: [] } }
          : missing(`message ${JSON.stringify(asked.value)}`);
      case undefined:
        return failure(Code.InvalidArgument, "Cannot reflect: the request asks for nothing");
      default:
        throw asked satisfies never;
    }
  }

  #filesAnswer(file: DescFile | undefined, what: string): Answer {
    if (file === undefined) return missing(what);
    const files = new Set<DescFile>();
    withDependencies(file, files);
    const fileDescriptorProto = [...files].map((each) => toBinary(FileDescriptorProtoSchema, each.proto));
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
  }

  #addFile(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return;
    this.#files.set(file.proto.name, file);
    for (const service of file.services) {
      this.#filesBySymbol.set(service.typeName, file);
      for (const method of service.methods) this.#filesBySymbol.set(`${service.typeName}.${method.name}`, file);
    }
    for (const message of file.messages) this.#addMessage(message, file);
    for (const each of file.enums) this.#addEnum(each, file);
    for (const dependency of file.dependencies) this.#addFile(dependency);
  }

  #addMessage(message: DescMessage, file: DescFile): void {
    this.#messages.add(message.typeName);
    this.#filesBySymbol.set(message.typeName, file);
    for (const field of message.fields) this.#filesBySymbol.set(`${message.typeName}.${field.name}`, file);
    for (const nested of message.nestedMessages) this.#addMessage(nested, file);
    for (const nested of message.nestedEnums) this.#addEnum(nested, file);
  }

  #addEnum(each: DescEnum, file: DescFile): void {
    this.#filesBySymbol.set(each.typeName, file);
    // In Protobuf the values of an enum are declared beside it, not within it.
    const scope = each.parent?.typeName ?? file.proto.package;
    for (const value of each.values) this.#filesBySymbol.set(`${scope}.${value.name}`, file);
  }
}

/** A file after everything that it imports, each once. */
function withDependencies(file: DescFile, into: Set<DescFile>): void {
  for (const dependency of file.dependencies) withDependencies(dependency, into);
  into.add(file);
}

function missing(what: string): Answer {
  return failure(Code.NotFound, `Cannot find ${what}: this server does not declare it`);
}

function failure(code: Code, message: string): Answer {
  return { case: "errorResponse", value: { errorCode: code, errorMessage: message } };
}
