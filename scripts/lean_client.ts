/**
 * Makes the client small enough for browsers: `src/client/lean/` takes the place of the packages for Protocol Buffers and
 * Connect, and of each generated file what its messages are in a few words, in the place of its descriptor.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type DescField, type DescMessage, type DescService, ScalarType } from "@bufbuild/protobuf";
import type { Plugin } from "esbuild";

const leanFiles: readonly (readonly [name: RegExp, file: string])[] = [
  [/^@bufbuild\/protobuf$/, "protobuf.ts"],
  [/^@connectrpc\/connect(-web)?$/, "connect.ts"],
];

/**
 * What nobody in a browser comes to, by the files that it stands in: ways to a server that `fetch` has none of, and the
 * words of runtimes that say more than "Failed to fetch".
 */
const absent: Readonly<Record<string, readonly string[]>> = {
  hot_calls: ["consumeHot", "produceHot", "sharesStream"],
  hot_pipe: ["HotPipe"],
  shared_pipe: ["SharedPipe", "BatchRefusal"],
  stream_pipe: ["StreamPipe"],
  many_produces: ["ManyProduces"],
  connection_faults: ["neverConnected"],
  misfits: ["misfitOf", "unreachableWords"],
};

/** What operators ask of a cluster, which pages do not. */
const operatorFiles: Readonly<Record<string, readonly string[]>> = { cluster_calls: ["ClusterCalls"] };
const pageMethods = /^(?!grapevine\.v1\.Cluster\/(?!Members$|WatchMembers$|Join$|Leave$))(?!.*\/Produce(Stream|Many)$)/;
const allMethods = /(?:)/;

export interface LeanOptions {
  /** Whether to leave out what operators ask of a cluster. */
  readonly forPages: boolean;
}

