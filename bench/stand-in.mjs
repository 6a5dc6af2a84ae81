import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { currentEngine } from './engine.mjs'
import { LOAD_CORE, onCore } from './processes.mjs'

/**
 * Puts an executable into `directory` that a hub takes for ffmpeg; answers its path. It runs `script` with `words`,
 * the real ffmpeg, `--` and what the hub asks for.
 */
export async function makeStandIn(directory, script, words = []) {
  const { ffmpeg } = await currentEngine()
  // A program of the hub sees neither this PATH nor this environment, so everything is spelled out.
  const command = onCore(LOAD_CORE, [process.execPath, script, ...words, ffmpeg.program, ...ffmpeg.args, '--'])
  const path = join(directory, 'ffmpeg')
  await writeFile(path, `#!/bin/sh\nexec ${command.map(quote).join(' ')} "$@"\n`)
  await chmod(path, 0o755)
  return path
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}
