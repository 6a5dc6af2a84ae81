import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { faultDirectory } from './fault-directory.ts'
import { rounds } from './rounds.ts'

const SCRIPT = fileURLToPath(new URL('lost-link.mjs', import.meta.url))
const SERVER = fileURLToPath(new URL('../../dist/server.js', import.meta.url))
const READERS = 100
const RELEASED_S = 90

const mayUnlink = (() => {
  try {
    execFileSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

// It takes the minute that a lost connection is given.
test.skipIf(!mayUnlink || rounds({ fast: 1, all: 0 }) > 0)(`FT-20: of ${READERS} quiet readers of each kind whose network is gone none is held for more than ${RELEASED_S} s (needs unshare)`, async () => {
  const printed = execFileSync('unshare', ['--net', process.execPath, SCRIPT, SERVER, await faultDirectory(), String(READERS)], { encoding: 'utf8' })
  const released = JSON.parse(printed) as Record<string, number>
  console.log(`released after ${Object.entries(released).map(([kind, seconds]) => `${seconds} s (${kind})`).join(', ')}`)
  expect(Object.keys(released).sort()).toEqual(['sse', 'websocket'])
  expect(Math.max(...Object.values(released))).toBeLessThan(RELEASED_S)
})
