#!/usr/bin/env node
import process from "node:process";
import { runCommandLine } from "./run.ts";

// Deno and Bun would wait for idle connections.
process.exit(await runCommandLine(process.argv.slice(2), process.env));