export function leanClient(projectDirectory: string, { forPages }: LeanOptions): Plugin {
  const left = forPages ? { ...absent, ...operatorFiles } : absent;
  const methods = forPages ? pageMethods : allMethods;
  const lean = path.join(projectDirectory, "src/client/lean");
  return {
    name: "lean-client",
    setup({ onResolve, onLoad }) {
      for (const [filter, file] of leanFiles) onResolve({ filter }, () => ({ path: path.join(lean, file) }));
      const files = new RegExp(`[\\\\/]src[\\\\/](client|base)[\\\\/](${Object.keys(left).join("|")})\\.ts$`);
      onLoad({ filter: files }, ({ path: file }) => {
        const names = left[path.basename(file, ".ts")] ?? [];
        return { contents: names.map((name) => `export function ${name}() {}`).join("\n"), loader: "js" };
      });
      onLoad({ filter: /[\\/]src[\\/]gen[\\/].*_pb\.ts$/ }, async ({ path: file }) => ({
        contents: leanModule((await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>, {
          lean,
          methods,
        }),
        resolveDir: path.dirname(file),
        loader: "ts",
      }));
    },
  };
}

type Described = DescMessage | DescService | { readonly kind: "file" | "enum" | undefined };

/** Fields that no client of ours writes or reads: its records are in frames. Readers pass over what they do not know. */
const strangeFields: ReadonlySet<string> = new Set([
  "log.v1.ConsumeResponse.gaps",
  "log.v1.ConsumeResponse.record",
  "log.v1.ProduceRequest.producer_epoch",
  "log.v1.ProduceRequest.producer_id",
  "log.v1.ProduceRequest.producer_sequence",
  "log.v1.ProduceRequest.record",
  "log.v1.ProduceRequest.records",
]);

/** The details of errors, which no method names. */
const details: readonly string[] = ["log.v1.LatestRecord", "log.v1.LowestAvailable"];

/** The same exports, made of a few words: those that the methods of these names need, where the file has methods. */
function leanModule(
  generated: Readonly<Record<string, unknown>>,
  { lean, methods }: { readonly lean: string; readonly methods: RegExp },
): string {
  const found = Object.entries(generated).map(([name, value]) => ({ name, described: value as Described }));
  const services = found.map(({ described }) => described).filter((one): one is DescService => one.kind === "service");
  const needed = new Set<string>();
  for (const service of services) {
    for (const { name, input, output } of service.methods) {
      if (methods.test(`${service.typeName}/${name}`)) for (const type of [input, output]) reach(type, needed);
    }
  }
  const types: Record<string, string> = {};
  const exported: string[] = [];
  let packageName = "";
  for (const { name, described } of found) {
    if (described.kind === "message") {
      const isNeeded = needed.has(described.typeName) || details.includes(described.typeName);
      if (!isNeeded) continue;
      packageName = described.file.proto.package;
      types[described.name] = fieldWords(knownFields(described), packageName);
      // As a call that has no effects it goes where nobody asks for it; a property would stay.
      exported.push(`export const ${name} = /* @__PURE__ */ typeOf(types, "${described.name}");`);
    } else if (described.kind === "service") {
      const words = JSON.stringify(methodWords(described, methods));
      exported.push(
        `export const ${name} = /* @__PURE__ */ service(${JSON.stringify(described.typeName)}, ${words}, types);`,
      );
    } else if (described.kind === undefined) {
      // Of an enum of the language bundles keep the numbers alone.
      const entries = Object.entries(described).map(([key, value]) => `${key} = ${value}`);
      exported.push(`export enum ${name} { ${entries.join(", ")} }`);
    }
  }
  return [
    `import { messages, typeOf } from ${JSON.stringify(path.join(lean, "protobuf.ts"))};`,
    `import { service } from ${JSON.stringify(path.join(lean, "connect.ts"))};`,
    `const types = messages(${JSON.stringify(packageName)}, ${JSON.stringify(types)});`,
    ...exported,
  ].join("\n");
}

/** Adds a type and all that its fields are of. */
function reach(type: DescMessage, reached: Set<string>): void {
  if (reached.has(type.typeName)) return;
  reached.add(type.typeName);
  for (const field of knownFields(type)) {
    if ("message" in field && field.message !== undefined) reach(field.message, reached);
  }
}

function knownFields({ fields, typeName }: DescMessage): DescField[] {
  return fields.filter(({ name }) => !strangeFields.has(`${typeName}.${name}`));
}

/** The fields of a type as `messages` reads them. */
export function fieldWords(fields: readonly DescField[], packageName: string): string {
  let numberBefore = 0;
  return fields
    .map((field) => {
      const group = field.oneof === undefined ? "" : `${field.oneof.localName}.`;
      const number = field.number === numberBefore + 1 ? "" : `=${field.number}`;
      numberBefore = field.number;
      const [kind, type] = kindOf(field);
      const shortType = type.startsWith(`${packageName}.`) ? type.slice(packageName.length + 1) : type;
      const what = `${kind}${shapeOf(field)}${shortType}`;
      return `${group}${field.localName}${number}${what === "s" ? "" : `:${what}`}`;
    })
    .join(" ");
}

function shapeOf(field: DescField): string {
  if (field.fieldKind === "list") return "*";
  if (field.fieldKind === "map") return "%";
  const isOptional = field.proto.proto3Optional && field.fieldKind !== "message";
  return isOptional ? "?" : "";
}

function kindOf(field: DescField): readonly [kind: string, type: string] {
  if (field.fieldKind === "map" && field.mapKey !== ScalarType.STRING) throw unknown(field);
  const message = "message" in field ? field.message : undefined;
  if (message !== undefined) return ["m", message.typeName];
  if ("enum" in field && field.enum !== undefined) return ["u", ""];
  switch (field.scalar) {
    case ScalarType.BYTES:
      return ["b", ""];
    case ScalarType.STRING:
      return ["s", ""];
    case ScalarType.BOOL:
      return ["t", ""];
    case ScalarType.UINT32:
      return ["u", ""];
    case ScalarType.UINT64:
      return ["U", ""];
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
      if (field.fieldKind === "list") throw unknown(field);
      return [field.scalar === ScalarType.DOUBLE ? "d" : "F", ""];
    default:
      throw unknown(field);
  }
}

function unknown(field: DescField): TypeError {
  return new TypeError(`Cannot make ${field} lean: src/client/lean/protobuf.ts does not know its kind`);
}

function methodWords({ typeName, methods }: DescService, wanted: RegExp): string {
  const marks = { unary: "", server_streaming: ">", client_streaming: "<", bidi_streaming: "<" } as const;
  return methods
    .filter(({ name }) => wanted.test(`${typeName}/${name}`))
    .map(({ name, methodKind, input, output }) => {
      const isPlain = input.name === `${name}Request` && output.name === `${name}Response`;
      return `${marks[methodKind]}${name}${isPlain ? "" : `:${input.name}:${output.name}`}`;
    })
    .join(" ");
}
