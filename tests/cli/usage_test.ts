import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runProgram } from "../../src/cli/program.ts";

/** What a command line that makes no sense is answered with. */
interface Row {
  readonly args: string;
  /** What the message must name: the flag, and what is allowed. */
  readonly says: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Content of the file that stands for FILE in the arguments. */
  readonly file?: string;
}

const rows: readonly Row[] = [
  { args: "", says: ["Usage: grapevine"] },
  { args: "nonsense", says: ["unknown command 'nonsense'", "--help"] },
  { args: "agent --nonsense", says: ["unknown option '--nonsense'", "--help"] },
  { args: "agent extra", says: ["too many arguments"] },
  { args: "agent --bind", says: ["'--bind <host:port>' argument missing"] },
  { args: "agent --bind 1.2.3.4.5:x", says: ["'--bind'", "1.2.3.4.5:x", "host:port"] },
  { args: "agent --bind 127.0.0.1:70000", says: ["'--bind'", "70000"] },
  { args: "agent --advertise host", says: ["'--advertise'", "IP address"] },
  { args: "agent --rpc-addr :", says: ["'--rpc-addr'", "host:port"] },
  { args: "agent --join a:b", says: ["'--join'", "a:b", "host:port"] },
  { args: "agent --node-name a/b", says: ["'--node-name'", "A-Z a-z 0-9 . _ -"] },
  { args: "agent --tag novalue", says: ["'--tag <name=value>'", "name=value"] },
  { args: "agent --tag w=1", says: ["'--tag'", "rpc_addr, gv, w"] },
  { args: "agent --profile moon", says: ["'--profile <name>'", "moon", "lan, wan, local"] },
  { args: "agent --serf-rpc-addr localhost", says: ["'--serf-rpc-addr'", "ip:port"] },
  { args: "agent --serf-rpc-auth secret", says: ["'--serf-rpc-addr'", "serfRpcAuth is given"] },
  { args: "agent --fsync sometimes", says: ["'--fsync <when>'", "always, interval, never"] },
  { args: "agent --retention-bytes 1000", says: ["'--retention-bytes' value 1000", "from 268435456 to"] },
  { args: "agent --segment-bytes 1", says: ["'--segment-bytes' value 1 ", "from 65536 to 1073741824"] },
  { args: "agent --retention-age 10ms", says: ["'--retention-age' value 10 ", "from 1000 to"] },
  { args: "agent --retention-segments 0", says: ["'--retention-segments' value 0 ", "from 1 to"] },
  { args: "agent --scrub-rate 1", says: ["'--scrub-rate' value 1 ", "from 65536 to"] },
  { args: "agent --journal-topics many", says: ["'--journal-topics <count>'", "many"] },
  { args: "agent --log-level loud", says: ["'--log-level <level>'", "debug, info, warn, error, silent"] },
  { args: "agent --log-format xml", says: ["'--log-format <name>'", "text, json"] },
  { args: "agent --encrypt a2V5", says: ["'--encrypt'", "it has 3 bytes, allowed are 16, 24 and 32"] },
  { args: "agent", env: { GRAPEVINE_PROFILE: "moon" }, says: ["from env 'GRAPEVINE_PROFILE'", "lan, wan, local"] },
  { args: "agent", env: { GRAPEVINE_NEW_WRITER: "maybe" }, says: ["GRAPEVINE_NEW_WRITER", "true and false"] },
  { args: "agent --config /nowhere.json", says: ["'--config'", "/nowhere.json"] },
  { args: "agent --config FILE", file: "{", says: ["'--config'", "is not JSON"] },
  { args: "agent --config FILE", file: "[]", says: ["'--config'", "one JSON object"] },
  { args: "agent --config FILE", file: '{"bnid": "a"}', says: ['"bnid"', "Allowed are nodeName, dataDir, bind"] },
  { args: "agent --config FILE", file: '{"join": "a"}', says: ['"join"', "a list of texts"] },
  { args: "agent --config FILE", file: '{"tags": {"a": 1}}', says: ['"tags"', "an object of texts"] },
  { args: "agent --config FILE", file: '{"fsync": "no"}', says: ['"fsync"', '"always", "interval", "never"'] },
  { args: "agent --config FILE", file: '{"bind": "a b"}', says: ["'--bind'", "a b"] },
  { args: "agent --iface nowhere0", says: ["'--iface'", "nowhere0", "one of"] },
  { args: "agent --iface lo --bind 10.1.2.3", says: ["'--iface'", "10.1.2.3"] },
  { args: "agent --discover a.b", says: ["'--discover'", "1 to 57 of A-Z a-z 0-9 _ -"] },
  { args: "agent --mdns-iface lo", says: ["'--mdns-iface'", "discover is not given"] },
  { args: "agent --retry-interval soon", says: ["'--retry-interval <time>'", "15s or 1m30s"] },
  { args: "agent --retry-interval 10ms", says: ["'--retry-interval'", "from 100 to"] },
  { args: "agent --retry-max -1", says: ["'--retry-max <count>'", "a whole number from 0"] },
  { args: "agent --user-event-size-limit 9217", says: ["'--user-event-size-limit'", "from 1 to 9216"] },
  { args: "agent --broadcast-timeout 10ms", says: ["'--broadcast-timeout'", "from 1000 to"] },
  { args: "agent --role a --tag role=b", says: ["'--role'", "'--tag role=…'"] },
  { args: "agent --tags-file x --tag a=b", says: ["'--tags-file'", "tags are given too"] },
  { args: "agent", env: { GRAPEVINE_COMPRESS: "perhaps" }, says: ["GRAPEVINE_COMPRESS", "true and false"] },
  { args: "agent --config FILE", file: '{"compress": "no"}', says: ['"compress"', "true or false"] },
  { args: "agent --config FILE", file: '{"joinAttemptsMax": -1}', says: ['"joinAttemptsMax"', "a whole number"] },
  { args: "agent --config FILE", file: '{"coalesceWindowMs": "long"}', says: ['"coalesceWindowMs"', "1m30s"] },
  { args: "agent --event-handler joined=x", says: ["'--event-handler'", '"joined" is no list of filters'] },
  {
    args: "agent",
    env: { GRAPEVINE_EVENT_HANDLER: "member-join,user:a=ok\nuser=b 'c" },
    says: ["'--event-handler'", "a quote in it has no end"],
  },
  { args: "agent", env: { GRAPEVINE_CONFIG: "/nowhere.json" }, says: ["/nowhere.json"] },
  { args: "produce", says: ["missing required argument 'topic'"] },
  { args: "produce a/b", says: ['topic name "a/b"', "A-Z a-z 0-9 . _ -"] },
  { args: "produce a --server nowhere", says: ["'--server <url>'", "http://127.0.0.1:8400"] },
  { args: "produce a", env: { GRAPEVINE_SERVER: "nowhere" }, says: ["from env 'GRAPEVINE_SERVER'"] },
  { args: "consume", says: ["missing required argument 'topic'"] },
  { args: "consume a --from yesterday", says: ["'--from <start>'", "earliest, latest, an offset, a time"] },
  { args: "consume a --from -1", says: ["'--from <start>'"] },
  { args: "consume a --count 0", says: ["'--count <n>'", "a whole number from 1 on"] },
  { args: "consume a --name b/c", says: ["'--name <name>'", 'cursor name "b/c"', "A-Z a-z 0-9 . _ -"] },
  { args: "consume a --group b/c", says: ["'--group <name>'", 'group name "b/c"', "A-Z a-z 0-9 . _ -"] },
  { args: "consume a --group b --member c/d", says: ["'--member <name>'", 'member name "c/d"'] },
  { args: "consume a --group b --name c", says: ["--name or --group, not both"] },
  { args: "consume a --format xml", says: ["'--format <name>'", "raw, json"] },
  { args: "topics --format xml", says: ["'--format <name>'", "text, json"] },
  { args: "topics set orders", says: ["something to change", "--retention-age"] },
  { args: "topics set orders --retention-bytes lots", says: ["'--retention-bytes <size>'", "lots", "500MB or 1.5GiB"] },
  { args: "topics set orders --tombstone-grace soon", says: ["'--tombstone-grace <time>'", "soon", "as 7d"] },
  { args: "agent --compaction-rate 1", says: ["'--compaction-rate' value 1 ", "from 65536 to"] },
  { args: "topics set orders --retention-age soon", says: ["'--retention-age <time>'", "soon", "as 7d"] },
  { args: "topics create a/b", says: ["A-Z a-z 0-9 . _ -"] },
  { args: "topics describe", says: ["missing required argument 'topic'"] },
  { args: "services list --state sick", says: ["state 'sick'", "passing, warning, critical"] },
  { args: "services report web fine", says: ["passing, warning, critical"] },
  { args: "services deregister", says: ["missing required argument 'id'"] },
  { args: "services register --name web", says: ["--name and --port, or --file"] },
  { args: "services register --name a_b --port 1", says: ['name is "a_b"', "letters, digits and hyphens"] },
  {
    args: "services register --name web --port 70000",
    says: ["'--port <port>'", "70000", "a whole number from 1 to 65535."],
  },
  { args: "services register --name web --port 1 --http web", says: ["checks[0].url", "a URL as"] },
  { args: "services register --name web --port 1 --ttl soon", says: ["'--ttl <time>'", "15s or 1m30s"] },
  { args: "services register --file FILE --port 1", file: "{}", says: ["--file says all", "leave out --port"] },
  { args: "services register --file FILE", file: "{", says: ["'--file'", "cannot read"] },
  { args: "services register --file FILE", file: '{"nme": "a"}', says: ["a field", '"nme"', "name, id, address"] },
  { args: "agent --services {}", says: ["'--services <json>'", "a JSON list"] },
  { args: 'agent --services [{"name":"a"}]', says: ["'--services'", "port of services[0]", "1 to 65535"] },
  { args: "agent --config FILE", file: '{"services": {}}', says: ['"services"', "a list of services"] },
  { args: "members --status (", says: ["'--status <pattern>'", "a regular expression"] },
  { args: "members --tag a=(", says: ["'--tag'", "regular expression"] },
  { args: "join", says: ["missing required argument 'address'"] },
  { args: "join a:b", says: ["host:port"] },
  { args: "leave now", says: ["too many arguments"] },
  { args: "demo --format xml", says: ["'--format <name>'", "text, json"] },
];

