// pg-connection-string's answers (node-postgres, Knex, TypeORM and others read URLs with it).
//
//   npm install && python3 ../strings.py postgresql 2000 | node generate.js > ../../data/pg-connection-string.jsonl
"use strict";

const fs = require("node:fs");
const { parse } = require("pg-connection-string");

// It reads the files that a string names; here none is there.
const read = fs.readFileSync;
const { version } = JSON.parse(read(`${require.resolve("pg-connection-string").replace(/pg-connection-string\/.*/, "")}pg-connection-string/package.json`));
fs.readFileSync = (path, ...rest) => (path === 0 ? read(path, ...rest) : Buffer.from(String(path)));

function ask(text) {
  const { user, password, host, port, database, ssl, ...params } = parse(text);
  const said = { in: text };
  if (host || port) said.hosts = [[host || "", port ? String(port) : null]];
  if (database) said.database = database;
  if (user) said.user = user;
  if (password) said.password = password;
  // `ssl` is what it made of the others, unless it is written.
  if (typeof ssl !== "object" && ssl !== undefined) params.ssl = String(ssl);
  if (Object.keys(params).length > 0) said.params = params;
  return said;
}

const header = { driver: "pg-connection-string", version, dialect: "libpq-uri", default_port: 5432, default_host: "base", follows: "libpq" };
console.log(JSON.stringify({ ...header, date: new Date().toISOString().slice(0, 10) }));
for (const line of read(0, "utf8").split("\n").filter(Boolean)) {
  const text = JSON.parse(line);
  let said;
  try {
    said = ask(text);
  } catch (error) {
    said = { in: text, error: String(error.message).slice(0, 120) };
  }
  console.log(JSON.stringify(said));
}
