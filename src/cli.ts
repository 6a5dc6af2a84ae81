#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { EXIT } from './cli/exit-code.ts'
import { main } from './cli/main.ts'
import type { Shell } from './cli/shell.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

// Whoever reads our output may stop before its end, as `head` does; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }
const argv = process.argv.slice(2)
// Without a pause at the top level: parts of this program that are loaded later would wait for its end, and it for them.
void main(argv, {
  env: process.env, get stdin() { return process.stdin }, stdout: process.stdout, stderr: process.stderr, version, onInterrupt,
}).then((code) => {
  // A hub that `serve` has started goes on; nothing else is waited for, a connection that takes its time to close neither.
  if (argv[0] === 'serve' && code === EXIT.done) process.exitCode = code
  else process.exit(code)
})

function onInterrupt(listener: () => void): ReturnType<Shell['onInterrupt']> {
  let count = 0
  const onSignal = () => {
    if (count++ > 0) process.exit(EXIT.cancelled)
    listener()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
