// Answers of node's clients (`npm install mysql2 mongodb-connection-string-url ioredis` in the folder where this is run).
//
//     python3 ../other_strings.py mysql2 | node generate.mjs mysql2 > ../../data/mysql2.jsonl
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "x.js"));
const text = (value) => (value === undefined || value === null ? null : String(value));

const DRIVERS = {
  mysql2: ["mysql2", (s) => {
    const Config = require(join(process.cwd(), "node_modules/mysql2/lib/connection_config.js"));
    const { host, port, database, user, password, ...rest } = Config.parseUrl(s);
    const params = Object.entries(rest).filter(([, v]) => v === null || typeof v !== "object");
    return { hosts: [[host.replace(/^\[|\]$/g, ""), Number.isNaN(port) ? null : port]], database, user, password, params: Object.fromEntries(params.map(([k, v]) => [k, text(v)])) };
  }, { dialect: "mysql-uri", default_port: 3306, params: "some" }],
  "mongodb-node": ["mongodb-connection-string-url", (s) => {
    const { ConnectionString } = require("mongodb-connection-string-url");
    const url = new ConnectionString(s);
    const hosts = url.hosts.map((host) => {
      const cut = /^(.*?)(?::(\d+))?$/.exec(host);
      return [cut[1].replace(/^\[|\]$/g, ""), cut[2] === undefined ? null : cut[2]];
    });
    const database = decodeURIComponent(url.pathname.replace(/^\//, ""));
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return { hosts, database, user, password, params: Object.fromEntries(url.searchParams.entries()) };
  }, { dialect: ["mongodb-uri", "mongodb-srv"], default_port: 27017 }],
  ioredis: ["ioredis", (s) => {
    const { host, port, db, username, password, ...rest } = require("ioredis/built/utils").parseURL(s);
    const params = Object.entries(rest).filter(([, v]) => typeof v === "string");
    return { hosts: [[host ?? "", port ?? null]], database: db, user: username, password, params: Object.fromEntries(params) };
  }, { dialect: ["redis-uri", "rediss-uri"], default_port: 6379, params: "some" }],
};

const [packageName, read, header] = DRIVERS[process.argv[2]];
const { version } = JSON.parse(readFileSync(join(process.cwd(), "node_modules", packageName, "package.json"), "utf8"));
console.log(JSON.stringify({ driver: packageName, version, ...header, date: new Date().toISOString().slice(0, 10) }));
for await (const line of createInterface({ input: process.stdin })) {
  const s = JSON.parse(line);
  try {
    const got = read(s);
    const hosts = got.hosts.map(([host, port]) => [host ?? "", text(port)]);
    console.log(JSON.stringify({ in: s, hosts, database: text(got.database), user: text(got.user), password: text(got.password), params: got.params }));
  } catch (error) {
    console.log(JSON.stringify({ in: s, error: error.message.replace(/\s+/g, " ") }));
  }
}
