import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { expect, it } from "vitest";
import { projectFolder } from "../../scripts/folders.ts";
import { OPERATIONS, openApiDocument } from "../../scripts/openapi/document.ts";
import { PARENT } from "../../scripts/openapi/operation.ts";
import { router } from "../../src/routes/router.ts";

const FILE = "src/routes/openapi.json";
const committed = readFileSync(join(projectFolder, FILE), "utf8");
const httpPage = readFileSync(join(projectFolder, "docs/http.md"), "utf8");

/** Routes that describe the service rather than being part of it. */
const UNDESCRIBED = ["/openapi.json", "/docs", "/console", "/console/:file"];

it("openapi.json says what the types and the checks say: npm run openapi writes it", () => {
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

it("openapi.json has every route of the service, and no other", () => {
  const served = router.routes
    .filter(([method]) => !["ALL", "OPTIONS", "HEAD"].includes(method))
    .map(([method, , , path]) => `${method} ${path}`)
    .filter((route) => !UNDESCRIBED.some((path) => route.endsWith(` ${path}`)));
  const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(described.sort()).toEqual(served.sort());
});

it("openapi.json lets every operation that takes a parent take it from the header, too", () => {
  const operations = OPERATIONS.filter(({ body }) => body && "parent" in body.fields);
  const withHeader = OPERATIONS.filter(({ parameters = [] }) => parameters.includes(PARENT));
  const ids = [...operations.map(({ id }) => id), "enqueueTasks"];
  expect(withHeader.map(({ id }) => id).sort()).toEqual(ids.sort());
});

it("docs/http.md says which routes are not in openapi.json", () => {
  const [, told = ""] = /every route but (.+?),\s+with/s.exec(httpPage) ?? [];
  const paths = Array.from(told.matchAll(/`(.+?)`/g), ([, path]) => path);
  expect(paths.sort()).toEqual(UNDESCRIBED.filter((path) => !path.includes(":")).sort());
});

it("docs/http.md says what each route returns, as openapi.json does", () => {
  const rows = httpPage.matchAll(/^\| (`(?:GET|PUT|POST|DELETE) .*?) \|.*\| (.*) \|$/gm);
  const told = Array.from(rows, ([, requests = "", returns = ""]) => ({
    requests: Array.from(requests.matchAll(/`(.+?)`/g), ([, request = ""]) => request),
    statuses: returns.match(/\b\d{3}\b/g)?.sort(),
  }));
  expect(told.length).toBeGreaterThan(25);
  for (const { requests, statuses } of told) {
    const operations = OPERATIONS.filter(({ method, path }) =>
      requests.includes(`${method.toUpperCase()} ${path}`),
    );
    const described = operations.flatMap(({ answers, problems = [] }) => [
      ...Object.keys(answers),
      ...problems.map(String),
    ]);
    if (operations.length === 0) continue;
    expect(statuses, requests.join()).toEqual([...new Set(described)].sort());
  }
});

it("openapi.json passes a linter", async () => {
  const config = await createConfig({
    extends: ["recommended-strict"],
    rules: {
      // Each client has a service of its own.
      "no-server-example.com": "off",
      "no-empty-servers": "off",
      // Some routes answer no request in a way of their own.
      "operation-4xx-response": "off",
    },
  });
  const problems = await lintFromString({ source: committed, absoluteRef: `/${FILE}`, config });
  expect(
    problems.map(
      ({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`,
    ),
  ).toEqual([]);
});
