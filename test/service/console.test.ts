import { describe, expect, it } from "vitest";
import { call, closedService, problemInAnswer } from "./harness.ts";

/** The page, and the paths of the script and the style sheet that it names. */
async function page() {
  const response = await call("GET", "/console");
  const text = await response.text();
  const paths = Array.from(text.matchAll(/(?:href|src)="(\/[^"]+)"/g), ([, path = ""]) => path);
  return { response, text, paths };
}

describe("the console", () => {
  it("is a page, a script and a style sheet, and needs no token to be looked at", async () => {
    closedService();
    const { response, text, paths } = await page();
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(paths).toEqual([
      expect.stringMatching(/^\/console\/console-[0-9a-f]{12}\.css$/),
      expect.stringMatching(/^\/console\/console-[0-9a-f]{12}\.js$/),
    ]);
    expect(text).not.toMatch(/<style|<script(?! type="module" src=)| style=| on\w+=/);
    for (const path of paths) expect((await call("GET", path)).status).toBe(200);
    // What it would show does need one.
    expect((await call("GET", "/v1/tasks/1")).status).toBe(401);
  });

  it("lets a browser keep what cannot change, and nothing else", async () => {
    const { response, paths } = await page();
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    for (const path of paths) {
      const { headers } = await call("GET", path);
      expect(headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    }
  });

  it("may run its own files only, ask its own service only, and not be framed", async () => {
    const { response, paths } = await page();
    const [, script = ""] = paths;
    for (const { headers } of [response, await call("GET", script)]) {
      const policy = headers.get("Content-Security-Policy") ?? "";
      expect(policy.split("; ")).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
          "form-action 'none'",
          "require-trusted-types-for 'script'",
        ]),
      );
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    }
  });

  it("is served with HEAD, and not changed by anything", async () => {
    const response = await call("HEAD", "/console");
    expect([response.status, await response.text()]).toEqual([200, ""]);
    await problemInAnswer(call("POST", "/console"), 405, "method-not-allowed");
  });

  it("of another version is not there any more", async () => {
    const { detail } = await problemInAnswer(
      call("GET", "/console/console-000000000000.js"),
      404,
      "no-such-route",
    );
    expect(detail).toContain("load /console again");
  });
});
