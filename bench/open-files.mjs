import { spawnSync } from 'node:child_process'
import { mostOpenFiles } from './process-usage.mjs'

const WANTED = 65_536

/** Raises how many files this process and those it starts may open, as far as it may; answers how many that is. */
export function raiseOpenFiles() {
  if (mostOpenFiles() < WANTED) spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${WANTED}:${WANTED}`])
  return mostOpenFiles()
}
