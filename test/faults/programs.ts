import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The real ffmpeg, which before it works on a job does what the shell script says. */
export function ffmpegThatFirst(directory: string, script: string): string {
  const file = join(directory, `ffmpeg-${Buffer.from(script).toString('hex').slice(0, 40)}-${script.length}`)
  writeFileSync(file, `#!/bin/sh\ncase "$*" in *-progress*)\n${script}\n;; esac\nexec ffmpeg "$@"\n`)
  chmodSync(file, 0o755)
  return file
}
