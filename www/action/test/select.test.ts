/** Which names can be configuration, and what globs mean. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isPlausible, pathFilter } from "../select.ts";

describe("the selection of files", () => {
  it("takes what can be configuration", () => {
    const names = [
      "prod/api.yaml",
      "values.yml",
      "helm/values.yaml.gotmpl",
      ".env",
      ".env.production",
      "deploy/prod.env",
      "env.list",
      "src/main/resources/application-prod.properties",
      "etc/postgresql.conf",
      "my.cnf",
      "pgbouncer.ini",
      "pgbouncer.ini.j2",
      "config.json",
      "appsettings.Production.json",
      "main.tf",
      "prod.tfvars",
      "Dockerfile",
      "docker/Dockerfile.prod",
      "Procfile",
      "context.xml",
      "web.config",
      "PROD.YAML",
      "plimsoll.toml",
    ];
    assert.deepEqual(
      names.filter((name) => !isPlausible(name)),
      [],
    );
  });

  it("leaves out sources, prose, pictures and what tools write", () => {
    const names = [
      "src/main.rs",
      "README.md",
      "logo.png",
      "a/node_modules/b/config.json",
      "package-lock.json",
      "web/pnpm-lock.yaml",
      "yaml",
      "conf/",
      "app.min.json",
      "Makefile",
    ];
    assert.deepEqual(names.filter(isPlausible), []);
  });

  it("reads globs: stars, folders, alternatives", () => {
    const keeps = (glob: string, path: string) => pathFilter([glob])(path);
    assert.ok(keeps("deploy/**", "deploy/a/b.yaml"));
    assert.ok(keeps("deploy", "deploy/a/b.yaml"));
    assert.ok(keeps("./deploy/", "deploy/a/b.yaml"));
    assert.ok(keeps("**/prod/*.yaml", "prod/b.yaml"));
    assert.ok(keeps("**/prod/*.yaml", "a/b/prod/b.yaml"));
    assert.ok(keeps("*.{yaml,yml}", "b.yml"));
    assert.ok(keeps("a[1]+(x).yaml", "a[1]+(x).yaml"));
    assert.ok(!keeps("*.yaml", "a/b.yaml"));
    assert.ok(!keeps("deploy", "deployment/b.yaml"));
    assert.ok(!keeps("a?.yaml", "a/.yaml"));
    assert.ok(!keeps("a.yaml", "abyaml"));
    assert.ok(keeps("a,b.yaml", "a,b.yaml"));
    assert.ok(keeps("a{b.yaml", "a{b.yaml"));
    assert.ok(!keeps("a{b.yaml", "axb.yaml"));
    assert.ok(keeps("a}b{,.yaml", "a}b{,.yaml"));
  });

  it("lets the last glob that matches decide", () => {
    const filter = pathFilter(["deploy/**", "!deploy/dev/**", "deploy/dev/db.yaml"]);
    assert.deepEqual(["deploy/a.yaml", "deploy/dev/a.yaml", "deploy/dev/db.yaml", "other.yaml"].map(filter), [
      true,
      false,
      true,
      false,
    ]);
    assert.ok(pathFilter(["!dev/**"])("prod/a.yaml"));
    assert.ok(pathFilter([])("anything"));
  });
});
