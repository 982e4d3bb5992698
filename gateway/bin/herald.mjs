#!/usr/bin/env node
// The command line tool as npm links it. A fresh clone has no bundle yet: the first call makes it.
import { existsSync } from 'node:fs'

const BUNDLE = new URL('../dist/herald.js', import.meta.url)

if (!existsSync(BUNDLE)) {
  try {
    await import('../build.mjs')
  } catch (error) {
    console.error(
      `herald is not built, and building it failed: ${error instanceof Error ? error.message : String(error)}`,
    )
    console.error('Run  npm ci  in the root of the repository, then  node gateway/build.mjs')
    process.exit(2)
  }
}
await import(BUNDLE.href)
