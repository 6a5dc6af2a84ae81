import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The real ffmpeg, but for what it does when a job runs it: `does` is shell, in which `$out` is the file to make. */
export function standInFfmpeg(directory: string, name: string, does: string): string {
  const file = join(directory, name)
  writeFileSync(file, `#!/bin/sh
case " $* " in *" -progress "*) ;; *) exec ffmpeg "$@" ;; esac
for out; do :; done
${does}
`)
  chmodSync(file, 0o755)
  return file
}
