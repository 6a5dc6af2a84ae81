import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { currentEngine } from './engine.mjs'
import { LOAD_CORE, onCore } from './processes.mjs'

const LINE_SOURCE = fileURLToPath(new URL('line-source.mjs', import.meta.url))

/** Puts an executable into `directory` that runs as ffmpeg does and says lines; answers its path. */
export async function makeLineCommand(directory, { lineBytes, burstBytes = 0 }) {
  const { ffmpeg } = await currentEngine()
  // A program of the hub sees neither this PATH nor this environment, so everything is spelled out.
  const sizes = [String(lineBytes), String(burstBytes)]
  const command = onCore(LOAD_CORE, [process.execPath, LINE_SOURCE, ...sizes, ffmpeg.program, ...ffmpeg.args, '--'])
  const path = join(directory, 'ffmpeg')
  await writeFile(path, `#!/bin/sh\nexec ${command.map(quote).join(' ')} "$@"\n`)
  await chmod(path, 0o755)
  return path
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}