for (const row of rows) {
  const given = [row.args, row.file, row.env && JSON.stringify(row.env)].filter(Boolean).join(" ");
  test(`"${given}" is a usage error that says what is allowed`, async () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), "grapevine-usage-"));
    const file = path.join(directory, "config.json");
    if (row.file !== undefined) writeFileSync(file, row.file);
    Object.assign(process.env, row.env);
    let told = "";
    try {
      const args = row.args.split(" ").filter((word) => word !== "");
      const exitCode = await runProgram(
        args.map((word) => (word === "FILE" ? file : word)),
        (text) => {
          told += text;
        },
      );
      assert.is(exitCode, 2, told);
    } finally {
      for (const name of Object.keys(row.env ?? {})) delete process.env[name];
      rmSync(directory, { recursive: true });
    }
    for (const part of row.says) assert.ok(told.includes(part), `${told} does not say ${part}`);
  });
}

for (const args of [["members"], ["services", "watch"], ["consume", "orders"]]) {
  test(`"${args.join(" ")}" tells at once of a server that is not there, and what to do`, async () => {
    let told = "";
    const exitCode = await runProgram([...args, "--server", "http://127.0.0.1:1"], (text) => {
      told += text;
    });
    assert.is(exitCode, 1);
    assert.match(told, "nobody answers at http://127.0.0.1:1");
    assert.match(told, "grapevine agent");
    assert.match(told, "--server");
  });
}

test.run();
