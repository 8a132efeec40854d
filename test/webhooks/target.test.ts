import { describe, expect, it } from "vitest";
import { urlRefusal, webhookHosts } from "../../src/webhooks/target.ts";

describe("WEBHOOK_HOSTS", () => {
  it.each([undefined, "", " , "])("turns webhooks off if it is %j", (setting) => {
    expect(webhookHosts(setting)).toEqual({ kind: "off" });
  });

  it("lists hosts, domains and ports", () => {
    const patterns = [
      ...["hooks.example.com", "*.example.org", "a.example.net:8443"],
      ...["127.0.0.1", "localhost:9000", "[::1]", "[::1]:9000"],
    ];
    expect(webhookHosts(` ${patterns.join(" , ").toUpperCase()},`)).toEqual({
      kind: "listed",
      patterns,
    });
  });

  it.each([
    ...["*", "*.com", "example", "https://a.example.com", "a.example.com/path", "a.*.example.com"],
    ...["10.0.0.5", "169.254.169.254", "192.168.1.1", "[fe80::1]", "1.1.1.1", "0x7f.0.0.1"],
    ...["db.internal", "*.internal", "printer.local", "a.localhost", "nas.home.arpa", "*.corp"],
    ...["localhost:", "localhost:123456", "10.0.0.5:80", "[::1]9000"],
    ...["a.example.com:", "a.example.com:123456", "user@a.example.com"],
  ])("turns webhooks off rather than allow too much: %s", (entry) => {
    expect(webhookHosts(`hooks.example.com,${entry}`)).toEqual({ kind: "invalid", entry });
  });
});

const LISTED = ["hooks.example.com", "*.example.org", "alt.example.net:8443"];

describe("a URL", () => {
  it.each([
    "https://hooks.example.com/",
    "https://hooks.example.com:443/a?b=c",
    "https://HOOKS.Example.com/a",
    "https://a.example.org/a",
    "https://a.b.example.org/a",
    "https://alt.example.net:8443/a",
  ])("may be %s", (url) => {
    expect(urlRefusal(url, LISTED)).toBeNull();
  });

  it.each([
    ["hooks.example.com", "must be a URL"],
    ["", "must be a URL"],
    [`https://hooks.example.com/${"a".repeat(2100)}`, "must be a URL"],
    ["http://hooks.example.com/", "must begin with https://"],
    ["ftp://hooks.example.com/", "must begin with https://"],
    ["javascript:alert(1)", "must begin with https://"],
    ["https://me:secret@hooks.example.com/", "must not contain a user name or password"],
    ["https://hooks.example.com@evil.example/", "must not contain a user name or password"],
    ...[
      ...[
        "https://evil.example/",
        "https://example.org/",
        "https://hooks.example.com.evil.example/",
      ],
      ...[
        "https://evilexample.org/",
        "https://hooks.example.com./",
        "https://hooks.example.com:8443/",
      ],
      ...[
        "https://alt.example.net/",
        "https://a.example.org:8443/",
        "https://evil.example/#.example.org",
      ],
      ...["https://10.0.0.5/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/"],
      ...["https://127.0.0.1/", "https://0x7f.1/", "https://2130706433/", "https://localhost/"],
      ...["https://[::ffff:127.0.0.1]/", "https://evil.example\\.example.org/"],
    ].map((url) => [url, "must be at one of the hosts"] as const),
  ] as const)("may not be %s", (url, why) => {
    expect(urlRefusal(url, LISTED)).toContain(why);
  });

  it.each([
    ["http://localhost/a", "localhost"],
    ["https://localhost:9000/a", "localhost"],
    ["http://127.0.0.2/", "127.0.0.2"],
    ["http://0x7f.2/", "127.0.0.2"],
    ["http://[::1]:9000/", "[::1]"],
  ])("that is %s says what to list, if another name of this machine is", (url, host) => {
    expect(urlRefusal(url, ["127.0.0.1"])).toBe(
      `must be at one of the hosts that WEBHOOK_HOSTS lists (127.0.0.1). Add ${host} to it if events may be sent to this machine.`,
    );
  });

  it.each(["http://127.0.0.1:9000/a", "https://127.0.0.1/", "http://0x7f.1:9000/"])(
    "may be %s, on this machine, if that is listed",
    (url) => {
      expect(urlRefusal(url, ["127.0.0.1"])).toBeNull();
      expect(urlRefusal(url, ["localhost"])).not.toBeNull();
    },
  );

  it.each([
    ["http://127.0.0.1:9000/a", "127.0.0.1:9000", true],
    ["http://127.0.0.1:9001/a", "127.0.0.1:9000", false],
    ["http://localhost:9000/a", "127.0.0.1:9000", false],
    ["http://localhost/a", "localhost:80", true],
    ["https://localhost/a", "localhost:80", false],
    ["https://localhost/a", "localhost:443", true],
    ["http://[::1]:9000/a", "[::1]:9000", true],
    ["http://[::1]:9001/a", "[::1]:9000", false],
    ["http://[::1]:9001/a", "[::1]", true],
  ])("that is %s on this machine, if %s is listed: %s", (url, pattern, isAllowed) => {
    expect(urlRefusal(url, [pattern]) === null).toBe(isAllowed);
  });
});
