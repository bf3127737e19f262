/** A gRPC client that is not Connect's, with the book's messages. Calls the server at the port given, prints what it saw. */
import path from "node:path";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

interface BookRecord {
  readonly value: Buffer;
  readonly offset: string;
}

type Answer<Response> = (error: grpc.ServiceError | null, response: Response) => void;

interface BookClient extends grpc.Client {
  Produce(
    request: { record: { value: Buffer; term?: number; type?: number } },
    answer: Answer<{ offset: string }>,
  ): void;
  Consume(request: { offset: number }, answer: Answer<{ record: BookRecord }>): void;
  GetServers(request: object, answer: Answer<{ servers: readonly object[] }>): void;
  ProduceStream(): grpc.ClientDuplexStream<{ record: { value: Buffer } }, { offset: string }>;
  ConsumeStream(request: { offset: number }): grpc.ClientReadableStream<{ record: BookRecord }>;
}

const definition = loadSync(path.join(import.meta.dirname, "log.proto"), {
  longs: String,
  keepCase: true,
  defaults: true,
});
const loaded = grpc.loadPackageDefinition(definition) as unknown as {
  readonly log: {
    readonly v1: { readonly Log: new (address: string, credentials: grpc.ChannelCredentials) => BookClient };
  };
};
const client = new loaded.log.v1.Log(`127.0.0.1:${process.argv[2]}`, grpc.credentials.createInsecure());

function call<Response>(start: (answer: Answer<Response>) => void): Promise<Response> {
  return new Promise((resolve, reject) => start((error, response) => (error ? reject(error) : resolve(response))));
}

/** The first `count` messages of a stream, which is cancelled then. */
function read<Message>(stream: grpc.ClientReadableStream<Message>, count: number): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    const messages: Message[] = [];
    stream.on("error", (error) => (messages.length < count ? reject(error) : undefined));
    stream.on("data", (message: Message) => {
      messages.push(message);
      if (messages.length < count) return;
      stream.cancel();
      resolve(messages);
    });
  });
}

async function main(): Promise<object> {
  const produced = [];
  for (const value of ["first", "second"]) {
    const record = { value: Buffer.from(value), term: 3, type: 1 };
    produced.push((await call<{ offset: string }>((answer) => client.Produce({ record }, answer))).offset);
  }
  const consumed = await call<{ record: BookRecord }>((answer) => client.Consume({ offset: 1 }, answer));
  const beyond = await call((answer) => client.Consume({ offset: 9 }, answer)).catch(
    (error: grpc.ServiceError) => error,
  );
  const produceStream = client.ProduceStream();
  const offsets = read(produceStream, 3);
  for (const value of ["third", "fourth", "fifth"]) produceStream.write({ record: { value: Buffer.from(value) } });
  const streamed = (await offsets).map(({ offset }) => offset);
  const stream = await read(client.ConsumeStream({ offset: 0 }), 5);
  const { servers } = await call<{ servers: readonly object[] }>((answer) => client.GetServers({}, answer));
  client.close();
  return {
    produced,
    streamed,
    consumed: [consumed.record.value.toString(), consumed.record.offset],
    beyond: (beyond as grpc.ServiceError).code,
    stream: stream.map(({ record }) => [record.value.toString(), record.offset]),
    servers,
  };
}

console.log(JSON.stringify(await main()));
