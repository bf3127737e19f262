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

/** Files of ways to a server that `fetch` has none of, and their classes: nobody in a browser makes one. */
const absentClasses: Readonly<Record<string, readonly string[]>> = {
  hot_pipe: ["HotPipe"],
  shared_pipe: ["SharedPipe", "BatchRefusal"],
  many_produces: ["ManyProduces"],
  hot_responses: ["HotResponses"],
};

export function leanClient(projectDirectory: string): Plugin {
  const lean = path.join(projectDirectory, "src/client/lean");
  return {
    name: "lean-client",
    setup({ onResolve, onLoad }) {
      for (const [filter, file] of leanFiles) onResolve({ filter }, () => ({ path: path.join(lean, file) }));
      onLoad(
        { filter: /[\\/]src[\\/](client|base)[\\/](hot_pipe|shared_pipe|many_produces|hot_responses)\.ts$/ },
        (module) => ({
          contents: (absentClasses[path.basename(module.path, ".ts")] ?? [])
            .map((name) => `export class ${name} {}`)
            .join("\n"),
          loader: "js",
        }),
      );
      onLoad({ filter: /[\\/]src[\\/]gen[\\/].*_pb\.ts$/ }, async ({ path: file }) => ({
        contents: leanModule((await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>, lean),
        resolveDir: path.dirname(file),
        loader: "js",
      }));
    },
  };
}

type Described = DescMessage | DescService | { readonly kind: "file" | "enum" };

/** The same exports, made of a few words. */
export function leanModule(generated: Readonly<Record<string, unknown>>, lean: string): string {
  const types: Record<string, string> = {};
  const exported: string[] = [];
  let packageName = "";
  for (const [name, value] of Object.entries(generated)) {
    const described = value as Described;
    if (described.kind === "message") {
      packageName = described.file.proto.package;
      types[described.name] = described.fields.map((field) => wordOf(field, packageName)).join(" ");
      exported.push(`export const ${name} = types.${described.name};`);
    } else if (described.kind === "service") {
      const words = JSON.stringify(wordsOf(described));
      exported.push(`export const ${name} = service(${JSON.stringify(described.typeName)}, ${words}, types);`);
    } else if (described.kind === undefined) {
      exported.push(`export const ${name} = ${JSON.stringify(value)};`);
    }
  }
  return [
    `import { messages } from ${JSON.stringify(path.join(lean, "protobuf.ts"))};`,
    `import { service } from ${JSON.stringify(path.join(lean, "connect.ts"))};`,
    // Types that others refer to are read in any case; services and names that nobody uses are left out.
    `const types = messages(${JSON.stringify(packageName)}, ${JSON.stringify(types)});`,
    ...exported.map((line) => line.replace("= service(", "= /* @__PURE__ */ service(")),
  ].join("\n");
}

/** As `messages` reads it. */
export function wordOf(field: DescField, packageName: string): string {
  const group = field.oneof === undefined ? "" : `${field.oneof.localName}.`;
  const [kind, type] = kindOf(field);
  const shortType = type.startsWith(`${packageName}.`) ? type.slice(packageName.length + 1) : type;
  return `${group}${field.localName}=${field.number}${kind}${shapeOf(field)}${shortType}`;
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

function wordsOf({ methods }: DescService): string {
  const marks = { unary: "", server_streaming: ">", client_streaming: "<", bidi_streaming: "<" } as const;
  return methods
    .map((method) => `${marks[method.methodKind]}${method.name}:${method.input.name}:${method.output.name}`)
    .join(" ");
}
