import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The real ffmpeg, which before it works on a job whose arguments hold `ifAsked` does what the shell script says. */
export function ffmpegThatFirst(directory: string, script: string, { ifAsked = '-progress' } = {}): string {
  const file = join(directory, `ffmpeg-${process.hrtime.bigint()}`)
  writeFileSync(file, `#!/bin/sh\ncase "$*" in *'${ifAsked}'*)\n${script}\n;; esac\nexec ffmpeg "$@"\n`)
  chmodSync(file, 0o755)
  return file
}

/** The real ffmpeg, which says very many lines before it works on a job of this length. */
export function ffmpegThatFloods(directory: string, { lines, seconds }: { lines: number; seconds: number }): string {
  const text = 'line %.0f of very many, more than there is room for with a reader who reads nothing'
  return ffmpegThatFirst(directory, `seq -f '${text}' 1 ${lines} >&2`, { ifAsked: `-t ${seconds} ` })
}
