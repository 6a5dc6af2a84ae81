import { spawnSync } from 'node:child_process'
import { findEngine, invocationOf } from '../dist/jobs/ffmpeg-engine.js'

/** The ffmpeg that a hub started now would find. */
export function currentEngine() {
  return findEngine({ pathVariable: process.env.PATH ?? '', ffmpegPath: process.env.REELTIME_FFMPEG ?? process.env.FFMPEG_PATH })
}

/** Runs the engine's ffmpeg to its end; returns what it printed on stdout. */
export function runFfmpeg(engine, args) {
  const { program, args: all } = invocationOf(engine, { program: 'ffmpeg', args })
  const { status, stdout, stderr } = spawnSync(program, all, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}: ${stderr.slice(-500)}`)
  return stdout
}
