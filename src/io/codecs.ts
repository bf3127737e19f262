import * as zlib from "node:zlib";
import type { Codec, Codecs } from "../base/mod.ts";

type Callback = (error: Error | null, result: Uint8Array | WithEngine) => void;
type Work = (bytes: Uint8Array, options: object, callback: Callback) => void;

/** What `info: true` asks for: the engine tells how much of the input it used. */
interface WithEngine {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

interface Engine {
  readonly compress: Work | undefined;
  readonly decompress: Work | undefined;
  readonly options: object;
}

/** Not all runtimes have all of them. */
const functions = zlib as unknown as Readonly<Record<string, Work | undefined>>;

const engines: Readonly<Record<Codec, Engine>> = {
  gzip: { compress: functions.gzip, decompress: functions.gunzip, options: {} },
  zstd: { compress: functions.zstdCompress, decompress: functions.zstdDecompress, options: {} },
  brotli: {
    compress: functions.brotliCompress,
    decompress: functions.brotliDecompress,
    // The default, 11, is a hundred times slower than this and made for files that are compressed once and for all.
    options: { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } },
  },
};

const names = (Object.keys(engines) as Codec[]).filter(
  (codec) => engines[codec].compress !== undefined && engines[codec].decompress !== undefined,
);

/** What the runtime's zlib has. It works on threads of its own: the event loop goes on. */
export const nodeCodecs: Codecs = {
  names,

  compress(codec: Codec, bytes: Uint8Array): Promise<Uint8Array> {
    const { compress, options } = engines[codec];
    return new Promise((resolve, reject) => {
      (compress as Work)(bytes, options, (error, result) => {
        if (error === null) resolve(plain(result as Uint8Array));
        else reject(error);
      });
    });
  },

  decompress(codec: Codec, bytes: Uint8Array, bytesMax: number): Promise<Uint8Array | string> {
    const { decompress } = engines[codec];
    return new Promise((resolve) => {
      (decompress as Work)(bytes, { maxOutputLength: bytesMax, info: true }, (error, result) => {
        if (error) resolve(faultOf(codec, error, bytesMax));
        else resolve(unlessMoreFollows(codec, bytes, result as WithEngine));
      });
    });
  },
};

function faultOf(codec: Codec, error: Error & { code?: unknown }, bytesMax: number): string {
  if (error.code === "ERR_BUFFER_TOO_LARGE") return `it unpacks to more than the ${bytesMax} bytes that are allowed`;
  return `its payload is no whole ${codec} (${error.message})`;
}

function unlessMoreFollows(codec: Codec, bytes: Uint8Array, { buffer, engine }: WithEngine): Uint8Array | string {
  if (engine.bytesWritten === bytes.length) return plain(buffer);
  return `its payload is ${bytes.length} bytes, of which the ${codec} ends after ${engine.bytesWritten}`;
}

/** Without the methods of `Buffer`, which callers must not see. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
